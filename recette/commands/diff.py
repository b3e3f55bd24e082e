"""`recette diff`: what got better, worse, appeared or disappeared from one run to another."""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace
from pathlib import Path

from recette.commands.common import EXIT_FAIL, EXIT_OK, one_sentence
from recette.commands.saying import say
from recette.judge.verdicts import FRENCH
from recette.report import difference_text
from recette.report.difference import differences
from recette.report.html import difference as page
from recette.report.recorded import Recorded, read_results


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("before", metavar="AVANT", help="dossier d'une campagne, ou son results.json")
    parser.add_argument("after", metavar="APRÈS", help="de même")
    parser.add_argument("--html", metavar="FICHIER", help="écrit la comparaison en page HTML")
    parser.add_argument("--json", action="store_true", help="pour un programme")


@one_sentence
def run(arguments: Namespace) -> int:
    """Compare two runs; 1 where something got worse."""
    before, after = (read_results(Path(name)) for name in (arguments.before, arguments.after))
    found = differences(before.judgement, after.judgement)
    if arguments.html:
        Path(arguments.html).write_text(page.render(before, after, found), encoding="utf-8", newline="\n")
    if arguments.json:
        document = {
            "before": _side(before),
            "after": _side(after),
            "plays": difference_text.document(found),
            "not_the_same": list(difference_text.not_the_same(before, after)),
            "regression": any(one.regression for one in found),
        }
        say(json.dumps(document, ensure_ascii=False))
    else:
        for word, one in (("avant", before), ("après", after)):
            where = f"{one.started}, {one.vhost}" + (f", {one.hub}" if one.hub else "")
            say(f"{word} : {one.path.parent} ({where}) {one.software}, {FRENCH[one.judgement.verdict]}")
        for line in difference_text.not_the_same(before, after):
            say(line)
        say()
        for line in difference_text.lines(found):
            say(line)
        say(f"\n{difference_text.summary(found)}")
    return EXIT_FAIL if any(one.regression for one in found) else EXIT_OK


def _side(one: Recorded) -> dict[str, str]:
    return {
        "run": str(one.path.parent),
        "started": one.started,
        "vhost": one.vhost,
        "verdict": one.judgement.verdict,
    }

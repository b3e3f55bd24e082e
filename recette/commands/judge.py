"""`recette judge`: judges recorded runs again."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from recette.commands.common import EXIT_OK, check_rule_names, exit_code, offer_strict, one_sentence
from recette.commands.models_option import edition_asked, offer_models
from recette.commands.options import OptionsError
from recette.commands.saying import say
from recette.journal.reader import Journal, read_journal, read_through
from recette.judge.judging import Judging, judge
from recette.judge.verdicts import Judgement
from recette.messages.dictionary.generations import Edition
from recette.messages.vhosts import judged_by
from recette.platform.heap import settled_heap
from recette.report import difference_text
from recette.report.console import Console
from recette.report.difference import PlayDifference, differences
from recette.report.provenance import here
from recette.report.recorded import Recorded, UnreadableResultsError, read_results
from recette.report.results import as_document


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("journals", nargs="+", metavar="JOURNAL")
    parser.add_argument("--json", action="store_true", help="pour un programme")
    parser.add_argument("--verbose", action="store_true", help="chaque passage et chaque constat, en entier")
    offer_models(parser)
    offer_strict(parser)


@one_sentence
def run(arguments: Namespace) -> int:
    """Judge recorded runs again."""
    check_rule_names(arguments.strict)
    edition = edition_asked(arguments)
    worst = EXIT_OK
    for name in arguments.journals:
        path = Path(name) / "journal.jsonl" if Path(name).is_dir() else Path(name)
        with settled_heap():
            journal, judgement = _judged(path, edition, arguments.strict)
        recorded = _recorded(path)
        found = differences(recorded.judgement, judgement) if recorded else ()
        if arguments.json:
            document = as_document(judgement, journal)
            if found:
                document["differences"] = difference_text.document(found)
            say(json.dumps(document, ensure_ascii=False))
        else:
            Console(sys.stdout, verbose=arguments.verbose).summary(judgement, journal.header)
        if recorded and found and not arguments.json:
            _tell(recorded, found)
        worst = max(worst, exit_code(judgement))
    return worst


def _judged(path: Path, edition: Edition | None, strict: Sequence[str]) -> tuple[Journal, Judgement]:
    """The journal and what it was worth, by another edition where one is asked for. Raises OptionsError."""
    if edition is None:
        read, judging = read_through(path, partial(Judging, strict=strict))
        return read, judging.judgement(read)
    journal = _by(edition, read_journal(path), path)
    return journal, judge(journal, strict=strict)


def _by(edition: Edition, journal: Journal, path: Path) -> Journal:
    """The journal as that edition judges it, on the vHosts of its generation. Raises OptionsError."""
    header = journal.header
    models = judged_by(edition, header.vhosts, header.models)
    if models is None:
        raise OptionsError(
            f"{path} n'a été joué sur aucun vHost de la génération {edition.generation} : l'édition {edition.tag} n'y "
            "juge rien."
        )
    first, *rest = journal.entries
    return replace(journal, entries=(replace(first, event=replace(header, models=models)), *rest))


def _recorded(journal: Path) -> Recorded | None:
    """What was said of the run when it was played, where it is beside the journal."""
    path = journal.parent / "results.json"
    if not path.exists():
        return None
    try:
        return read_results(path)
    except UnreadableResultsError as error:  # the journal alone is judged all the same
        say(error, file=sys.stderr)
        return None


def _tell(recorded: Recorded, found: Sequence[PlayDifference]) -> None:
    say(f"\nCe n'est pas le résultat enregistré dans {recorded.path} (recette {recorded.recette}) :")
    for line in difference_text.lines(found):
        say(f"  {line}")
    say(f"  {difference_text.summary(found)}")
    for line in difference_text.causes(found, recorded.provenance, here()):
        say(line)

"""`recette preflight`: go or no-go before a link goes live."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser, Namespace
from dataclasses import asdict, replace
from pathlib import Path

from recette.commands.common import EXIT_FAIL, EXIT_OK, EXIT_UNSURE, one_sentence
from recette.commands.models_option import edition_asked, offer_models
from recette.commands.options import OptionsError
from recette.commands.saying import say
from recette.messages.vhosts import vhost
from recette.platform.stopping import run_stoppable
from recette.play.target_file import load_target
from recette.preflight.checks import Check, Verdict, verdict_of
from recette.preflight.preflight import announcement, preflight

_MARKS = {"go": "GO", "no-go": "NO-GO", "unsure": "?", "skipped": "-"}
_EXIT: dict[Verdict, int] = {"go": EXIT_OK, "no-go": EXIT_FAIL, "unsure": EXIT_UNSURE}
_SAID: dict[Verdict, str] = {
    "go": "GO : le lien peut ouvrir.",
    "no-go": "NO-GO : corrigez ce qui est marqué NO-GO, puis relancez.",
    "unsure": "NON CONCLUANT : ce qui est marqué « ? » n'a pas pu être vérifié.",
}


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--target", required=True, metavar="FICHIER", help="la cible à vérifier")
    offer_models(parser)
    parser.add_argument("--json", action="store_true", help="le résultat sur la sortie, pour un programme")


@one_sentence
def run(arguments: Namespace) -> int:
    """Check everything that can be checked before anybody relies on it."""
    target = load_target(Path(arguments.target))
    if target.home is not None:
        raise OptionsError(
            "Avec « broker: home », la recette est le hub : il n'y a pas de lien à vérifier, lancez recette run."
        )
    edition = edition_asked(arguments)
    if edition is not None:
        target = replace(target, vhost=vhost(target.vhost.name, edition))
    out = sys.stderr if arguments.json else sys.stdout
    say(
        f"{target.name} : {target.vhost.name}, {target.vhost.edition.title}, {target.environment.title}",
        file=out,
    )
    say(announcement(target), file=out)

    def tell(check: Check) -> None:
        advice = f" → {check.advice}" if check.advice else ""
        say(
            f"{_MARKS[check.status]:5} {check.title} [{check.subject}] : {check.detail}{advice}",
            file=out,
            flush=True,
        )

    checks = run_stoppable(preflight(target, tell))
    verdict = verdict_of(checks)
    say(_SAID[verdict], file=out)
    if arguments.json:
        document = {
            "target": target.name,
            "environment": target.environment.name,
            "vhost": target.vhost.name,
            "models": target.vhost.edition.tag,
            "hub": target.hub,
            "verdict": verdict,
            "checks": [{**asdict(one), "title": one.title} for one in checks],
        }
        say(json.dumps(document, ensure_ascii=False))
    return _EXIT[verdict]

"""`recette observe`: judges what passed between others, without a scenario."""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace

from recette.commands.capture import capture_of, offer_sources
from recette.commands.common import EXIT_FAIL, EXIT_OK, EXIT_UNSURE, one_sentence
from recette.commands.following import follow
from recette.commands.options import OptionsError
from recette.commands.saying import say
from recette.judge.observing import observe
from recette.report.dossiers import document, lines, summary, verdict_of

_PATIENCE = 10.0


def arguments(parser: ArgumentParser) -> None:
    offer_sources(parser)
    parser.add_argument(
        "--ack",
        type=float,
        default=_PATIENCE,
        metavar="SECONDES",
        help=f"au bout de combien un message remis devait être acquitté ({_PATIENCE:g} ; aucun texte ne le dit)",
    )
    parser.add_argument(
        "--follow",
        action="store_true",
        help="suit des relais qui tournent : raconte ce qui passe, jusqu'à Ctrl-C ou la fin des relais",
    )
    parser.add_argument(
        "--for",
        type=float,
        dest="seconds",
        metavar="SECONDES",
        help="avec --follow : s'arrête au bout de ce temps",
    )
    parser.add_argument("--json", action="store_true", help="pour un programme")


@one_sentence
def run(arguments: Namespace) -> int:
    """Tell each case as a story, and judge all that needs no scenario."""
    if not 0 < arguments.ack <= 86_400:
        raise OptionsError("--ack est un nombre de secondes, de plus de 0 à 86400.")
    if arguments.seconds is not None and not (arguments.follow and 0 < arguments.seconds <= 86_400):
        raise OptionsError("--for va avec --follow, et est un nombre de secondes, de plus de 0 à 86400.")
    if arguments.follow:
        header, found = follow(arguments)
    else:
        header, passed = capture_of(arguments.sources, arguments.vhost)
        found = observe(header, passed, arguments.ack)
    if arguments.json:
        say(json.dumps(document(found, header), ensure_ascii=False))
    else:
        say(*(summary if arguments.follow else lines)(found, header), sep="\n")
    return {"fail": EXIT_FAIL, "none": EXIT_OK}.get(verdict_of(found), EXIT_UNSURE)

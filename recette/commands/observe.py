"""`recette observe`: judges what passed between others, without a scenario."""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace
from pathlib import Path

from recette.commands.capture import imported, offer_sources
from recette.commands.common import EXIT_FAIL, EXIT_OK, EXIT_UNSURE, one_sentence
from recette.commands.following import follow
from recette.commands.options import OptionsError
from recette.commands.saying import say
from recette.journal.capture_events import CaptureStarted, Passed
from recette.journal.reader import Journal, UnreadableJournalError, read_journal
from recette.judge.observing import observe
from recette.relay.recording import JOURNAL
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
        header, passed = _capture(arguments)
        found = observe(header, passed, arguments.ack)
    if arguments.json:
        say(json.dumps(document(found, header), ensure_ascii=False))
    else:
        say(*(summary if arguments.follow else lines)(found, header), sep="\n")
    return {"fail": EXIT_FAIL, "none": EXIT_OK}.get(verdict_of(found), EXIT_UNSURE)


def _capture(arguments: Namespace) -> tuple[CaptureStarted, list[Passed]]:
    """An imported capture's journal, or the sources themselves. Raises what reading them does."""
    if len(arguments.sources) == 1:
        path = Path(arguments.sources[0])
        path = path / JOURNAL if path.is_dir() else path
        if path.is_file() and _is_imported(path):
            return _recorded(read_journal(path))
    return imported(arguments.sources, arguments.vhost)


def _is_imported(path: Path) -> bool:
    with path.open("rb") as file:
        return b'"kind":"capture-started"' in file.read(200)


def _recorded(journal: Journal) -> tuple[CaptureStarted, list[Passed]]:
    first = journal.entries[0].event
    if journal.altered or journal.redacted or not isinstance(first, CaptureStarted):
        raise UnreadableJournalError(
            "Ce journal de capture a été changé, ou le contenu des messages en a été ôté : il ne peut pas être jugé."
        )
    return first, [one.event for one in journal.entries if isinstance(one.event, Passed)]

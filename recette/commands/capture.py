"""`recette capture import`: makes a journal of what others recorded."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path

from recette import __version__
from recette.commands.common import EXIT_OK, one_sentence
from recette.commands.options import OptionsError
from recette.commands.saying import say
from recette.journal.capture_events import CaptureStarted, Passed
from recette.journal.reader import Journal, UnreadableJournalError, read_journal
from recette.journal.writer import JournalWriter
from recette.messages.vhosts import VHost, vhost
from recette.platform.typed import typed
from recette.relay.captures.reading import Capture, read_capture
from recette.relay.captures.sighting import SIGHTINGS_MAX, CaptureError, Taken
from recette.relay.recording import JOURNAL
from recette.wording.counting import counted


def arguments(parser: ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="action")
    one = actions.add_parser("import", help="fait un journal de ce que d'autres ont enregistré")
    offer_sources(one)
    one.add_argument(
        "--redact", action="store_true", help="sans le contenu des messages : une trace, qui ne se juge plus"
    )
    one.add_argument(
        "--out", required=True, metavar="DOSSIER", help="où écrire le journal, qui n'y est pas encore"
    )


def offer_sources(parser: ArgumentParser) -> None:
    """The sources of a capture, and the vHost that they are of."""
    parser.add_argument(
        "sources",
        nargs="+",
        metavar="SOURCE",
        help="dossier d'un relais, trace JSON de RabbitMQ, messages de rabtap, fichiers d'enveloppes",
    )
    parser.add_argument("--vhost", metavar="NOM", help="le vHost d'où cela vient")


@one_sentence
def run(arguments: Namespace) -> int:
    """Import."""
    folder = Path(arguments.out)
    if (folder / JOURNAL).exists():
        raise OptionsError(f"{folder / JOURNAL} existe déjà : donnez un autre dossier à --out.")
    header, passed = imported(arguments.sources, arguments.vhost)
    journal = JournalWriter(folder / JOURNAL, private=True, redacting=arguments.redact)
    try:
        for event in (header, *passed):
            journal.write(event)
    except BaseException:
        journal.abandon()
        raise
    journal.close()
    for source in header.sources:
        say(source)
    told = "" if arguments.redact else f" ; recette observe {typed(folder)} les juge"
    say(f"{counted(len(passed), 'message vu', 'messages vus')} dans {folder / JOURNAL}{told}.")
    return EXIT_OK


def capture_of(sources: list[str], name: str | None) -> tuple[CaptureStarted, list[Passed]]:
    """An imported capture's journal, or the sources themselves. Raises what reading them does."""
    if len(sources) == 1:
        path = Path(sources[0])
        path = path / JOURNAL if path.is_dir() else path
        if path.is_file() and _is_imported(path):
            return _recorded(read_journal(path))
    return imported(sources, name)


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


def imported(sources: list[str], name: str | None) -> tuple[CaptureStarted, list[Passed]]:
    """What the sources hold, in their order. Raises OptionsError, CaptureError and UnknownVHostError."""
    if name is None:
        raise OptionsError("De quel vHost cela vient-il ? Ajoutez --vhost NOM.")
    on = vhost(name)
    taken = Taken()
    captures = [read_capture(Path(one), on.name, taken) for one in sources]
    check_holds_messages(captures, on)
    return as_one(sources, captures, on)


def check_holds_messages(captures: list[Capture], on: VHost) -> None:
    """Raises CaptureError where there are none, or too many."""
    total = sum(len(one.sightings) for one in captures)
    if not total and not any(one.left_out for one in captures):
        raise CaptureError("Aucun message n'est passé dans ce qui est donné.")
    if not total:
        raise CaptureError(f"Rien de ce qui est donné n'est un message de {on.name} : vérifiez --vhost.")
    if total > SIGHTINGS_MAX:
        raise CaptureError(f"Plus de {SIGHTINGS_MAX} messages : donnez-les en plusieurs fois.")


def as_one(sources: list[str], captures: list[Capture], on: VHost) -> tuple[CaptureStarted, list[Passed]]:
    """Several captures, as the journal of one has them."""
    passed = [
        sighting.passed(source, on.edition)
        for source, capture in enumerate(captures)
        for sighting in capture.sightings
    ]
    told = tuple(
        f"{one} ({capture.form}, {counted(len(capture.sightings), 'message')})"
        for one, capture in zip(sources, captures, strict=True)
    )
    header = CaptureStarted(
        recette=__version__,
        vhost=on.name,
        sources=told,
        hides=tuple(_hidden(captures)),
        left_out=sum(one.left_out for one in captures),
    )
    return header, passed


def _hidden(captures: list[Capture]) -> list[str]:
    """What nothing in any of them shows."""
    seen = [one for capture in captures for one in capture.sightings]
    shown = {
        "properties": any(one.known and one.seen == "published" for one in seen),
        "times": any(one.at is not None for one in seen),
        "deliveries": any(one.seen == "delivered" for one in seen),
        "publications": any(one.seen == "published" for one in seen),
    }
    return [name for name, there in shown.items() if not there]

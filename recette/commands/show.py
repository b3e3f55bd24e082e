"""`recette show`: the messages of one play, whole, on the screen or as files."""

from __future__ import annotations

import json
import re
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from recette.commands.common import EXIT_OK, one_sentence
from recette.commands.last_run import last_run
from recette.commands.options import OptionsError
from recette.commands.saying import say
from recette.journal.events import Received, Sent
from recette.messages.hub_saw import HubSaw
from recette.messages.reading import XML_TYPE
from recette.report.exchanges import HUB, Exchange
from recette.report.story import Play, Story, tell_file
from recette.report.text import moment
from recette.wording.nearest_name import nearest
from recette.wording.os_errors import reason
from recette.wording.values import plain

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("play", metavar="PASSAGE", help="son nom, comme les rapports le donnent")
    parser.add_argument(
        "--run", metavar="CAMPAGNE", help="son dossier, ou son journal (la dernière de reports/ sinon)"
    )
    parser.add_argument("--out", metavar="DOSSIER", help="les messages en fichiers, à l'octet près")
    parser.add_argument("--json", action="store_true", help="pour un programme")


@one_sentence
def run(arguments: Namespace) -> int:
    """Every message of the play, in the order of the journal."""
    run = Path(arguments.run) if arguments.run else last_run("--run")
    journal = run / "journal.jsonl" if run.is_dir() else run
    story = tell_file(journal)
    if story.journal.altered:
        raise OptionsError(f"{journal} n'est plus ce qui a été écrit : voyez recette verify.")
    shown = [one for play in _plays(story, arguments.play, journal) for one in _messages(story, play)]
    if arguments.out:
        _write(shown, Path(arguments.out))
    elif arguments.json:
        say(json.dumps([one.document() for one in shown], ensure_ascii=False, indent=2))
    else:
        for one in shown:
            say(one.heading, one.text, "", sep="\n")
    if not shown:
        say(f"{arguments.play} n'a échangé aucun message.")
    return EXIT_OK


@dataclass(frozen=True, slots=True)
class _Message:
    """One message of a play as it went over the wire."""

    exchange: Exchange
    vhost: str
    place: str
    """The queue it came to, or what became of it."""
    content_type: str | None
    body: bytes

    @property
    def heading(self) -> str:
        one = self.exchange
        way = f"{one.sender} → {self.vhost if one.recipient == HUB else one.recipient}"
        told = [f"n° {one.number}", moment(one.at), one.step, way, one.label, self.place, one.note]
        return f"── {' · '.join(part for part in told if part)}"

    @property
    def text(self) -> str:
        """The body for a reader: JSON with indents, where these are all that differs; anything else as it is."""
        text = self.body.decode("utf-8", "backslashreplace")
        try:
            indented = json.dumps(json.loads(text), ensure_ascii=False, indent=2)
        except (ValueError, RecursionError):
            return text
        return indented if "".join(indented.split()) == "".join(text.split()) else text

    @property
    def file(self) -> str:
        """A name that sorts as the journal does."""
        one = self.exchange
        parts = (f"{one.number:05d}", one.step, one.label, one.sender)
        end = "xml" if self.content_type == XML_TYPE else "json"
        return f"{'-'.join(_UNSAFE.sub('_', part) for part in parts if part)[:120]}.{end}"

    def document(self) -> dict[str, Any]:
        one = self.exchange
        return {
            "event": one.number,
            "seconds": round(one.at, 3),
            "step": one.step,
            "from": one.sender,
            "to": one.recipient,
            "vhost": self.vhost,
            "model": one.label,
            "fate": one.fate,
            "note": one.note,
            "rules": list(one.rules),
            "contentType": self.content_type,
            "body": self.body.decode("utf-8", "backslashreplace"),
        }


def _plays(story: Story, name: str, journal: Path) -> list[Play]:
    """The plays of that name: one for each vHost. Raises OptionsError."""
    found = [one for one in story.plays if one.result.id == name]
    if found:
        return found
    there = list(dict.fromkeys(one.result.id for one in story.plays))
    near = nearest(name, there, count=3, cutoff=0.4)
    hint = f"les plus proches : {', '.join(near)}" if near else f"il y en a {len(there)}, voyez results.json"
    raise OptionsError(f"« {plain(name)} » n'est pas un passage de {journal} ; {hint}.")


def _messages(story: Story, play: Play) -> Iterator[_Message]:
    for one in play.exchanges:
        event = story.journal.entries[one.number - 1].event
        if not isinstance(event, Received | Sent | HubSaw) or event.body is None:
            continue
        place = event.queue if isinstance(event, Received) else ""
        yield _Message(one, play.vhost, place, event.content_type, event.body)


def _write(messages: list[_Message], folder: Path) -> None:
    """Raises OptionsError where the folder cannot take them."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for one in messages:
            (folder / one.file).write_bytes(one.body)
    except OSError as error:
        raise OptionsError(f"{folder} ne peut pas être écrit ({reason(error)}).") from error
    for one in messages:
        say(f"{folder / one.file}")

"""What was exchanged: each message as it went over the wire, in a file that outlives the console."""

from __future__ import annotations

import base64
import json
import threading
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal

from recette.messages.dictionary.generations import Edition
from recette.messages.json.schemas import SchemaSet
from recette.messages.reading import Message, read
from recette.messages.validation.diagnostics import Diagnostic
from recette.messages.validation.validator import Validator
from recette.platform.plain_files import read_plain

Way = Literal["sent", "received"]
_LARGEST = 1 << 30
"""Bytes of a file of letters."""
_SHOWN = 1000
"""Letters that are kept in memory, the latest; the file holds all."""


@dataclass(frozen=True, slots=True)
class Letter:
    """One message, sent or received."""

    number: int
    at: datetime
    way: Way
    queue: str
    """Where it came in; for one that was sent, what the broker made of it."""
    content_type: str | None
    body: bytes = field(repr=False)
    message: Message = field(repr=False)
    problems: tuple[Diagnostic, ...] = ()
    """What the rules that need no scenario find in it."""
    note: str = ""
    """What AMQP itself says that it must not."""

    @property
    def channel(self) -> str:
        """`message`, `ack` or `info`."""
        return self.queue.rpartition(".")[2]

    @property
    def about(self) -> str:
        """The distributionID that it answers; empty for one that answers none."""
        return self.message.reference_id or ""


class Letters:
    """All messages of one exchange, written down before anything is done because of them."""

    def __init__(self, path: Path, edition: Edition) -> None:
        """Those of the file at `path`, where there is one. Raises OSError, ValueError."""
        self._path = path
        self._lock = threading.Lock()
        """Held by the one thread that writes."""
        self._edition = edition
        self._validator = Validator(SchemaSet.builtin(edition))
        self.count = 0
        """How many there were so far."""
        self.all: list[Letter] = []
        self._answers: dict[str, list[Letter]] = {}
        """By the distributionID that they are about."""
        for line in read_plain(path, _LARGEST).splitlines() if path.exists() else ():
            told = json.loads(line)
            body = base64.b64decode(told["body"])
            at = datetime.fromisoformat(told["at"])
            self._keep(at, told["way"], told["queue"], told["type"], body, str(told["note"]))

    def write(self, way: Way, queue: str, content_type: str | None, body: bytes, note: str = "") -> Letter:
        """Write a message down, read it and judge it. Raises OSError. Takes its time."""
        at = datetime.now().astimezone()
        told = {
            "at": at.isoformat(),
            "way": way,
            "queue": queue,
            "type": content_type,
            "note": note,
            "body": base64.b64encode(body).decode("ascii"),
        }
        with self._lock:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with self._path.open("a", encoding="utf-8", newline="\n") as file:
                file.write(json.dumps(told, ensure_ascii=False) + "\n")
            return self._keep(at, way, queue, content_type, body, note)

    def _keep(
        self, at: datetime, way: Way, queue: str, content_type: str | None, body: bytes, note: str
    ) -> Letter:
        message = read(body, content_type, self._edition)
        self.count += 1
        one = Letter(
            self.count, at, way, queue, content_type, body, message, self._validator.validate(message), note
        )
        self.all.append(one)
        if one.about:
            self._answers.setdefault(one.about, []).append(one)
        if len(self.all) > _SHOWN:
            gone = self.all.pop(0)
            self._answers.pop(gone.message.distribution_id or "", None)
        return one

    def numbered(self, number: int) -> Letter | None:
        """One of those that are kept."""
        return next((one for one in self.all if one.number == number), None)

    def answers(self, letter: Letter) -> tuple[Letter, ...]:
        """What answered it, and how long after it is told by their times."""
        found = self._answers.get(letter.message.distribution_id or "", ())
        return tuple(one for one in found if one.way != letter.way)

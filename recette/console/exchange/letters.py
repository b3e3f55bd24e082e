"""What was exchanged: each message as it went over the wire, in a file that outlives the console."""

from __future__ import annotations

import base64
import json
import os
import threading
from collections import deque
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Literal, Self

from recette.messages.dictionary.generations import Edition
from recette.messages.json.schemas import SchemaSet
from recette.messages.reading import Message, read
from recette.messages.validation.diagnostics import Diagnostic
from recette.messages.validation.validator import Validator
from recette.platform.plain_files import open_plain, read_plain

Way = Literal["sent", "received"]
_LARGEST = 1 << 30
"""Bytes of a file of letters."""
_END = b'"}'
"""Of a letter in it; what ends otherwise was cut off while it was written, and nothing was done because of it."""
_WHOLE = 1000
"""Letters that are kept whole in memory, the latest; the others are read from the file again."""
_LISTED = 5000
"""Lines of letters that are kept, the latest."""


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


@dataclass(frozen=True, slots=True)
class Line:
    """What a list shows of a letter."""

    number: int
    at: datetime
    way: Way
    channel: str
    name: str
    """Of its model; empty where it cannot be read."""
    who: str
    """Who sent it, or who was to have it."""
    ids: tuple[str, ...]
    """By which it is found: its case, its own id, the one that it answers."""
    wrong: bool
    defects: int
    answered: str = ""
    """By what, and how long after."""

    @classmethod
    def of(cls, letter: Letter) -> Self:
        message = letter.message
        defects = sum(one.severity == "error" for one in letter.problems)
        return cls(
            number=letter.number,
            at=letter.at,
            way=letter.way,
            channel=letter.channel if letter.way == "received" else "",
            name=message.model or "",
            who=(message.sender_id if letter.way == "received" else message.recipient_id) or "?",
            ids=tuple(filter(None, (message.case_id, message.distribution_id, letter.about))),
            wrong=bool(defects or letter.note),
            defects=defects,
        )


class Letters:
    """All messages of one exchange, written down before anything is done because of them."""

    def __init__(self, path: Path, edition: Edition) -> None:
        """Those of the file at `path`, where there is one. Raises OSError, ValueError."""
        self._path = path
        self._lock = threading.Lock()
        """Held by whoever writes, or looks at what is kept."""
        self._edition = edition
        self._validator = Validator(SchemaSet.builtin(edition))
        self._places: list[tuple[int, int]] = []
        """Where each letter is in the file, and how long it is."""
        self._kept: dict[int, Letter] = {}
        self._lines: dict[int, Line] = {}
        self._by_id: dict[str, int] = {}
        """The number of each line by its distributionID."""
        self._changes: deque[int] = deque(maxlen=2 * _LISTED)
        """The numbers of the lines in the order in which they changed."""
        self.version = 0
        """How many changes there were."""
        content = read_plain(path, _LARGEST) if path.exists() else b""
        end = 0
        for line in content.splitlines(keepends=True):
            if line.rstrip(b"\n").endswith(_END):
                self._places.append((end, len(line)))
            end += len(line)
        for number in range(max(1, self.count - _LISTED + 1), self.count + 1):
            begin, length = self._places[number - 1]
            self._keep(self._told(number, content[begin : begin + length]))

    @property
    def count(self) -> int:
        """How many there were so far."""
        return len(self._places)

    @property
    def all(self) -> list[Letter]:
        """The latest, whole."""
        with self._lock:
            return list(self._kept.values())

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
            line = (json.dumps(told, ensure_ascii=False) + "\n").encode()
            with self._path.open("a+b") as file:
                begin = file.seek(0, os.SEEK_END)
                if begin and _last_byte(file) != b"\n":  # of a letter that was cut off
                    begin += file.write(b"\n")
                file.write(line)
            self._places.append((begin, len(line)))
            letter = self._letter(self.count, at, way, queue, content_type, body, note)
            self._keep(letter)
            return letter

    def _told(self, number: int, line: bytes) -> Letter:
        """A letter as the file has it. Raises ValueError, KeyError."""
        told = json.loads(line)
        at, body = datetime.fromisoformat(told["at"]), base64.b64decode(told["body"])
        return self._letter(number, at, told["way"], told["queue"], told["type"], body, str(told["note"]))

    def _letter(
        self,
        number: int,
        at: datetime,
        way: Way,
        queue: str,
        content_type: str | None,
        body: bytes,
        note: str,
    ) -> Letter:
        message = read(body, content_type, self._edition)
        problems = self._validator.validate(message)
        return Letter(number, at, way, queue, content_type, body, message, problems, note)

    def _keep(self, letter: Letter) -> None:
        self._kept[letter.number] = letter
        self._put(Line.of(letter))
        if letter.message.distribution_id:
            self._by_id[letter.message.distribution_id] = letter.number
        answered = self._lines.get(self._by_id.get(letter.about, 0))
        if answered is not None and answered.way != letter.way and not answered.answered:
            after = (letter.at - answered.at).total_seconds() * 1000
            self._put(replace(answered, answered=f"{letter.message.model} après {after:.0f} ms"))
        if len(self._kept) > _WHOLE:
            del self._kept[next(iter(self._kept))]
        if len(self._lines) > _LISTED:
            gone = self._lines.pop(next(iter(self._lines)))
            for one in gone.ids:
                if self._by_id.get(one) == gone.number:
                    del self._by_id[one]

    def _put(self, line: Line) -> None:
        self._lines[line.number] = line
        self._changes.append(line.number)
        self.version += 1

    def lines(self, channel: str) -> list[Line]:
        """Those of a queue, or with an empty name those that were sent, the oldest first."""
        with self._lock:
            return [one for one in self._lines.values() if one.channel == channel]

    def line(self, number: int) -> Line | None:
        """One of those that are listed."""
        with self._lock:
            return self._lines.get(number)

    def since(self, version: int) -> list[Line]:
        """The lines that changed since there were `version` changes, each once, as they are now."""
        with self._lock:
            changed = max(0, min(self.version - version, len(self._changes)))
            numbers = dict.fromkeys(self._changes[index] for index in range(-changed, 0))
            return [self._lines[one] for one in numbers if one in self._lines]

    def numbered(self, number: int) -> Letter | None:
        """Any of them, read again where it is not kept whole. Raises OSError, ValueError."""
        with self._lock:
            kept = self._kept.get(number)
            if kept is not None or not 1 <= number <= self.count:
                return kept
            begin, length = self._places[number - 1]
        with open_plain(self._path) as file:
            file.seek(begin)
            return self._told(number, file.read(length))

    def answers(self, letter: Letter) -> tuple[Letter, ...]:
        """Which of the latest answered it."""
        name = letter.message.distribution_id
        return tuple(one for one in self.all if name and one.about == name and one.way != letter.way)


def _last_byte(file: BinaryIO) -> bytes:
    file.seek(-1, os.SEEK_END)
    return file.read(1)

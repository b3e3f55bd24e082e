"""Reading a journal back, and saying where it is not what was written.

The chain is checked in one pass; entries are decoded when they are asked for, so that a long journal fits in memory.
"""

from __future__ import annotations

import hashlib
import os
import weakref
from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Protocol, Self, TypeVar, overload

from recette.journal.capture_events import plausible
from recette.journal.codec import ORIGIN, JournalLineError, Line, decode, take_apart
from recette.journal.events import Entry, RunEnded, RunStarted
from recette.platform.plain_files import open_plain
from recette.wording.os_errors import reason

_BLOCK = 1 << 18
"""Bytes of a journal that are read at once."""
MAX_LINE = 128 * 1024 * 1024
"""Bytes of a line: the largest message that is taken in, however much of it has to be escaped."""


class UnreadableJournalError(ValueError):
    """The file is no journal; the text names file and line."""


@dataclass(frozen=True, slots=True)
class Defect:
    """A place where the journal is not what was written; `line` counts from 1."""

    line: int
    text: str
    altered: bool = True
    """False where it is only cut off at its end: what is left is still what was written."""

    def __str__(self) -> str:
        return f"ligne {self.line} : {self.text}"


class Entries(Sequence[Entry]):
    """The entries of a journal file in order, each decoded when it is asked for."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = os.dup(file.fileno())
        weakref.finalize(self, os.close, self._file)
        self._starts = array("Q")
        self._lengths = array("Q")

    def add(self, start: int, length: int) -> None:
        """There is an entry at that place of the file."""
        self._starts.append(start)
        self._lengths.append(length)

    def __len__(self) -> int:
        return len(self._starts)

    def line(self, index: int) -> bytes:
        """The line as it is written."""
        return os.pread(self._file, self._lengths[index], self._starts[index])

    @overload
    def __getitem__(self, index: int) -> Entry: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Entry, ...]: ...
    def __getitem__(self, index: int | slice) -> Entry | tuple[Entry, ...]:
        if isinstance(index, slice):
            return tuple(self._at(one) for one in range(*index.indices(len(self))))
        return self._at(index)

    def __iter__(self) -> Iterator[Entry]:
        """In order, read from the file block by block."""
        block, begin, end = b"", 0, 0
        for start, length in zip(self._starts, self._lengths, strict=True):
            if start + length > end:
                block, begin = os.pread(self._file, max(_BLOCK, length), start), start
                end = begin + len(block)
            yield decode(block[start - begin : start - begin + length])

    def _at(self, index: int) -> Entry:
        return decode(self.line(index))


@dataclass(frozen=True, slots=True)
class Journal:
    """A whole journal: its entries in order, and what is wrong with the file itself."""

    entries: Sequence[Entry]
    defects: tuple[Defect, ...] = ()
    fingerprint: str = ORIGIN
    """The hash of the last line, which covers all lines."""
    secret: str = ""
    """What only a reader of all private fields' salts can know; a redacted copy does not give it away."""
    redacted: bool = False
    """Whether private fields were taken out, of some events or of all."""
    whole: bool = True
    """False where they were taken out of some events and left in others, as `redact` never does."""

    @property
    def header(self) -> RunStarted:
        """The run's header. Raises UnreadableJournalError when the journal has none."""
        first = self.entries[0].event if self.entries else None
        if not isinstance(first, RunStarted):
            raise UnreadableJournalError(
                "Ce journal n'a pas d'en-tête de campagne : il ne peut pas être jugé."
            )
        return first

    @property
    def complete(self) -> bool:
        """Whether the footer is there, as the last entry."""
        return bool(self.entries) and isinstance(self.entries[-1].event, RunEnded)

    @property
    def altered(self) -> bool:
        """Whether something is not what was written, beyond the end being cut off."""
        return any(one.altered for one in self.defects)


def read_journal(path: Path) -> Journal:
    """Read `path`. Raises UnreadableJournalError when it is missing or holds no journal."""
    with JournalReader(path) as reader:
        for _ in reader.entries():
            pass
        return reader.journal()


class Taker(Protocol):
    """Who is handed the entries of a journal, one by one."""

    def take(self, entry: Entry) -> None: ...


Begun = TypeVar("Begun", bound=Taker)


def read_through(path: Path, begin: Callable[[RunStarted], Begun]) -> tuple[Journal, Begun]:
    """Read `path`, each entry handed over as it comes, and so decoded once, to what `begin` makes of the header.

    Nothing more is handed over once the journal is not what was written, or redacted. What the taker raises counts
    where it is neither. Raises UnreadableJournalError where the file is missing or holds no journal.
    """
    taker: Begun | None = None
    failure: Exception | None = None
    with JournalReader(path) as reader:
        for entry in reader.entries():
            if failure is not None or not reader.as_written:
                continue
            try:
                if taker is None and isinstance(entry.event, RunStarted):
                    taker = begin(entry.event)
                if taker is not None:
                    taker.take(entry)
            except Exception as error:  # noqa: BLE001 - whether it counts is known at the end
                failure = error
        journal = reader.journal()
    if failure is not None and not journal.altered and not journal.redacted:
        raise failure
    return journal, taker or begin(journal.header)


class JournalReader:
    """Reads a journal from its beginning, each line checked as it comes; the file may still be written meanwhile."""

    def __init__(self, path: Path) -> None:
        """Raises UnreadableJournalError when `path` cannot be opened."""
        self._path = path
        try:
            self._file = open_plain(path)
        except OSError as error:
            raise self._unreadable(error) from error
        self._entries = Entries(self._file)
        self._defects: list[Defect] = []
        self._previous = (ORIGIN, ORIGIN)
        """The hash that the line before claims, and the one it has."""
        self._lines = self._start = 0
        """How many there were, and where the next one begins."""
        self._rest = b""
        """A last line without its end: it is being written, or it was cut off."""
        self._next = 1
        self._salts = hashlib.sha256()
        self._redacted = self._kept = False
        """Whether there is a line without its private fields, and one with them."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._file.close()

    @property
    def as_written(self) -> bool:
        """Whether all that was read so far is what was written, with its private fields."""
        return not self._defects and not self._redacted

    def entries(self) -> Iterator[Entry]:
        """What was written since it was asked last. Raises UnreadableJournalError."""
        while line := self._rest + self._line():
            if not line.endswith(b"\n"):
                self._rest = line
                return
            self._rest = b""
            self._lines += 1
            entry = self._take(self._lines, self._start, line[:-1])
            self._start += len(line)
            if entry is not None:
                yield entry

    def journal(self) -> Journal:
        """All that was read. Raises UnreadableJournalError where that is no journal."""
        if not self._entries:
            raise UnreadableJournalError(
                f"{self._path} n'est pas un journal de recette : aucune ligne lisible."
            )
        defects = list(self._defects)
        if self._rest:
            at_end = "la fin de cette ligne manque : elle a été coupée"
            defects.append(Defect(self._lines + 1, at_end, altered=False))
        if not isinstance(self._entries[-1].event, RunEnded):
            text = "le pied du journal manque : la campagne a été interrompue, ou la fin ôtée"
            defects.append(Defect(self._lines + bool(self._rest), text, altered=False))
        secret = "" if self._redacted else self._salts.hexdigest()
        whole = not (self._redacted and self._kept)
        return Journal(self._entries, tuple(defects), self._previous[0], secret, self._redacted, whole)

    def _line(self) -> bytes:
        try:
            line = self._file.readline(MAX_LINE + 1)
        except OSError as error:
            raise self._unreadable(error) from error
        if len(line) > MAX_LINE or len(self._rest) > MAX_LINE:
            raise UnreadableJournalError(
                f"{self._path}, ligne {self._lines + 1}, dépasse {MAX_LINE} octets : ce n'est pas un journal de recette."
            )
        return line

    def _unreadable(self, error: OSError) -> UnreadableJournalError:
        return UnreadableJournalError(f"Le journal {self._path} ne peut pas être lu : {reason(error)}.")

    def _take(self, number: int, start: int, text: bytes) -> Entry | None:
        try:
            parts = take_apart(text)
        except JournalLineError as error:
            self._defects.append(Defect(number, str(error)))
            return None
        try:
            entry = decode(text)
            _check_moment(entry)
        except JournalLineError as error:
            if parts.claimed == parts.hash_after(self._previous[0]):
                told = "est telle qu'écrite, mais par une autre version de recette"
                raise UnreadableJournalError(f"{self._path}, ligne {number}, {told} : {error}.") from error
            self._defects.append(Defect(number, str(error)))
            return None
        self._chain(number, parts, entry)
        self._salts.update(parts.salt)
        self._redacted = self._redacted or entry.redacted
        self._kept = self._kept or bool(parts.salt)
        self._entries.add(start, len(text))
        return entry

    def _chain(self, number: int, parts: Line, entry: Entry) -> None:
        """Whether the line follows the one before; where it does not, what must have happened."""
        claimed, actual = self._previous
        own = parts.hash_after(claimed)
        if parts.claimed not in {own, parts.hash_after(actual)}:
            self._defects.append(Defect(number, self._explained(entry)))
        elif entry.number != self._next:
            self._defects.append(Defect(number, f"événement n° {entry.number} au lieu du n° {self._next}"))
        self._previous = (parts.claimed, own)
        self._next = entry.number + 1

    def _explained(self, entry: Entry) -> str:
        if entry.number > self._next:
            gone = str(self._next) if entry.number == self._next + 1 else f"{self._next} à {entry.number - 1}"
            return f"l'événement n° {entry.number} ne suit pas le précédent : il manque ici {gone}"
        if entry.number < self._next:
            return f"l'événement n° {entry.number} n'est pas à sa place : le n° {self._next} était attendu"
        return "cette ligne, ou l'empreinte de la précédente, a été changée"


def _check_moment(entry: Entry) -> None:
    """Whether it says when it was, with its offset, as a clock may have shown it. Raises JournalLineError."""
    try:
        shown = plausible(datetime.fromisoformat(entry.at))
    except (ValueError, OverflowError):
        shown = False
    if not shown:
        raise JournalLineError("cette ligne ne dit pas quand")

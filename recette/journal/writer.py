"""Writing the journal: append-only, each entry on disk before anything is acknowledged because of it."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from recette.journal.codec import ORIGIN, encode
from recette.journal.events import Entry, Event, RunEnded
from recette.journal.interrupted import Interrupted
from recette.messages.os_errors import reason


class JournalError(RuntimeError):
    """The journal cannot be written; the run must not go on as if it were."""


class JournalLostError(JournalError):
    """It could be written, and cannot be any more: the run ends where it is."""


class JournalWriter:
    """One journal file. Listeners are told of each entry after it is written."""

    def __init__(self, path: Path, *, after: Interrupted | None = None) -> None:
        """Create `path`, which must not exist yet; or go on `after` what is there. Raises JournalError."""
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = path.open("xb" if after is None else "r+b", buffering=0)
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if after is not None:
                self._file.truncate(after.size)
                self._file.seek(after.size)
        except BlockingIOError as error:
            raise JournalError(
                f"Le journal {path} est en train d'être écrit par une autre recette."
            ) from error
        except OSError as error:
            done = "créé" if after is None else "repris"
            raise JournalError(f"Le journal {path} ne peut pas être {done} : {reason(error)}.") from error
        self._previous = after.fingerprint if after else ORIGIN
        self._number = after.last.number if after else 0
        self._start = time.monotonic() - (_seconds_since_beginning(after) if after else 0.0)
        self._listeners: list[Callable[[Entry], None]] = []

    @property
    def written(self) -> int:
        """How many entries there are."""
        return self._number

    def listen(self, listener: Callable[[Entry], None]) -> None:
        self._listeners.append(listener)

    def write(self, event: Event) -> Entry:
        """Append `event` and hand it to the operating system. Raises JournalLostError."""
        at = datetime.now(UTC).isoformat(timespec="milliseconds")
        entry = Entry(self._number + 1, at, (time.monotonic() - self._start) * 1000, event)
        line, digest = encode(entry, self._previous)
        try:
            self._append(line + b"\n")
        except (OSError, ValueError) as error:
            why = reason(error) if isinstance(error, OSError) else error
            raise JournalLostError(
                f"Le journal {self.path} ne peut plus être écrit ({why}) : libérez de la place. "
                "Ce qui a été joué jusque-là y reste."
            ) from error
        self._number, self._previous = entry.number, digest
        for listener in self._listeners:
            listener(entry)
        return entry

    def _append(self, line: bytes) -> None:
        """All of `line`, which the system may take in parts."""
        written = self._file.write(line)
        while written < len(line):
            written += self._file.write(memoryview(line)[written:])

    def close(self, *, waited: float = 0.0) -> None:
        """Write the footer and close; the file is on disk when this returns."""
        self.write(RunEnded(events=self._number + 1, waited=round(waited, 3)))
        os.fsync(self._file.fileno())
        self._file.close()

    def abandon(self) -> None:
        """Close without a footer: the run was cut off, and the journal says so by its absence."""
        self._file.close()


def _seconds_since_beginning(after: Interrupted) -> float:
    """Time goes on while a run is interrupted; it never goes back."""
    pause = (datetime.now(UTC) - datetime.fromisoformat(after.last.at)).total_seconds()
    return after.last.elapsed / 1000 + max(0.0, pause)

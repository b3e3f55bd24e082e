"""Writing the journal: append-only, each entry on disk before anything is done because of it."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from recette.journal.codec import ORIGIN, encode, redacted
from recette.journal.events import Entry, Event, RunEnded
from recette.journal.interrupted import Interrupted
from recette.platform.file_lock import lock
from recette.platform.plain_files import OWNER_ALONE
from recette.wording.os_errors import reason

_READABLE = 0o666
FLUSH_AFTER = 0.01
"""Seconds that an event which need not be durable at once may wait for others."""


class JournalError(RuntimeError):
    """The journal cannot be written; the run must not go on as if it were."""


class JournalLostError(JournalError):
    """It could be written, and cannot be any more: the run ends where it is."""


class JournalWriter:
    """One journal file. Listeners are told of each entry once it has its place in it."""

    def __init__(
        self,
        path: Path,
        *,
        after: Interrupted | None = None,
        private: bool = False,
        redacting: bool = False,
        clock: Callable[[], datetime] | None = None,
    ) -> None:
        """Create `path`, which must not exist yet; or go on `after` what is there. Raises JournalError.

        `private`: whether its owner alone may read it; `redacting`: whether private fields never get to the disk; `clock`: what
        time it was, in UTC, where what is written down is over already.
        """
        self._redacting = redacting
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            mode = OWNER_ALONE if private else _READABLE
            self._file = open(  # noqa: SIM115 - kept open; Path has no opener
                path,
                "xb" if after is None else "r+b",
                buffering=0,
                opener=lambda name, flags: os.open(name, flags, mode),
            )
            lock(self._file)
            if after is not None:
                self._file.truncate(after.size)
                self._file.seek(after.size)
        except BlockingIOError as error:
            raise JournalError(
                f"Le journal {path} est en train d'être écrit par une autre recette."
            ) from error
        except OSError as error:
            done = "créé" if after is None else "repris"
            folder = path.parent
            why = (
                f"{folder} n'est pas un dossier" if folder.exists() and not folder.is_dir() else reason(error)
            )
            raise JournalError(f"Le journal {path} ne peut pas être {done} : {why}.") from error
        self._previous = after.fingerprint if after else ORIGIN
        self._number = after.last.number if after else 0
        self._since = _since(time.monotonic() - (_seconds_since_beginning(after) if after else 0.0))
        self._clock = _clock()
        if clock is not None:
            self._clock, self._since = _told(clock)
        self._listeners: list[Callable[[Entry], None]] = []
        self._buffer: list[bytes] = []
        """Lines that are not flushed yet."""
        self._timer: asyncio.TimerHandle | None = None
        self._lost: JournalLostError | None = None

    @property
    def written(self) -> int:
        """How many entries there are."""
        return self._number

    def listen(self, listener: Callable[[Entry], None]) -> None:
        self._listeners.append(listener)

    def write(self, event: Event) -> Entry:
        """Append `event`. A durable one is with the operating system on return, another within `FLUSH_AFTER` seconds.

        Raises JournalLostError, from then on whatever is written.
        """
        if self._lost is not None:
            raise self._lost
        entry = Entry(self._number + 1, self._clock(), self._since(), event)
        line, self._previous = encode(entry, self._previous)
        if self._redacting:
            line = redacted(line)
        self._number = entry.number
        self._buffer += (line, b"\n")
        if event.durable or not self._flush_soon():
            self._flush()
        for listener in self._listeners:
            listener(entry)
        return entry

    def _flush_soon(self) -> bool:
        """Whether an event loop sees to it."""
        if self._timer is None:
            try:
                loop = asyncio.get_running_loop()
            except RuntimeError:
                return False
            self._timer = loop.call_later(FLUSH_AFTER, self._flush_due)
        return True

    def _flush_due(self) -> None:
        self._timer = None
        with suppress(JournalLostError):  # whoever writes next is told
            self._flush()

    def _flush(self) -> None:
        """All that waits goes to the operating system, which may take it in parts. Raises JournalLostError."""
        lines, self._buffer = b"".join(self._buffer), []
        try:
            written = self._file.write(lines)
            while written < len(lines):
                written += self._file.write(memoryview(lines)[written:])
        except (OSError, ValueError) as error:
            why = reason(error) if isinstance(error, OSError) else error
            self._lost = JournalLostError(
                f"Le journal {self.path} ne peut plus être écrit ({why}) : libérez de la place. "
                "Ce qui a été joué jusque-là y reste."
            )
            raise self._lost from error

    def close(self, *, waited: float = 0.0) -> None:
        """Write the footer and close; the file is on disk when this returns."""
        self.write(RunEnded(events=self._number + 1, waited=round(waited, 3)))
        os.fsync(self._file.fileno())
        self._leave()

    def abandon(self) -> None:
        """Close without a footer: the run was cut off, and the journal says so by its absence."""
        if not self._file.closed and self._lost is None:
            with suppress(JournalLostError):
                self._flush()
        self._leave()

    def _leave(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._file.close()


def _clock() -> Callable[[], str]:
    """Tells the time in UTC, to the millisecond (ISO 8601); the date is written out once a second."""
    second, said = 0, ""

    def now() -> str:
        nonlocal second, said
        since, rest = divmod(time.time_ns(), 1_000_000_000)
        if since != second:
            second, said = since, datetime.fromtimestamp(since, UTC).isoformat()[: len("2000-01-01T00:00:00")]
        return f"{said}.{rest // 1_000_000:03d}+00:00"

    return now


def _since(start: float) -> Callable[[], float]:
    """Milliseconds since then."""
    return lambda: (time.monotonic() - start) * 1000


def _told(clock: Callable[[], datetime]) -> tuple[Callable[[], str], Callable[[], float]]:
    """The time by another clock, and the milliseconds since it was first asked."""
    begun: list[datetime] = []

    def since() -> float:
        if not begun:
            begun.append(clock())
        return (clock() - begun[0]).total_seconds() * 1000

    return lambda: clock().isoformat(timespec="milliseconds"), since


def _seconds_since_beginning(after: Interrupted) -> float:
    """Time goes on while a run is interrupted; it never goes back."""
    pause = (datetime.now(UTC) - datetime.fromisoformat(after.last.at)).total_seconds()
    return after.last.elapsed / 1000 + max(0.0, pause)

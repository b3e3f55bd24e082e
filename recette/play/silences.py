"""How long a campaign had nothing to do but watch that nothing came."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager


class Silences:
    """Counts the time in which no play was at work; plays that run side by side share one."""

    def __init__(self) -> None:
        self._busy = 0
        self._since: float | None = None
        self._seconds = 0.0

    @property
    def seconds(self) -> float:
        """Seconds so far."""
        running = 0.0 if self._since is None else time.monotonic() - self._since
        return self._seconds + running

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """A play is at work."""
        self._begin()
        try:
            yield
        finally:
            self._end()

    @contextmanager
    def watching(self) -> Iterator[None]:
        """A play that is at work only waits for time, or for another play, to pass."""
        self._end()
        try:
            yield
        finally:
            self._begin()

    def _begin(self) -> None:
        self._seconds = self.seconds
        self._since = None
        self._busy += 1

    def _end(self) -> None:
        self._busy -= 1
        if self._busy == 0:
            self._since = time.monotonic()

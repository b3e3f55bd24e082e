"""How late this process's event loop runs: on a machine that is starved, or stopped, nobody else is late."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from weakref import WeakKeyDictionary

BEAT = 0.1
"""Seconds between two looks at the clock."""
LATE = 0.1
"""Seconds that a look may come late: less is what a loop that works takes for its turn."""
TOLD = 0.25
"""Seconds of lag in a row that are worth telling."""
GOES_ON = 1.0
"""Seconds of lag after which it is told, though it goes on."""

_COUNTING: WeakKeyDictionary[asyncio.AbstractEventLoop, _Beats] = WeakKeyDictionary()
"""Who counts what each loop lost: one, however many tell of it."""

Late = Callable[[float, float], None]
"""Is told how many seconds the loop was late, and in how many seconds before now."""


@contextmanager
def pulse(late: Late) -> Iterator[None]:
    """Tell `late` whenever the running loop was, while this is held."""
    beats = _Beats(late)
    loop = asyncio.get_running_loop()
    counts = _COUNTING.setdefault(loop, beats) is beats
    try:
        yield
    finally:
        beats.end()
        if counts:
            del _COUNTING[loop]


def lost() -> float:
    """Seconds of its own clock that the running loop was late by, in all, since its pulse is felt; 0 where none is."""
    counting = _COUNTING.get(asyncio.get_running_loop())
    return counting.lost if counting is not None else 0.0


class _Beats:
    def __init__(self, late: Late) -> None:
        self._tell = late
        self._loop = asyncio.get_running_loop()
        self._lag = 0.0
        """Seconds since the last look that was in time."""
        self._in_time = self._last = _now()
        self._looked = self._loop.time()
        self.lost = 0.0
        """Seconds by the loop's clock, which stands still while the machine sleeps as every deadline does."""
        self._rest()

    def _rest(self) -> None:
        self._next = self._loop.call_later(BEAT, self._look)

    def _look(self) -> None:
        now = _now()
        late = now - self._last - BEAT
        self._last = now
        self._count()
        if late > LATE:
            self._lag += late
        if self._lag >= (GOES_ON if late > LATE else TOLD):
            self._tell(round(self._lag, 3), round(now - self._in_time, 3))
            self._lag, self._in_time = 0.0, now
        if late <= LATE:
            self._lag, self._in_time = 0.0, now
        self._rest()

    def _count(self) -> None:
        looked = self._loop.time()
        late = looked - self._looked - BEAT
        self._looked = looked
        if late > LATE:
            self.lost += late

    def end(self) -> None:
        """What was late up to now is told."""
        self._next.cancel()
        self._lag += max(0.0, _now() - self._last - BEAT)
        if self._lag >= TOLD:
            self._tell(round(self._lag, 3), round(_now() - self._in_time, 3))


def _now() -> float:
    """Seconds of a clock that goes on while the machine sleeps, where there is one."""
    return time.clock_gettime(_CLOCK) if _CLOCK is not None else time.monotonic()


_CLOCK: int | None = getattr(time, "CLOCK_BOOTTIME", None)

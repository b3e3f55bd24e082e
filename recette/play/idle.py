"""What can wait is done in the moments in which the event loop has nothing else to do."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager

PAUSE = 0.01
"""Seconds between two looks whether the loop is free."""
PROMPT = 0.0001
"""Seconds: a loop that comes round so soon had nothing else at hand."""
ROUNDS = 3
"""So many in a row are free before anything is done: messages that go from hand to hand take a round or two."""


@contextmanager
def run_when_idle(work: Callable[[], bool]) -> Iterator[None]:
    """Call `work` whenever the running loop is free; it does a little, and says whether there is more to do."""
    idle = _Idle(work)
    try:
        yield
    finally:
        idle.end()


class _Idle:
    def __init__(self, work: Callable[[], bool]) -> None:
        self._work = work
        self._loop = asyncio.get_running_loop()
        self._rest()

    def _rest(self) -> None:
        self._next: asyncio.Handle = self._loop.call_later(PAUSE, self._look, ROUNDS)

    def _look(self, rounds: int) -> None:
        self._next = self._loop.call_soon(self._came_round, rounds, self._loop.time())

    def _came_round(self, rounds: int, since: float) -> None:
        """What others have at hand shows in how long the loop takes to come round, or in the round after."""
        if self._loop.time() - since > PROMPT:
            self._rest()
        elif rounds > 1:
            self._look(rounds - 1)
        elif self._work():
            self._look(ROUNDS)
        else:
            self._rest()

    def end(self) -> None:
        self._next.cancel()

"""Bursts in another order than they came in, as a hub without an order of its own delivers them (2026 sheet 2.1)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

MOST = 21
"""Places by which the real one was measured to displace a message of a burst."""
_BURST = 0.02
"""Seconds in which what follows a message belongs to its burst."""


class TurnedRound:
    """Lets what is to leave go burst by burst, each of up to `places` messages beyond its first from the last to the first."""

    def __init__(self, places: int) -> None:
        self._places = places
        self._burst: list[asyncio.Future[None]] = []
        self._before: asyncio.Future[None] | None = None
        """Done once the burst before is through."""
        self._timer: asyncio.TimerHandle | None = None

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """Entered when it is a message's turn to leave; asked for in the order in which they came."""
        loop = asyncio.get_running_loop()
        turn, over = loop.create_future(), loop.create_future()
        self._burst.append(turn)
        if len(self._burst) > self._places:
            self._release()
        elif len(self._burst) == 1:
            self._timer = loop.call_later(_BURST, self._release)
        try:
            await turn
            before, self._before = self._before, over
            if before is not None:
                await before
            yield
        finally:
            if not over.done():
                over.set_result(None)

    def _release(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        burst, self._burst = self._burst, []
        for turn in reversed(burst):
            if not turn.done():
                turn.set_result(None)

"""The order of each sender's messages, kept by the dispatchers that share a vHost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Turns:
    """One message of a sender at a time, in the order in which they came in."""

    def __init__(self) -> None:
        self._last: dict[str, asyncio.Future[None]] = {}

    @asynccontextmanager
    async def of(self, sender: str) -> AsyncIterator[None]:
        """Entered once the sender's earlier messages are through."""
        before, mine = self._last.get(sender), asyncio.get_running_loop().create_future()
        self._last[sender] = mine
        try:
            if before is not None:
                await before
            yield
        finally:
            if not mine.done():
                mine.set_result(None)
            if self._last.get(sender) is mine:
                del self._last[sender]

"""What ends with its connection is begun anew, for as long as it takes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol, Self

from recette.hub.backoff import Backoff
from recette.hub.errors import loss
from recette.hub.lasting import Watcher, retry

AT_HOME = Backoff(first=0.5, ceiling=5.0)
"""Nobody else's broker is hurt by being tried often, and somebody waits in front of it."""


class Mortal(Protocol):
    """Lives on one connection."""

    def on_lost(self, callback: Callable[[BaseException], None], /) -> None: ...

    async def close(self) -> None: ...


class Standing:
    """Keeps one of them going until `close`. What it was about when the link broke is the broker's to give again."""

    def __init__(self, start: Callable[[], Awaitable[Mortal]], watcher: Watcher, backoff: Backoff) -> None:
        self._start = start
        self._watcher = watcher
        self._backoff = backoff
        self._current: Mortal | None = None
        self._restoring: asyncio.Task[None] | None = None
        self._closing = False

    @classmethod
    async def begin(
        cls, start: Callable[[], Awaitable[Mortal]], watcher: Watcher, backoff: Backoff | None = None
    ) -> Self:
        """Start the first, which has to succeed. Raises HubError."""
        found = cls(start, watcher, backoff or AT_HOME)
        found._adopt(await start())
        return found

    async def close(self) -> None:
        self._closing = True
        if self._restoring is not None:
            self._restoring.cancel()
            await asyncio.gather(self._restoring, return_exceptions=True)
        if self._current is not None:
            await self._current.close()

    def _adopt(self, one: Mortal) -> None:
        self._current = one
        one.on_lost(self._lost)

    def _lost(self, reason: BaseException) -> None:
        if self._closing:
            return
        self._current = None
        self._watcher.lost(loss(reason))
        self._restoring = asyncio.create_task(self._restore())

    async def _restore(self) -> None:
        self._adopt(await retry(self._start, self._watcher, self._backoff))

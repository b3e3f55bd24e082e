"""What a relay tells while it is tested, waited for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from recette.journal.event import RunEvent
from recette.journal.wire_events import WireClosed

LIMIT = 20.0


@dataclass
class Told:
    """What a relay tells."""

    events: list[RunEvent] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)
    _woken: asyncio.Event = field(default_factory=asyncio.Event)

    def tell(self, event: RunEvent) -> None:
        self.events.append(event)
        self._woken.set()

    async def until(self, wanted: Callable[[RunEvent], bool]) -> RunEvent:
        """The first such event, once it is there."""
        async with asyncio.timeout(LIMIT):
            while not any(map(wanted, self.events)):
                self._woken.clear()
                await self._woken.wait()
        return next(filter(wanted, self.events))

    async def closed(self, why: str) -> WireClosed:
        found = await self.until(lambda one: isinstance(one, WireClosed) and why in one.reason)
        assert isinstance(found, WireClosed)
        return found

"""Tells whoever looks on that there is something new to look at."""

from __future__ import annotations

import asyncio


class Bell:
    """Counts its rings; belongs to the event loop that it was made in."""

    def __init__(self) -> None:
        self.rings = 0
        self._loop = asyncio.get_running_loop()
        self._waiting: set[asyncio.Future[None]] = set()

    def ring(self) -> None:
        """Something is new. From the loop's own thread."""
        self.rings += 1
        for one in self._waiting:
            if not one.done():
                one.set_result(None)
        self._waiting.clear()

    def ring_from_elsewhere(self) -> None:
        """The same, from any thread."""
        self._loop.call_soon_threadsafe(self.ring)

    async def heard(self, after: int, within: float) -> int:
        """How many rings there are once there are more than `after`, or once `within` seconds are gone."""
        if self.rings <= after:
            one = self._loop.create_future()
            self._waiting.add(one)
            try:
                async with asyncio.timeout(within):
                    await one
            except TimeoutError:
                pass
            finally:
                self._waiting.discard(one)
        return self.rings

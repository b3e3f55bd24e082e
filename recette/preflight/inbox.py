"""What comes back to one client while preflight is on its queues; what is not preflight's stays the broker's."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from types import TracebackType
from typing import Self

from recette.hub import topology
from recette.hub.connection import HubConnection
from recette.hub.wire import Delivery
from recette.messages.probes import is_probe
from recette.messages.reading import Message, read

HELD = 200
"""Deliveries that may be held unsettled at a time."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """A message that answers one of preflight's."""

    message: Message
    at: datetime
    clock: float
    """Monotonic seconds."""


class Inbox:
    """Consumes `.ack` and `.info` of a client while it is entered."""

    def __init__(
        self, connection: HubConnection, client: str, generation: int, now: Callable[[], datetime]
    ) -> None:
        self._connection = connection
        self._client = client
        self._generation = generation
        self._now = now
        self._awaited: dict[str, asyncio.Future[Arrived]] = {}
        self._stack = AsyncExitStack()
        self.foreign = 0
        """Messages of somebody else, which go back to their queue."""
        self.own: Counter[topology.Channel] = Counter()
        """Of a check before, or later than they were awaited: taken for good."""
        self._met = asyncio.Event()

    async def __aenter__(self) -> Self:
        """Raises HubError."""
        channels: tuple[topology.Channel, ...] = ("ack", "info")
        for channel in channels:
            cancel = await self._connection.consume(
                topology.queue(self._client, channel), partial(self._take, channel), prefetch=HELD
            )
            self._stack.push_async_callback(cancel)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    def expect(self, identifier: str) -> Callable[[float], Awaitable[Arrived | None]]:
        """Wait, once the message of this id is published, for itself or for the report about it."""
        arrival: asyncio.Future[Arrived] = asyncio.get_running_loop().create_future()
        self._awaited[identifier] = arrival

        async def wait(seconds: float) -> Arrived | None:
            try:
                async with asyncio.timeout(seconds):
                    return await asyncio.shield(arrival)
            except TimeoutError:
                return None

        return wait

    async def met(self, waiting: int, seconds: float) -> None:
        """Wait until that many messages were looked at that nobody awaits."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while self.own.total() + self.foreign < waiting:
                    self._met.clear()
                    await self._met.wait()

    async def _take(self, channel: topology.Channel, delivery: Delivery) -> bool | None:
        message = read(delivery.body, delivery.properties.content_type, self._generation)
        named = (message.distribution_id, message.reference_id)
        arrival = next((self._awaited[one] for one in named if one in self._awaited), None)
        if arrival is None and any(is_probe(one) for one in named):
            self.own[channel] += 1
            self._met.set()
            return True  # one of ours that came after its time, or of a run before
        if arrival is None:
            self.foreign += 1
            self._met.set()
            return None
        if not arrival.done():
            arrival.set_result(Arrived(message, self._now().astimezone(UTC), time.monotonic()))
        return True

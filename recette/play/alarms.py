"""An alarm of the broker's (memory, disk): a connection is told of it when it publishes, a hub at home can be asked."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable

from recette.hub.errors import HubError
from recette.journal.events import Event
from recette.journal.link_events import LinkBlocked, LinkUnblocked

EVERY = 1.0
"""Seconds between two questions whether an alarm is over."""
Ask = Callable[[], Awaitable[str | None]]
"""Why the broker takes no publications; None while it does. May raise HubError."""


async def untold() -> str | None:
    """Nobody can be asked."""
    return None


class Alarms:
    """What is known of the broker's alarms on one vHost; what is new is journaled, until `close`."""

    def __init__(self, vhost: str, note: Callable[[Event], None]) -> None:
        self.ask: Ask = untold
        self._vhost = vhost
        self._note = note
        self._blocked: set[str] = set()
        self._watching: asyncio.Task[None] | None = None

    def told(self, client: str, reason: str | None) -> None:
        """What a client's connection was told, or what the hub answered in its place."""
        if reason is None and client in self._blocked:
            self._blocked.discard(client)
            self._note(LinkUnblocked(vhost=self._vhost, client=client))
        elif reason is not None and client not in self._blocked:
            self._blocked.add(client)
            self._note(LinkBlocked(vhost=self._vhost, client=client, reason=reason))

    def gone(self, client: str) -> None:
        """Its connection is lost, and with it what it had been told."""
        self._blocked.discard(client)

    async def look(self, clients: Iterable[str]) -> None:
        """Ask the hub, in the name of clients who may not have published meanwhile."""
        try:
            reason = await self.ask()
        except HubError:
            return  # what the run does next meets it
        if reason is None:
            return
        for client in clients:
            self.told(client, reason)
        if self._watching is None:
            self._watching = asyncio.create_task(self._until_over())

    async def _goes_on(self) -> bool:
        """A hub that does not answer has not said that it is over."""
        try:
            return await self.ask() is not None
        except HubError:
            return True

    async def _until_over(self) -> None:
        while await self._goes_on():  # noqa: ASYNC110 - a broker tells nobody who does not publish
            await asyncio.sleep(EVERY)
        for client in list(self._blocked):
            self.told(client, None)
        self._watching = None

    async def close(self) -> None:
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.gather(self._watching, return_exceptions=True)

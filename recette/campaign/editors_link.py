"""Between an editor and the hub at home: a relay that breaks its link off when a scenario asks for it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from recette.hub import topology
from recette.hub.address import BrokerAddress
from recette.journal.event import RunEvent
from recette.journal.wire_events import WireAsked, WireClosed
from recette.relay.disturbances import Disturbance
from recette.relay.relay import Relay
from recette.scenario.steps import Incident

_READS = frozenset({"basic.consume", "basic.get"})
_AT_LEAST = 0.001
"""Seconds of an incident that lasts no time."""


class RelayedLink:
    """The link of one editor; `wake` is called when it has come back."""

    def __init__(self, editor: str) -> None:
        self.wake: Callable[[], None] = lambda: None
        self.relay: Relay | None = None
        self._queue = topology.queue(editor, "message")
        self._reading: set[int] = set()
        """Connections over which it reads its messages."""
        self._broken = 0
        """The last connection that was broken off."""
        self._since = 0.0
        self.away = 0.0
        self._clock = asyncio.get_running_loop().time

    @property
    def reads(self) -> bool:
        return bool(self._reading)

    def disturb(self, incident: Incident, seconds: float) -> None:
        relay = self.relay
        assert relay is not None, "opened by relayed_link"
        self._broken = max((one.number for one in relay.links), default=self._broken)
        self._reading.clear()
        self._since = self._clock()
        relay.disturb(Disturbance(incident, max(seconds, _AT_LEAST)))

    def told(self, event: RunEvent) -> None:
        """What the relay sees."""
        match event:
            case WireAsked(connection=number, method=method, name=self._queue) if method in _READS:
                if number > self._broken:
                    self.away = self.away if self._reading else self._clock() - self._since
                    self._reading.add(number)
                    self.wake()
            case WireClosed(connection=number):
                self._reading.discard(number)
            case _:
                pass


@asynccontextmanager
async def relayed_link(
    hub: BrokerAddress, editor: str, port: int, trouble: Callable[[str], None]
) -> AsyncIterator[RelayedLink]:
    """A relay before `hub`, on `port` (0: any free one), until it ends; what goes wrong with the hub is told. Raises OSError."""
    link = RelayedLink(editor)
    link.relay = await Relay.open(hub, link.told, trouble, port=port)
    try:
        yield link
    finally:
        await link.relay.close()

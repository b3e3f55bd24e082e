"""Between an editor and its hub: a relay that breaks its link off when a scenario asks for it, here or beside the run."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from recette.hub import topology
from recette.hub.address import BrokerAddress
from recette.hub.observing import ObservationStream
from recette.journal.event import RunEvent
from recette.journal.wire_events import WireAsked, WireClosed, WireOpened
from recette.messages.hub_saw import GONE, READS, HubSaw
from recette.relay.obeying import obey
from recette.relay.relay import Relay
from recette.scenario.steps import Incident

_ASKS = frozenset({"basic.consume", "basic.get"})


class _Link:
    """Over which connections one editor reads its messages; `wake` is called when it has come back."""

    def __init__(self, editor: str) -> None:
        self.wake: Callable[[], None] = lambda: None
        self.away = 0.0
        self._queue = topology.queue(editor, "message")
        self._reading: set[int] = set()
        self._known = self._broken = 0
        """The last connection that there was, and that was broken off."""
        self._since = 0.0
        self._clock = asyncio.get_running_loop().time

    @property
    def reads(self) -> bool:
        return bool(self._reading)

    def _breaks(self) -> None:
        """All that was there is gone; what comes from now on came after it."""
        self._broken, self._since = self._known, self._clock()
        self._reading.clear()

    def _knows(self, connection: int) -> None:
        self._known = max(self._known, connection)

    def _read_over(self, connection: int) -> None:
        if connection > self._broken:
            self.away = self.away if self._reading else self._clock() - self._since
            self._reading.add(connection)
            self.wake()


class RelayedLink(_Link):
    """Through a relay of the run's own."""

    def __init__(self, editor: str) -> None:
        super().__init__(editor)
        self.relay: Relay | None = None

    async def disturb(self, incident: Incident, seconds: float) -> str | None:
        relay = self.relay
        assert relay is not None, "opened by relayed_link"
        why = obey(relay, incident, seconds)  # which first tells all that passed before it
        if why is None:
            self._breaks()
        return why

    def told(self, event: RunEvent) -> None:
        """What the relay sees."""
        match event:
            case WireOpened(connection=number):
                self._knows(number)
            case WireAsked(connection=number, method=method, name=self._queue) if method in _ASKS:
                self._read_over(number)
            case WireClosed(connection=number):
                self._reading.discard(number)
            case _:
                pass


class ObservedLink(_Link):
    """Through a relay that is another process, and obeys the run that observes it."""

    def __init__(self, editor: str) -> None:
        super().__init__(editor)
        self.stream: ObservationStream | None = None

    async def disturb(self, incident: Incident, seconds: float) -> str | None:
        stream = self.stream
        assert stream is not None, "opened with the run"
        return await stream.disturb(incident, seconds, self._breaks)

    def told(self, seen: HubSaw) -> None:
        """What the relay tells of the editor."""
        number = seen.connection or 0
        self._knows(number)
        if seen.action in READS and seen.recipient == self._queue:
            self._read_over(number)
        elif seen.action in GONE:
            self._reading.discard(number)


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

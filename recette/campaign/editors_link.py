"""Between an editor and its hub: a relay that disturbs its link when a scenario asks for it, here or beside the run."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from recette.hub import topology
from recette.hub.address import BrokerAddress
from recette.hub.observing import ObservationStream
from recette.journal.event import RunEvent
from recette.journal.wire_events import WireAsked, WireClosed, WireDisturbed, WireOpened
from recette.messages.hub_saw import GONE, IN_VAIN, READS, HubSaw
from recette.relay.obeying import obey
from recette.relay.relay import Relay
from recette.scenario.steps import Incident

_AT_ONCE = frozenset({"coupure", "redemarrage"})
"""Incidents that are over once they have begun: the link is gone."""
_ASKS = frozenset({"basic.consume", "basic.get"})


class _Link:
    """Over which connections one editor reads its messages; `wake` is called when it has come back."""

    def __init__(self, editor: str) -> None:
        self.wake: Callable[[], None] = lambda: None
        self.away = 0.0
        self._in_vain = False
        self._queue = topology.queue(editor, "message")
        self._reading: set[int] = set()
        self._known = self._broken = 0
        """The last connection that there was, and that was broken off."""
        self._since = 0.0
        self._due = False
        """Whether the incident is still to happen, or to be over."""
        self._clock = asyncio.get_running_loop().time

    @property
    def reads(self) -> bool:
        return bool(self._reading) and not self._due

    @property
    def in_vain(self) -> bool:
        return self._in_vain or self._due

    def _disturbed(self, incident: Incident) -> None:
        """It is from here on; what was broken off is gone, and what comes now came after it."""
        self._in_vain, self.away, self._since = False, 0.0, self._clock()
        self._due = incident not in _AT_ONCE
        if not self._due:
            self._broken = self._known
            self._reading.clear()

    def _over(self, connection: int, *, in_vain: bool) -> None:
        """It is over, or was not to be; what did not come where nothing is read could not."""
        if self._due and (not in_vain or connection in self._reading):
            self._due, self._in_vain = False, in_vain
            self.wake()

    def _knows(self, connection: int) -> None:
        self._known = max(self._known, connection)

    def _gone(self, connection: int) -> None:
        """A connection is over, whoever ended it."""
        if connection in self._reading:
            self._reading.discard(connection)
            self._since, self._due = self._clock(), False

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
            self._disturbed(incident)
        return why

    def told(self, event: RunEvent) -> None:
        """What the relay sees."""
        match event:
            case WireOpened(connection=number):
                self._knows(number)
            case WireAsked(connection=number, method=method, name=self._queue) if method in _ASKS:
                self._read_over(number)
            case WireClosed(connection=number):
                self._gone(number)
            case WireDisturbed(connection=number, over=True, in_vain=in_vain):
                self._over(number, in_vain=in_vain)
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
        return await stream.disturb(incident, seconds, lambda: self._disturbed(incident))

    def told(self, seen: HubSaw) -> None:
        """What the relay tells of the editor."""
        number = seen.connection or 0
        self._knows(number)
        if seen.action in READS and seen.recipient == self._queue:
            self._read_over(number)
        elif seen.action in GONE:
            self._gone(number)
        elif seen.action in {"undisturbed", "incident-over"}:
            self._over(number, in_vain=seen.reason == IN_VAIN)


@asynccontextmanager
async def relayed_link(
    hub: BrokerAddress, editor: str, port: int, trouble: Callable[[str], None]
) -> AsyncIterator[RelayedLink]:
    """A relay before `hub`, on `port` (0: any free one), until it ends; what goes wrong with the hub is told. Raises OSError."""
    link = RelayedLink(editor)
    link.relay = await Relay.open(hub, link.told, trouble, port=port, turns=True)
    try:
        yield link
    finally:
        await link.relay.close()

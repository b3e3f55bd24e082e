"""What a relay saw of the editor, in the words in which a hub tells it: what only a hub's operator sees otherwise."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from recette.journal.event import RunEvent
from recette.journal.wire_events import (
    WireAsked,
    WireClosed,
    WireDelivered,
    WireDisturbed,
    WireOpened,
    WirePublished,
    WirePurged,
    WireRefused,
    WireSettled,
)
from recette.messages.extracting import extracted_id
from recette.messages.hub_saw import IN_VAIN, HubSaw
from recette.messages.reading import JSON_TYPE
from recette.relay.disturbances import SILENCE, SLOW
from recette.relay.recent import Recent
from recette.relay.reports import Reports

LOOP = 5
"""How many times the same message is given back before it counts as looping on it."""
_DENIAL = 403
_REFUSALS = frozenset({_DENIAL, 404})
_HELD_MAX = 10_000
"""Deliveries of a connection that are remembered until they are settled, and bodies that were given back."""
_PUBLISHED_BYTES = 64 * 1024 * 1024
_READS_MAX = 1_000
"""Queues of a connection that are told as read, each once."""
_DECLARES = {"queue.declare": "queue", "exchange.declare": "exchange"}
_READS = frozenset({"basic.consume", "basic.get"})
_MOMENTARY = (WirePublished, WireDelivered, WireSettled)
"""What is told of messages: a run that comes later has none of these."""
_NO_RIGHT = re.compile(r"access to (queue|exchange) '([^']+)")
"""How a broker says what an account has no right to; a queue that another reads alone is refused in other words."""
_DENIED = {
    ("basic.consume", "queue"): "read-refused",
    ("basic.get", "queue"): "read-refused",
    ("queue.purge", "queue"): "read-refused",
    ("queue.bind", "queue"): "bind-refused",
    ("queue.bind", "exchange"): "bind-refused",
    ("queue.unbind", "queue"): "bind-refused",
    ("queue.unbind", "exchange"): "bind-refused",
}
"""What an act is called by the method that was denied, and what it was denied on."""


@dataclass(frozen=True, slots=True)
class _Held:
    """A delivery that is not settled yet."""

    queue: str
    distribution_id: str | None
    body: int
    """Its hash: whatever a hub delivers, and is given back again and again, is the same."""


def _held(event: WireDelivered) -> _Held:
    return _Held(event.queue, extracted_id(event.body), hash(event.body))


@dataclass(slots=True)
class _Connection:
    """What is known of one."""

    number: int
    user: str
    vhost: str
    published: Recent[int, WirePublished] = field(default_factory=lambda: Recent(_HELD_MAX, _PUBLISHED_BYTES))
    """The last publication of each channel."""
    held: Recent[tuple[int, int], _Held] = field(default_factory=lambda: Recent(_HELD_MAX))
    """Deliveries by channel and tag, not settled yet."""
    read: set[tuple[str, bool]] = field(default_factory=set)
    """Queues, and whether without acks."""


class Acts:
    """Takes the events of a relay in order. Connections whose login was not seen tell nothing."""

    def __init__(self) -> None:
        self._connections: dict[int, _Connection] = {}
        self._returned: Recent[int, int] = Recent(_HELD_MAX)
        """How many times each body was given back, by its hash."""
        self._reports = Reports()

    def leaves(self, event: WireClosed) -> tuple[str, str] | None:
        """The vHost and the user whose last connection is the one that ends, to be asked before `of`."""
        closed = self._connections.get(event.connection)
        if closed is None:
            return None
        who = (closed.vhost, closed.user)
        last = all(one is closed or (one.vhost, one.user) != who for one in self._connections.values())
        return who if last else None

    def of(self, event: RunEvent, *, heard: bool = True) -> Iterator[HubSaw]:
        """What the event says that a hub would tell; where it is not `heard`, only what holds beyond the moment."""
        return iter(()) if not heard and isinstance(event, _MOMENTARY) else self._of(event)

    def _of(self, event: RunEvent) -> Iterator[HubSaw]:
        if isinstance(event, WireOpened):
            opened = _Connection(event.connection, event.user, event.vhost)
            self._connections[event.connection] = opened
            yield _saw(opened, "connected", reason=f"{event.mechanism}, {event.tls or 'sans TLS'}")
            return
        connection = self._connections.get(getattr(event, "connection", 0))
        if connection is None:
            return
        match event:
            case WireClosed():
                del self._connections[event.connection]
                yield _saw(connection, "closed" if event.clean else "disconnected")
            case WireDisturbed():
                yield from _disturbed(connection, event)
            case WireAsked() | WirePurged():
                yield from _asked(connection, event)
            case WirePublished():
                yield self._published(connection, event)
            case WireRefused() if event.channel and event.side == "hub" and event.code in _REFUSALS:
                yield from _refused(connection, event)
            case WireDelivered():
                yield from self._delivered(connection, event)
            case WireSettled() if event.side == "editor":
                yield from self._settled(connection, event)
            case _:
                pass

    def _published(self, connection: _Connection, event: WirePublished) -> HubSaw:
        connection.published.put(event.channel, event, event.size)
        self._reports.published(connection.vhost, event)
        return HubSaw(
            vhost=connection.vhost,
            action="received",
            client=event.routing_key,
            distribution_id=extracted_id(event.body),
            content_type=event.content_type,
            delivery_mode=event.delivery_mode,
            expiration=event.expiration,
            connection=connection.number,
        )

    def _delivered(self, connection: _Connection, event: WireDelivered) -> Iterator[HubSaw]:
        if (event.queue, True) not in connection.read:  # what needs no ack is never settled
            connection.held.put((event.channel, event.tag), _held(event))
        refusal = self._reports.refused(connection.vhost, event)
        if refusal is not None:
            yield refusal

    def _settled(self, connection: _Connection, event: WireSettled) -> Iterator[HubSaw]:
        settled = [(event.channel, event.tag)]
        if event.multiple:
            settled = [
                key
                for key in connection.held
                if key[0] == event.channel and (key[1] <= event.tag or not event.tag)
            ]
        for key in settled:
            delivered = connection.held.pop(key)
            if delivered is None:
                continue
            if not event.requeue:
                self._returned.pop(delivered.body)
                continue
            times = (self._returned.get(delivered.body) or 0) + 1
            self._returned.put(delivered.body, times)
            if times == LOOP:
                yield _saw(
                    connection,
                    "looping",
                    recipient=delivered.queue,
                    distribution_id=delivered.distribution_id,
                )


def _disturbed(connection: _Connection, event: WireDisturbed) -> Iterator[HubSaw]:
    """A link that breaks off says so itself; one that is held back does not, nor one whose messages are waited for."""
    if event.what in {SILENCE, SLOW}:
        yield _saw(connection, "undisturbed" if event.over else "disturbed")
    elif event.over:
        yield _saw(connection, "incident-over", reason=IN_VAIN if event.in_vain else "")


def _asked(connection: _Connection, event: WireAsked | WirePurged) -> Iterator[HubSaw]:
    if isinstance(event, WirePurged):
        lost = "" if event.messages is None else str(event.messages)
        yield _saw(connection, "purged", recipient=event.name, reason=lost)
    elif event.method in _DECLARES and not event.arguments.get("passive"):
        yield _saw(
            connection,
            "declared",
            recipient=event.name,
            reason=_DECLARES[event.method],
        )
    elif event.method in _READS:
        unacked = bool(event.arguments.get("no_ack"))
        if (event.name, unacked) not in connection.read and len(connection.read) < _READS_MAX:
            connection.read.add((event.name, unacked))
            action = "consuming-unacked" if unacked else "consuming"
            yield _saw(connection, action, recipient=event.name)


def _refused(connection: _Connection, event: WireRefused) -> Iterator[HubSaw]:
    """A channel that the hub closed over what was published last on it, or over what the editor has no right to."""
    denied = _NO_RIGHT.search(event.text) if event.code == _DENIAL else None
    action = _DENIED.get((event.method, denied[1])) if denied is not None else None
    if denied is not None and action is not None:
        yield _saw(connection, action, recipient=denied[2])
        return
    published = connection.published.get(event.channel)
    if event.method == "basic.publish" and published is not None:
        yield HubSaw(
            vhost=connection.vhost,
            action="publish-refused",
            client=connection.user,
            distribution_id=extracted_id(published.body),
            recipient=published.exchange,
            content_type=published.content_type or JSON_TYPE,
            reason=published.routing_key,
            body=published.body,
        )


def _saw(
    connection: _Connection,
    action: str,
    *,
    recipient: str | None = None,
    reason: str = "",
    distribution_id: str | None = None,
) -> HubSaw:
    return HubSaw(
        vhost=connection.vhost,
        action=action,
        client=connection.user,
        distribution_id=distribution_id,
        recipient=recipient,
        reason=reason,
        connection=connection.number,
    )

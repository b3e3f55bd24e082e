"""What a relay saw pass between an editor and its hub, in the protocol's own words: what was said, never what it was worth.

`connection` counts the connections of one relay; `side` is who said it, `editor` or `hub`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from recette.journal.compiled import made_quickly
from recette.journal.event import RunEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class RelayStarted(RunEvent):
    """The header of a relay's journal."""

    kind: ClassVar[str] = "relay-started"
    private: ClassVar[frozenset[str]] = frozenset({"hub", "listening"})
    recette: str
    hub: str
    """Scheme, host and port."""
    listening: str
    external: bool
    """Whether the relay logs in with a certificate in the editor's place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WireEvent(RunEvent):
    durable: ClassVar[bool] = False
    """Nobody acts on it."""
    connection: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WireOpened(WireEvent):
    """The login is over: the hub has opened the vHost. A second one of the same user is a reconnection, or one more."""

    kind: ClassVar[str] = "wire-opened"
    private: ClassVar[frozenset[str]] = frozenset({"product"})
    user: str
    vhost: str
    mechanism: str
    product: str
    """What the software says of its client library."""
    tls: str
    """Version of TLS towards the hub; empty without."""
    heartbeat: int
    """Seconds that both ends agreed on; 0 is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WireClosed(WireEvent):
    kind: ClassVar[str] = "wire-closed"
    private: ClassVar[frozenset[str]] = frozenset({"reason"})
    side: str
    """`editor` or `hub`."""
    clean: bool
    """Whether it was closed as AMQP wants it; else it broke off."""
    reason: str = ""


@made_quickly
@dataclass(frozen=True, slots=True, kw_only=True)
class WirePublished(WireEvent):
    """A message of the editor."""

    kind: ClassVar[str] = "wire-published"
    private: ClassVar[frozenset[str]] = frozenset({"headers", "body"})
    channel: int
    exchange: str
    routing_key: str
    mandatory: bool
    content_type: str | None
    delivery_mode: int | None
    expiration: str | None
    headers: Mapping[str, Any]
    body: bytes
    size: int
    """Bytes of the body, which is not kept beyond a bound."""


@made_quickly
@dataclass(frozen=True, slots=True, kw_only=True)
class WireDelivered(WireEvent):
    """A message that the hub handed over to the editor."""

    kind: ClassVar[str] = "wire-delivered"
    wide: ClassVar[frozenset[str]] = frozenset({"tag"})
    private: ClassVar[frozenset[str]] = frozenset({"headers", "body"})
    channel: int
    tag: int
    queue: str
    """Empty where the relay did not see the consumer begin."""
    routing_key: str
    redelivered: bool
    content_type: str | None
    delivery_mode: int | None
    expiration: str | None
    headers: Mapping[str, Any]
    body: bytes
    size: int


@made_quickly
@dataclass(frozen=True, slots=True, kw_only=True)
class WireSettled(WireEvent):
    """An ack, a nack or a reject: the editor's of deliveries, the hub's of publications."""

    kind: ClassVar[str] = "wire-settled"
    wide: ClassVar[frozenset[str]] = frozenset({"tag"})
    channel: int
    side: str
    how: str
    """`ack`, `nack`, `reject`."""
    tag: int
    multiple: bool = False
    requeue: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class WireReturned(WireEvent):
    """A publication that the hub could not route."""

    kind: ClassVar[str] = "wire-returned"
    private: ClassVar[frozenset[str]] = frozenset({"text"})
    channel: int
    code: int
    text: str
    exchange: str
    routing_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WireAsked(WireEvent):
    """Another request of the editor: a declaration, a consumer, a prefetch…"""

    kind: ClassVar[str] = "wire-asked"
    private: ClassVar[frozenset[str]] = frozenset({"arguments"})
    channel: int
    method: str
    """Its name in AMQP, `queue.declare`."""
    name: str = ""
    """The queue or exchange that it is about."""
    arguments: Mapping[str, Any]
    """The other arguments of the method that say something."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WirePurged(WireEvent):
    """The hub emptied a queue for the editor, or was asked to without an answer."""

    kind: ClassVar[str] = "wire-purged"
    channel: int
    name: str
    """Empty for the last queue that was declared on the channel."""
    messages: int | None
    """How many were lost; None where the editor wanted no answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WireRefused(WireEvent):
    """A channel that one side closed with an error, or the connection where `channel` is 0."""

    kind: ClassVar[str] = "wire-refused"
    private: ClassVar[frozenset[str]] = frozenset({"text"})
    channel: int
    side: str
    code: int
    text: str
    method: str
    """What it blames; empty where it says nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WireBlocked(WireEvent):
    """The hub takes no publications, or does again."""

    kind: ClassVar[str] = "wire-blocked"
    private: ClassVar[frozenset[str]] = frozenset({"reason"})
    blocked: bool
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WireSilent(WireEvent):
    """Nothing came from one side for longer than two heartbeats."""

    kind: ClassVar[str] = "wire-silent"
    side: str
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class WireDisturbed(WireEvent):
    """The relay disturbs a link on purpose, or is done with it; `connection` is 0 where it is about those to come."""

    kind: ClassVar[str] = "wire-disturbed"
    what: str
    seconds: float
    over: bool = False
    in_vain: bool = False
    """That it waited for messages which did not come, and did nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WireUnparsed(WireEvent):
    """Bytes that the relay passed on and could not understand."""

    kind: ClassVar[str] = "wire-unparsed"
    private: ClassVar[frozenset[str]] = frozenset({"reason", "data"})
    side: str
    reason: str
    data: bytes
    """Empty for what the editor said before its login had ended, of which `reason` tells the size."""


WIRE_EVENTS = (
    RelayStarted, WireOpened, WireClosed, WirePublished, WireDelivered, WireSettled, WireReturned, WireAsked, WirePurged,
    WireRefused, WireBlocked, WireSilent, WireDisturbed, WireUnparsed,
)  # fmt: skip

"""What goes over the wire: bodies with their AMQP properties, in and out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

PERSISTENT = 2
"""AMQP delivery mode of a message that survives a broker restart (DST 3.2)."""


@dataclass(frozen=True, slots=True)
class Properties:
    """The AMQP properties that the hub looks at or adds; `None` where the message does not say."""

    content_type: str | None = None
    delivery_mode: int | None = None
    expiration: str | None = None
    """Milliseconds, as AMQP writes them; clients should leave it out (DST 2.2.4)."""
    headers: Mapping[str, Any] = field(default_factory=dict)
    others: Mapping[str, Any] = field(default_factory=dict)
    """Those that a hub passes on unread, under their names in the client library (`message_type` is AMQP's `type`)."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message handed over by the broker, not acknowledged yet."""

    queue: str
    exchange: str
    routing_key: str
    redelivered: bool
    properties: Properties
    body: bytes
    unreadable: str = ""
    """What of it could not be read, in French."""
    lost: bool = False
    """Whether that leaves nothing to judge: its body, or what says how to read it."""
    raw: bytes = b""
    """Its AMQP properties as they came, where something could not be read."""


@dataclass(frozen=True, slots=True)
class PublishOutcome:
    """What became of one publish: the broker's own word, never a guess.

    `unknown` may have reached the broker; `unsent` surely did not.
    """

    status: Literal["confirmed", "refused", "returned", "unknown", "unsent"]
    reason: str = ""
    unfit: bool = False
    """Whether it is refused for what it is, or for want of room, so that it is of no use to wait for the broker."""


@dataclass(frozen=True, slots=True)
class QueueStatus:
    """A queue as a passive declaration shows it."""

    name: str
    messages: int
    consumers: int

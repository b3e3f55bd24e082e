"""A message at rest in the broker: its properties stay the raw bytes that the publisher sent."""

from __future__ import annotations

import copy
import struct
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pamqp.frame
from pamqp.commands import Basic
from pamqp.header import ContentHeader

_BASIC_CLASS = 60


@dataclass(slots=True)
class StoredMessage:
    """`properties` is the property-flags-and-list part of the content header."""

    exchange: str
    routing_key: str
    properties: bytes
    body: bytes
    redelivered: bool = False
    expires_at: float | None = None
    """Monotonic seconds."""

    def decoded(self) -> Basic.Properties:
        """The properties, decoded on a copy: encoding a table again would narrow its types."""
        return decode_properties(self.properties)

    def header_payload(self) -> bytes:
        return struct.pack(">HHQ", _BASIC_CLASS, 0, len(self.body)) + self.properties

    def arriving_in(self, ttl: float | None) -> StoredMessage:
        """A copy for one queue, with the shorter of the queue's and its own time to live (seconds)."""
        twin = copy.copy(self)
        twin.redelivered = False
        limits = [limit for limit in (ttl, _own_ttl(self.decoded())) if limit is not None]
        twin.expires_at = time.monotonic() + min(limits) if limits else None
        return twin


def decode_properties(raw: bytes) -> Basic.Properties:
    payload = struct.pack(">HHQ", _BASIC_CLASS, 0, 0) + raw
    frame = struct.pack(">BHI", 2, 1, len(payload)) + payload + b"\xce"
    header = pamqp.frame.unmarshal(frame)[2]
    if not isinstance(header, ContentHeader):
        raise TypeError("content header expected")
    return header.properties


def encode_properties(properties: Basic.Properties) -> bytes:
    return pamqp.frame.marshal(ContentHeader(0, 0, properties), 1)[7 + 12 : -1]


def dead_lettered(
    message: StoredMessage, queue: str, reason: str, exchange: str, routing_key: str
) -> StoredMessage:
    """The message as it goes to the dead-letter exchange, with RabbitMQ's headers; its own TTL is taken off."""
    properties = message.decoded()
    headers: dict[str, Any] = dict(properties.headers or {})
    deaths: list[dict[str, Any]] = [dict(one) for one in headers.get("x-death", [])]
    same = next((one for one in deaths if one.get("queue") == queue and one.get("reason") == reason), None)
    if same is None:
        death: dict[str, Any] = {
            "count": 1,
            "exchange": message.exchange,
            "queue": queue,
            "reason": reason,
            "routing-keys": [message.routing_key],
            "time": datetime.now(UTC).replace(microsecond=0),
        }
        if properties.expiration is not None:
            death["original-expiration"] = properties.expiration
    else:
        deaths.remove(same)
        death = {**same, "count": int(same.get("count", 1)) + 1}
    headers["x-death"] = [death, *deaths]
    headers.setdefault("x-first-death-exchange", message.exchange)
    headers.setdefault("x-first-death-queue", queue)
    headers.setdefault("x-first-death-reason", reason)
    properties.headers = headers
    properties.expiration = None
    return StoredMessage(exchange, routing_key, encode_properties(properties), message.body)


def _own_ttl(properties: Basic.Properties) -> float | None:
    try:
        return int(properties.expiration) / 1000 if properties.expiration else None
    except ValueError:
        return None

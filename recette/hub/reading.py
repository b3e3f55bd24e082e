"""A delivery as it came, read within bounds; what cannot be read is told, and the rest is read all the same."""

from __future__ import annotations

from typing import Any, cast

from aiormq.abc import DeliveredMessage
from pamqp import commands as amqp

from recette.amqp.errors import MalformedError
from recette.amqp.tables import Properties as RawProperties
from recette.amqp.values import CALENDAR_END, decoded, instant
from recette.hub.door import BODY_MAX, LET_GO, METHOD, PROPERTIES
from recette.hub.wire import Delivery, Properties

_OTHERS = {
    "content_encoding": "content_encoding", "priority": "priority", "correlation_id": "correlation_id",
    "reply_to": "reply_to", "message_id": "message_id", "timestamp": "timestamp", "type": "message_type",
    "app_id": "app_id", "cluster_id": "cluster_id",
}  # fmt: skip
"""What a hub passes on unread, by AMQP's name: its name in the client library."""


def delivery(queue: str, message: DeliveredMessage) -> Delivery:
    """What the broker handed over on `queue`, as the door let it in."""
    carried = cast("dict[str, bytes]", message.header.properties.headers)
    raw = bytes(carried[PROPERTIES])
    properties, why = read_properties(raw)
    lost = properties is None
    if METHOD in carried:
        why = "nom d'échange ou clé de routage qui n'est pas de l'UTF-8"
    if LET_GO in carried:
        size, lost = bytes(carried[LET_GO]).decode(), True
        why = f"corps de {size} octets, la borne est {BODY_MAX} : il n'est pas gardé"
    handed = cast("amqp.Basic.Deliver", message.delivery)
    return Delivery(
        queue=queue,
        exchange=handed.exchange or "",
        routing_key=handed.routing_key or "",
        redelivered=bool(handed.redelivered),
        properties=properties or Properties(),
        body=message.body,
        unreadable=why,
        lost=lost,
        raw=raw if why else b"",
    )


def read_properties(raw: bytes, *, others: bool = True) -> tuple[Properties | None, str]:
    """What we look at in a list of properties, and why it could not be read whole; empty where it could.

    `others`: also what a hub passes on unread. None where nothing of it can be relied on.
    """
    try:
        split = RawProperties.parse(raw)
    except MalformedError as error:
        return None, f"propriétés AMQP illisibles ({error})"
    if not split.is_text():
        return None, "propriété AMQP qui n'est pas de l'UTF-8"
    why = ""
    timestamp = split.values.get("timestamp")
    if timestamp is not None and int.from_bytes(timestamp, "big") >= CALENDAR_END:
        why = "propriété AMQP timestamp au-delà du calendrier"
    headers: dict[str, Any] = {}
    if "headers" in split.values:
        try:
            headers = decoded(split.values["headers"][4:])
        except MalformedError as error:
            why = f"en-têtes AMQP illisibles ({error})"
    mode = split.values.get("delivery_mode")
    read = Properties(
        content_type=split.text("content_type"),
        delivery_mode=mode[0] if mode else None,
        expiration=split.text("expiration"),
        headers=headers,
        others=_others(split) if others else {},
    )
    return read, why


def _others(split: RawProperties) -> dict[str, Any]:
    """What a hub passes on unread, where it says something that can be passed on."""
    found: dict[str, Any] = {}
    for name, known in _OTHERS.items():
        value = split.values.get(name)
        if value is None:
            continue
        if name == "priority":
            found[known] = value[0]
        elif name == "timestamp":
            moment = instant(int.from_bytes(value, "big"))
            found |= {known: moment} if moment else {}
        elif text := split.text(name):
            found[known] = text
    return found

"""Records in JSON with the AMQP properties beside the message: RabbitMQ's tracing log, rabtap's saved messages."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from recette.hub import topology
from recette.journal.capture_events import plausible
from recette.relay.captures.sighting import BODY_MAX, CaptureError, Sighting, is_client_queue

_RABBITMQ_TIME = re.compile(r"(\d{4}-\d{1,2}-\d{1,2}) (\d{1,2}:\d{1,2}:\d{1,2})(?:[:.](\d{1,6}))?")


def traced(record: Mapping[str, Any], vhost: str) -> Sighting | None:
    """One line of the tracing plugin's JSON log; None for what is no message between clients on this vHost.

    Raises CaptureError.
    """
    if str(record.get("vhost", "/")).removeprefix("/") != vhost:
        return None
    properties = _table(record.get("properties"))
    body = _decoded(record.get("payload"))
    seen: dict[str, Any] = {
        "at": _time(record.get("timestamp")),
        "body": body,
        "known": True,
        "content_type": _text(properties.get("content_type")),
        "delivery_mode": _number(properties.get("delivery_mode")),
        "expiration": _text(properties.get("expiration")),
    }
    if record.get("type") == "published" and record.get("exchange") == topology.CLIENT_EXCHANGE:
        keys = record.get("routing_keys")
        return Sighting("published", str(keys[0]) if isinstance(keys, list) and keys else "", **seen)
    queue = str(record.get("queue", ""))
    if record.get("type") == "received" and is_client_queue(queue):
        return Sighting("delivered", queue, redelivered=record.get("redelivered") in (True, "1"), **seen)
    return None


def saved_by_rabtap(record: Mapping[str, Any]) -> Sighting | None:
    """One message that rabtap saved. Raises CaptureError.

    It has no vHost. A tap on the exchange `hubsante` is a publication, one on `distribution` a delivery.
    """
    exchange, key = str(record.get("Exchange", "")), str(record.get("RoutingKey", ""))
    seen: dict[str, Any] = {
        "at": _time(record.get("XRabtapReceivedTimestamp")),
        "body": _decoded(record.get("Body")),
        "known": True,
        "content_type": _text(record.get("ContentType")),
        "delivery_mode": _number(record.get("DeliveryMode")),
        "expiration": _text(record.get("Expiration")),
    }
    if exchange == topology.CLIENT_EXCHANGE:
        return Sighting("published", key, **seen)
    if is_client_queue(key):
        return Sighting("delivered", key, redelivered=record.get("Redelivered") is True, **seen)
    return None


def firehose(record: Mapping[str, Any], vhost: str) -> Sighting | None:
    """A message of the exchange `amq.rabbitmq.trace` that rabtap saved: what it is about stands in its headers.

    Raises CaptureError.
    """
    headers, key = _table(record.get("Headers")), str(record.get("RoutingKey", ""))
    if str(headers.get("vhost", vhost)).removeprefix("/") != vhost:
        return None
    kind, _, name = key.partition(".")
    about = {
        "type": "published" if kind == "publish" else "received",
        "vhost": vhost,
        "exchange": name if kind == "publish" else "",
        "queue": name if kind == "deliver" else "",
        "routing_keys": headers.get("routing_keys"),
        "redelivered": headers.get("redelivered"),
        "properties": headers.get("properties"),
        "payload": record.get("Body"),
        "timestamp": record.get("XRabtapReceivedTimestamp"),
    }
    return traced(about, vhost)


def documents(text: str, name: str) -> Iterator[tuple[Mapping[str, Any], str]]:
    """The JSON objects of a file with their text, one after the other, however they are set off. Raises CaptureError."""
    decoder, at = json.JSONDecoder(), 0
    text = text.lstrip("\ufeff")
    while at < len(text):
        if text[at] in " \t\r\n,[]":
            at += 1
            continue
        try:
            begins = at
            found, at = decoder.raw_decode(text, begins)
        except (ValueError, RecursionError) as error:
            line = text.count("\n", 0, at) + 1
            raise CaptureError(
                f"{name}, ligne {line} : ce n'est pas du JSON entier ; donnez le fichier tel que l'outil l'a écrit."
            ) from error
        if isinstance(found, dict):
            yield found, text[begins:at]


def _decoded(payload: object) -> bytes:
    """Base 64, as both tools write it. Raises CaptureError."""
    try:
        found = base64.b64decode(str(payload or ""), validate=True)
    except (binascii.Error, ValueError) as error:
        raise CaptureError(
            "Un message de la capture n'est pas en base 64 : donnez le fichier tel que l'outil l'a écrit."
        ) from error
    if len(found) > BODY_MAX:
        raise CaptureError(f"Un message de la capture dépasse {BODY_MAX >> 20} Mio : ôtez-le.")
    return found


def _time(value: object) -> datetime | None:
    text = str(value or "")
    old = _RABBITMQ_TIME.fullmatch(text)
    if old is not None:  # the plugin's own form, in UTC
        day = "-".join(part.zfill(2) for part in old[1].split("-"))
        hour = ":".join(part.zfill(2) for part in old[2].split(":"))
        text = f"{day}T{hour}.{old[3] or '':0<6}+00:00"
    try:
        found = datetime.fromisoformat(re.sub(r"(\.\d{6})\d{1,9}", r"\1", text[:64]))
    except ValueError:
        return None
    found = found if found.tzinfo is not None else found.replace(tzinfo=UTC)
    return found if plausible(found) else None


def _table(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str | None:
    return str(value) if value is not None and value != "" else None


def _number(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value else None

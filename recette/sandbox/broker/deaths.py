"""Dead letters: the headers that RabbitMQ adds, and the cycles that it breaks."""

import time
from collections.abc import Mapping

from recette.amqp import tables
from recette.amqp.errors import MalformedError
from recette.amqp.frames import FRAME_MAX
from recette.amqp.tables import Properties
from recette.sandbox.broker.limits import DEATHS_MAX
from recette.sandbox.broker.messages import Message

EXPIRED, REJECTED = "expired", "rejected"
Death = Mapping[bytes, bytes]


def dead_letter(message: Message, queue: str, reason: str, exchange: str, key: str | None) -> Message | None:
    """The message as it leaves `queue` for `exchange`; None when it has died too often.

    Its own expiration is taken off; `key` replaces its routing key where the queue says so.
    """
    properties = Properties.parse(message.properties)
    headers = properties.headers()
    deaths = _deaths(headers)
    if b"x-death" not in headers:
        headers[b"x-first-death-reason"] = tables.long_string(reason)
        headers[b"x-first-death-queue"] = tables.long_string(queue)
        headers[b"x-first-death-exchange"] = tables.long_string(message.exchange)
    same = next((one for one in deaths if _is(one, queue, reason)), None)
    if same is None:
        latest = _first_death(message, properties, queue, reason)
    else:
        latest = {**same, b"count": tables.long_integer(_count(same) + 1)}
    others = [one for one in deaths if one is not same]
    headers[b"x-death"] = tables.array([tables.sized(b"F", tables.joined(one)) for one in (latest, *others)])
    values = {name: value for name, value in properties.values.items() if name != "expiration"}
    values["headers"] = tables.sized(b"", tables.joined(headers))
    encoded = Properties(values).encoded()
    if len(others) >= DEATHS_MAX or len(encoded) > FRAME_MAX // 2:
        return None
    return Message(exchange, message.routing_key if key is None else key, encoded, message.body, ttl=None)


def is_cycle(message: Message, queue: str) -> bool:
    """Whether a dead letter comes back to `queue` without any client having rejected it on the way."""
    for death in _deaths(Properties.parse(message.properties).headers()):
        if death.get(b"reason") == tables.long_string(REJECTED):
            return False
        if death.get(b"queue") == tables.long_string(queue):
            return True
    return False


def _first_death(message: Message, properties: Properties, queue: str, reason: str) -> Death:
    death = {
        b"count": tables.long_integer(1),
        b"reason": tables.long_string(reason),
        b"queue": tables.long_string(queue),
        b"time": tables.timestamp(int(time.time())),
        b"exchange": tables.long_string(message.exchange),
        b"routing-keys": tables.array([tables.long_string(message.routing_key)]),
    }
    expiration = properties.text("expiration")
    if expiration is not None:
        death[b"original-expiration"] = tables.long_string(expiration)
    return death


def _deaths(headers: Mapping[bytes, bytes]) -> list[Death]:
    """The x-death there is; a client may have put anything under that name."""
    value = headers.get(b"x-death", b"")
    if value[:1] != b"A":
        return []
    try:
        values = tables.split_values(tables.payload(value))
        return [tables.split_table(tables.payload(one)) for one in values if one[:1] == b"F"]
    except MalformedError:
        return []


def _is(death: Death, queue: str, reason: str) -> bool:
    return death.get(b"queue") == tables.long_string(queue) and death.get(b"reason") == tables.long_string(
        reason
    )


def _count(death: Death) -> int:
    value = death.get(b"count", b"")
    return int.from_bytes(value[1:], "big") % 2**62 if value[:1] == b"l" else 0

"""Methods on the wire.

pamqp encodes and decodes most of them. Those that carry messages are by hand, because they are most of the traffic and
because pamqp refuses names that brokers allow.
"""

import struct
from dataclasses import dataclass

import pamqp.exceptions
import pamqp.frame
from pamqp import commands as amqp
from pamqp.base import Frame

from recette.amqp.errors import AmqpError
from recette.amqp.frames import METHOD, frame

METHOD_MAX = 16_384  # bytes of one method frame: decoding its tables takes time in the square of it
BASIC_CLASS = 60

_INDEX = struct.Struct(">I")
_ACK = struct.Struct(">QB")
_TAG = struct.Struct(">Q?")
_COUNTS = struct.Struct(">II")


@dataclass(frozen=True, slots=True)
class Publish:
    """basic.publish, without its content."""

    index = amqp.Basic.Publish.index
    name = amqp.Basic.Publish.name
    exchange: str
    routing_key: str
    mandatory: bool
    immediate: bool


@dataclass(frozen=True, slots=True)
class RecoverAsync:
    """basic.recover-async: deprecated, and pamqp warns at each one."""

    index = amqp.Basic.RecoverAsync.index
    name = amqp.Basic.RecoverAsync.name
    requeue: bool


Method = Frame | Publish | RecoverAsync


def decode_method(payload: bytes) -> Method:
    """Raises AmqpError 502 for what is no method, 540 for a method that does not exist."""
    if len(payload) < _INDEX.size or len(payload) > METHOD_MAX:
        raise AmqpError(502, f"method frame of {len(payload)} octets")
    (index,) = _INDEX.unpack_from(payload)
    try:
        if index == amqp.Basic.Publish.index:
            return _publish(payload)
        if index == amqp.Basic.Ack.index:
            tag, multiple = _ACK.unpack_from(payload, _INDEX.size)
            return amqp.Basic.Ack(tag, bool(multiple & 1))
        if index == amqp.Basic.Deliver.index:
            return _deliver(payload)
        if index == amqp.Basic.RecoverAsync.index:
            return RecoverAsync(bool(payload[4] & 1))
        if index not in amqp.INDEX_MAPPING:
            raise AmqpError(540, f"class {index >> 16} method {index & 0xFFFF}")
        method: Frame = amqp.INDEX_MAPPING[index]()
        method.unmarshal(payload[_INDEX.size :])
    except (
        pamqp.exceptions.PAMQPException,
        ValueError,
        LookupError,
        TypeError,
        ArithmeticError,
        OSError,
        struct.error,
    ) as error:
        raise AmqpError(502, "method arguments cannot be decoded") from error
    except RecursionError as error:
        raise AmqpError(502, "method arguments are nested too deep") from error
    return method


def _publish(payload: bytes) -> Publish:
    start = 7  # index, reserved short, length of the exchange's name
    middle = start + payload[start - 1]
    end = middle + 1 + payload[middle]
    flags = payload[end]
    return Publish(
        payload[start:middle].decode(), payload[middle + 1 : end].decode(), bool(flags & 1), bool(flags & 2)
    )


def _deliver(payload: bytes) -> Frame:
    tag, at = _name(payload, _INDEX.size)
    number, redelivered = _TAG.unpack_from(payload, at)
    exchange, at = _name(payload, at + _TAG.size)
    key, _ = _name(payload, at)
    return amqp.Basic.Deliver(tag, number, redelivered, exchange, key)


def _name(payload: bytes, at: int) -> tuple[str, int]:
    """A short string, and where it ends. Raises IndexError for one that is cut off."""
    end = at + 1 + payload[at]
    if end > len(payload):
        raise IndexError(at)
    return payload[at + 1 : end].decode(), end


def method(channel: int, answer: Frame) -> bytes:
    return bytes(pamqp.frame.marshal(answer, channel))


def short(text: str) -> bytes:
    data = text.encode()
    return bytes((len(data),)) + data


def confirm(channel: int, tag: int) -> bytes:
    return frame(METHOD, channel, _INDEX.pack(amqp.Basic.Ack.index) + _ACK.pack(tag, 0))


def declare_ok(channel: int, queue: str, messages: int, consumers: int) -> bytes:
    head = _INDEX.pack(amqp.Queue.DeclareOk.index) + short(queue)
    return frame(METHOD, channel, head + _COUNTS.pack(messages, consumers))


def deliver(consumer_tag: str, tag: int, redelivered: bool, exchange: str, routing_key: str) -> bytes:
    head = _INDEX.pack(amqp.Basic.Deliver.index) + short(consumer_tag) + _TAG.pack(tag, redelivered)
    return head + short(exchange) + short(routing_key)


def get_ok(tag: int, redelivered: bool, exchange: str, routing_key: str, left: int) -> bytes:
    head = _INDEX.pack(amqp.Basic.GetOk.index) + _TAG.pack(tag, redelivered)
    return head + short(exchange) + short(routing_key) + _INDEX.pack(left)


def returned(exchange: str, routing_key: str) -> bytes:
    head = _INDEX.pack(amqp.Basic.Return.index) + b"\x01\x38" + short("NO_ROUTE")
    return head + short(exchange) + short(routing_key)

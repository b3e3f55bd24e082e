"""Bytes on the wire: frames, and the methods that carry messages.

pamqp encodes and decodes the rest. These are by hand because they are most of the traffic, because pamqp refuses names
that brokers allow, and because a message's properties are forwarded as they came.
"""

import struct
from dataclasses import dataclass

import pamqp.exceptions
import pamqp.frame
from pamqp import commands as amqp
from pamqp.base import Frame

from recette.sandbox.broker.errors import AmqpError
from recette.sandbox.broker.limits import METHOD_MAX
from recette.sandbox.broker.messages import Message

METHOD, HEADER, BODY, HEARTBEAT = 1, 2, 3, 8
HEAD = struct.Struct(">BHI")  # kind, channel, payload size
END = b"\xce"
FRAME_OVERHEAD = HEAD.size + len(END)
HEARTBEAT_FRAME = HEAD.pack(HEARTBEAT, 0, 0) + END
PROTOCOL_HEADER = b"AMQP\x00\x00\x09\x01"
CONTENT = struct.Struct(">HHQ")  # class, weight, body size
BASIC_CLASS = 60

_INDEX = struct.Struct(">I")
_ACK = struct.Struct(">QB")
_TAG = struct.Struct(">Q?")
_COUNTS = struct.Struct(">II")


@dataclass(frozen=True, slots=True)
class Publish:
    """basic.publish, without its content."""

    exchange: str
    routing_key: str
    mandatory: bool
    immediate: bool


@dataclass(frozen=True, slots=True)
class RecoverAsync:
    """basic.recover-async: deprecated, and pamqp warns at each one."""

    index = amqp.Basic.RecoverAsync.index
    requeue: bool


def decode_method(payload: bytes) -> Frame | Publish | RecoverAsync:
    """Raises AmqpError 502 for what is no method, 540 for a method that does not exist."""
    if len(payload) < _INDEX.size or len(payload) > METHOD_MAX:
        raise AmqpError(502, f"method frame of {len(payload)} octets")
    (index,) = _INDEX.unpack_from(payload)
    try:
        if index == amqp.Basic.Publish.index:
            return _publish(payload)
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


def frame(kind: int, channel: int, payload: bytes) -> bytes:
    return HEAD.pack(kind, channel, len(payload)) + payload + END


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


def deliver(consumer_tag: str, tag: int, redelivered: bool, message: Message) -> bytes:
    head = _INDEX.pack(amqp.Basic.Deliver.index) + short(consumer_tag) + _TAG.pack(tag, redelivered)
    return head + short(message.exchange) + short(message.routing_key)


def get_ok(tag: int, redelivered: bool, message: Message, left: int) -> bytes:
    head = _INDEX.pack(amqp.Basic.GetOk.index) + _TAG.pack(tag, redelivered)
    return head + short(message.exchange) + short(message.routing_key) + _INDEX.pack(left)


def returned(message: Message) -> bytes:
    head = _INDEX.pack(amqp.Basic.Return.index) + b"\x01\x38" + short("NO_ROUTE")
    return head + short(message.exchange) + short(message.routing_key)


def with_content(channel: int, method_payload: bytes, message: Message, frame_max: int) -> bytes:
    """A method, its content header, its body in as many frames as the client's frame size asks for."""
    body = message.body
    header = CONTENT.pack(BASIC_CLASS, 0, len(body)) + message.properties
    parts = [frame(METHOD, channel, method_payload), frame(HEADER, channel, header)]
    step = frame_max - FRAME_OVERHEAD
    parts += [frame(BODY, channel, body[at : at + step]) for at in range(0, len(body), step)]
    return b"".join(parts)

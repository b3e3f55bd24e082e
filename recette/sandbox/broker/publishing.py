"""Publishing: content as it comes in, routing, returns and confirms."""

from collections.abc import Mapping

from pamqp import commands as amqp
from pamqp.base import Frame

from recette.amqp import frames, methods
from recette.amqp.errors import AmqpError, MalformedError
from recette.amqp.tables import Properties
from recette.sandbox.broker.access import WRITE
from recette.sandbox.broker.arguments import check_ttl
from recette.sandbox.broker.channel import Channel, Handler, Incoming
from recette.sandbox.broker.limits import BODY_MAX
from recette.sandbox.broker.messages import Message
from recette.sandbox.broker.vhost import Exchange


def begin(channel: Channel, method: methods.Publish) -> None:
    channel.client.publishes()
    channel.incoming = Incoming(method)


def take_header(channel: Channel, payload: bytes) -> None:
    """Raises AmqpError: 406 for a body that is too large, 311 when the broker is full."""
    incoming = channel.incoming
    if incoming is None or incoming.parts is not None:
        raise AmqpError(505, "expected method frame, got content header frame instead")
    if len(payload) < frames.CONTENT.size:
        raise AmqpError(502, "content header is cut off")
    class_id, weight, size = frames.CONTENT.unpack_from(payload)
    if class_id != methods.BASIC_CLASS or weight:
        raise AmqpError(
            505, f"expected content header for class {methods.BASIC_CLASS}, got one for class {class_id}"
        )
    if size > BODY_MAX:
        raise AmqpError(406, f"message size {size} is larger than configured max size {BODY_MAX}")
    ledger = channel.client.state.ledger
    if not ledger.has_room_for(size):
        raise AmqpError(311, f"the broker holds its maximum of {ledger.limit} bytes of messages")
    incoming.properties, incoming.size, incoming.parts = payload[frames.CONTENT.size :], size, []
    if not size:
        _complete(channel, incoming)


def take_body(channel: Channel, payload: bytes) -> None:
    incoming = channel.incoming
    if incoming is None or incoming.parts is None:
        raise AmqpError(505, "expected content header or method frame, got content body frame instead")
    ledger = channel.client.state.ledger
    if not ledger.has_room_for(len(payload)):
        raise AmqpError(311, f"the broker holds its maximum of {ledger.limit} bytes of messages")
    ledger.held += len(payload)
    incoming.parts.append(payload)
    incoming.received += len(payload)
    if incoming.received > incoming.size:
        raise AmqpError(501, f"body of {incoming.received} octets where {incoming.size} were announced")
    if incoming.received == incoming.size:
        _complete(channel, incoming)


def _complete(channel: Channel, incoming: Incoming) -> None:
    channel.abandon_incoming()
    parts = incoming.parts or [b""]
    body = parts[0] if len(parts) == 1 else b"".join(parts)
    _publish(channel, incoming.publish, incoming.properties or b"", body)


def _publish(channel: Channel, method: methods.Publish, raw: bytes, body: bytes) -> None:
    """RabbitMQ's checks, in its order."""
    if method.immediate:
        raise AmqpError(540, "immediate=true")
    try:
        exchange = _writable(channel, method)
    except AmqpError:
        channel.client.tell("publish-refused", method.exchange, method.routing_key, body)
        raise
    message = Message(method.exchange, method.routing_key, raw, body, _ttl(channel, raw))
    routed = channel.vhost.publish(exchange, message)
    if method.mandatory and not routed:
        channel.send_content(methods.returned(message.exchange, message.routing_key), message)
    if channel.confirming:
        channel.published += 1
        channel.client.send(methods.confirm(channel.number, channel.published))


def _writable(channel: Channel, method: methods.Publish) -> Exchange:
    """The exchange; raises AmqpError 403 for want of a right, 404 when it is not there."""
    channel.check(WRITE, "exchange", method.exchange)
    exchange = channel.vhost.exchange(method.exchange)
    if exchange.internal:
        place = f"'{exchange.name}' in vhost '{channel.vhost.name}'"
        raise AmqpError(403, f"cannot publish to internal exchange {place}")
    if exchange.type == "topic":
        channel.check_topic(WRITE, exchange.name, method.routing_key)
    return exchange


def _ttl(channel: Channel, raw: bytes) -> int | None:
    try:
        properties = Properties.parse(raw)
    except MalformedError as error:
        raise AmqpError(502, f"content header: {error}") from error
    user_id = properties.text("user_id")
    if user_id is not None and user_id != channel.client.user:
        raise AmqpError(
            406, f"user_id property set to '{user_id}' but authenticated user was '{channel.client.user}'"
        )
    expiration = properties.text("expiration")
    if expiration is None:
        return None
    complaint = f"invalid expiration '{expiration}'"
    if not (expiration.isascii() and expiration.removeprefix("-").isdecimal()):
        raise AmqpError(406, f"{complaint}: no_integer")
    check_ttl(int(expiration), complaint)
    return int(expiration)


def select_confirms(channel: Channel, _: amqp.Confirm.Select) -> Frame:
    channel.confirming = True
    return amqp.Confirm.SelectOk()


HANDLERS: Mapping[type, Handler] = {methods.Publish: begin, amqp.Confirm.Select: select_confirms}

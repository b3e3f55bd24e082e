"""The methods of classes exchange and queue."""

import uuid
from collections.abc import Mapping

from pamqp import commands as amqp
from pamqp.base import Frame

from recette.amqp import methods
from recette.amqp.errors import AmqpError
from recette.sandbox.broker import arguments as args
from recette.sandbox.broker.access import CONFIGURE, READ, WRITE
from recette.sandbox.broker.channel import Channel, Handler
from recette.sandbox.broker.queues import Queue
from recette.sandbox.broker.vhost import TYPES, Binding, Exchange, identity


def declare_exchange(channel: Channel, method: amqp.Exchange.Declare) -> Frame:
    name = method.exchange
    _not_default(name)
    if method.passive:
        channel.vhost.exchange(name)
        return amqp.Exchange.DeclareOk()
    if method.exchange_type == "headers":
        raise AmqpError(540, "exchange type 'headers'")
    if method.exchange_type not in TYPES:
        raise AmqpError(503, f"unknown exchange type '{method.exchange_type}'")
    channel.client.tell("declared", name, "exchange")
    channel.check(CONFIGURE, "exchange", name)
    place = f"exchange '{name}' in vhost '{channel.vhost.name}'"
    args.check(method.arguments or {}, place)
    existing = channel.vhost.exchanges.get(name)
    if existing is None:
        _not_reserved("exchange", name)
        channel.vhost.declare_exchange(
            Exchange(name, method.exchange_type, method.durable, method.auto_delete, method.internal)
        )
        return amqp.Exchange.DeclareOk()
    args.check_same("type", place, method.exchange_type, existing.type)
    args.check_same("durable", place, method.durable, existing.durable)
    args.check_same("auto_delete", place, method.auto_delete, existing.auto_delete)
    args.check_same("internal", place, method.internal, existing.internal)
    return amqp.Exchange.DeclareOk()


def delete_exchange(channel: Channel, method: amqp.Exchange.Delete) -> Frame:
    name = method.exchange
    _not_default(name)
    if name.startswith("amq."):
        raise AmqpError(
            403, f"deletion of system exchange '{name}' in vhost '{channel.vhost.name}' not allowed"
        )
    channel.check(CONFIGURE, "exchange", name)
    exchange = channel.vhost.exchanges.get(name)
    if exchange is not None and method.if_unused and exchange.bindings:
        raise AmqpError(406, f"exchange '{name}' in vhost '{channel.vhost.name}' in use")
    channel.vhost.exchanges.pop(name, None)
    return amqp.Exchange.DeleteOk()


def declare_queue(channel: Channel, method: amqp.Queue.Declare) -> bytes:
    queue = _existing(channel, method.queue) if method.passive else _declared(channel, method)
    channel.last_queue = queue.name
    return methods.declare_ok(channel.number, queue.name, len(queue.ready), len(queue.consumers))


def _existing(channel: Channel, name: str) -> Queue:
    return channel.queue(channel.named_queue(name))


def _declared(channel: Channel, method: amqp.Queue.Declare) -> Queue:
    vhost = channel.vhost
    if method.queue:
        _not_reserved("queue", method.queue)
    name = method.queue or f"amq.gen-{uuid.uuid4().hex}"
    arguments: Mapping[str, object] = method.arguments or {}
    channel.client.tell("declared", name, "queue")
    channel.check(CONFIGURE, "queue", name)
    if name in vhost.queues:
        return _same_queue(channel, method, arguments)
    args.check(arguments, f"queue '{name}' in vhost '{vhost.name}'")
    dead_letters = arguments.get(args.DEAD_LETTER_EXCHANGE)
    if isinstance(dead_letters, str):
        channel.check(READ, "queue", name)
        channel.check(WRITE, "exchange", dead_letters)
    return vhost.declare_queue(
        name,
        arguments=arguments,
        durable=method.durable,
        auto_delete=method.auto_delete,
        owner=channel.client if method.exclusive else None,
    )


def _same_queue(channel: Channel, method: amqp.Queue.Declare, arguments: Mapping[str, object]) -> Queue:
    queue = channel.queue(method.queue)
    place = f"queue '{method.queue}' in vhost '{channel.vhost.name}'"
    if method.exclusive and queue.owner is None:
        raise AmqpError(
            405,
            f"cannot obtain exclusive access to locked {place}. It could be originally declared on another"
            " connection or the exclusive property value does not match that of the original declaration.",
        )
    args.check_same("durable", place, method.durable, queue.durable)
    args.check_same("auto_delete", place, method.auto_delete, queue.auto_delete)
    for argument in args.COMPARED:
        args.check_same(argument, place, arguments.get(argument), queue.arguments.get(argument))
    return queue


def bind(channel: Channel, method: amqp.Queue.Bind) -> Frame:
    name = _bindable(channel, method)
    exchange = channel.vhost.exchange(method.exchange)
    queue = channel.queue(name)
    channel.vhost.bind(exchange, Binding(queue.name, method.routing_key, identity(method.arguments)))
    return amqp.Queue.BindOk()


def unbind(channel: Channel, method: amqp.Queue.Unbind) -> Frame:
    """What is not there is not there any more: no error."""
    name = _bindable(channel, method)
    exchange = channel.vhost.exchanges.get(method.exchange)
    if exchange is not None and name in channel.vhost.queues:
        queue = channel.queue(name)
        channel.vhost.unbind(exchange, [Binding(queue.name, method.routing_key, identity(method.arguments))])
    return amqp.Queue.UnbindOk()


def _bindable(channel: Channel, method: amqp.Queue.Bind | amqp.Queue.Unbind) -> str:
    """The queue's name; raises AmqpError 403 for want of a right."""
    name = channel.named_queue(method.queue)
    channel.check(WRITE, "queue", name)
    _not_default(method.exchange)
    channel.check(READ, "exchange", method.exchange)
    exchange = channel.vhost.exchanges.get(method.exchange)
    if exchange is not None and exchange.type == "topic":
        channel.check_topic(READ, exchange.name, method.routing_key)
    return name


def purge(channel: Channel, method: amqp.Queue.Purge) -> Frame:
    name = channel.named_queue(method.queue)
    channel.check(READ, "queue", name)
    emptied = channel.queue(name).purge()
    channel.client.tell("purged", name, str(emptied))
    return amqp.Queue.PurgeOk(emptied)


def delete_queue(channel: Channel, method: amqp.Queue.Delete) -> Frame:
    name = channel.named_queue(method.queue)
    channel.check(CONFIGURE, "queue", name)
    if name not in channel.vhost.queues:
        return amqp.Queue.DeleteOk(0)
    queue = channel.queue(name)
    if method.if_unused and queue.consumers:
        raise AmqpError(406, f"queue '{name}' in vhost '{channel.vhost.name}' in use")
    if method.if_empty and queue.ready:
        raise AmqpError(406, f"queue '{name}' in vhost '{channel.vhost.name}' not empty")
    return amqp.Queue.DeleteOk(channel.vhost.delete_queue(queue))


def _not_default(exchange: str) -> None:
    if not exchange:
        raise AmqpError(403, "operation not permitted on the default exchange")


def _not_reserved(kind: str, name: str) -> None:
    if name.startswith("amq."):
        raise AmqpError(403, f"{kind} name '{name}' contains reserved prefix 'amq.*'")


HANDLERS: Mapping[type, Handler] = {
    amqp.Exchange.Declare: declare_exchange,
    amqp.Exchange.Delete: delete_exchange,
    amqp.Queue.Declare: declare_queue,
    amqp.Queue.Bind: bind,
    amqp.Queue.Unbind: unbind,
    amqp.Queue.Purge: purge,
    amqp.Queue.Delete: delete_queue,
}

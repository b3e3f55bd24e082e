"""The methods by which messages are taken and settled."""

import uuid
from collections.abc import Mapping

from pamqp import commands as amqp
from pamqp.base import Frame

from recette.amqp import methods
from recette.amqp.errors import AmqpError
from recette.sandbox.broker.access import READ
from recette.sandbox.broker.acts import BY_HAND, LOOP
from recette.sandbox.broker.channel import Channel, Consumer, Handler, Unsettled
from recette.sandbox.broker.limits import CONSUMERS_PER_CHANNEL_MAX


def qos(channel: Channel, method: amqp.Basic.Qos) -> Frame:
    if method.prefetch_size:
        raise AmqpError(540, f"prefetch_size!=0 ({method.prefetch_size})")
    if method.global_:
        channel.prefetch_total = method.prefetch_count
        channel.wake()
    else:
        channel.prefetch = method.prefetch_count
    return amqp.Basic.QosOk()


def flow(_: Channel, method: amqp.Channel.Flow) -> Frame:
    if not method.active:
        raise AmqpError(540, "active=false")
    return amqp.Channel.FlowOk(active=True)


def consume(channel: Channel, method: amqp.Basic.Consume) -> None:
    name = channel.named_queue(method.queue)
    tag = method.consumer_tag or f"amq.ctag-{uuid.uuid4().hex}"
    if tag in channel.consumers:
        raise AmqpError(530, f"attempt to reuse consumer tag '{tag}'")
    channel.check(READ, "queue", name)
    priority = (method.arguments or {}).get("x-priority", 0)
    if isinstance(priority, bool) or not isinstance(priority, int):
        raise AmqpError(406, f"invalid arg 'x-priority' for queue '{name}' in vhost '{channel.vhost.name}'")
    if "x-priority" in (method.arguments or {}):
        raise AmqpError(540, "argument 'x-priority' for a consumer")
    if len(channel.consumers) >= CONSUMERS_PER_CHANNEL_MAX:
        raise AmqpError(530, f"reached maximum ({CONSUMERS_PER_CHANNEL_MAX}) of consumers per channel")
    queue = channel.queue(name)
    if any(one.exclusive for one in queue.consumers) or (method.exclusive and queue.consumers):
        raise AmqpError(403, f"queue '{name}' in vhost '{channel.vhost.name}' in exclusive use")
    consumer = Consumer(channel, tag, queue, method.no_ack, method.exclusive, channel.prefetch)
    channel.consumers[tag] = consumer
    _tell_reader(channel, name, no_ack=method.no_ack)
    if not method.nowait:  # before the first delivery
        channel.send(amqp.Basic.ConsumeOk(tag))
    queue.consumers.append(consumer)
    queue.run()


def _tell_reader(channel: Channel, queue: str, *, no_ack: bool) -> None:
    if no_ack:
        channel.client.tell("consuming-unacked", queue)
    else:
        channel.client.tell("consuming", queue, BY_HAND)


def cancel(channel: Channel, method: amqp.Basic.Cancel) -> Frame:
    consumer = channel.consumers.get(method.consumer_tag or "")
    if consumer is not None:
        channel.drop(consumer)
    return amqp.Basic.CancelOk(method.consumer_tag)


def get(channel: Channel, method: amqp.Basic.Get) -> Frame | None:
    name = channel.named_queue(method.queue)
    channel.check(READ, "queue", name)
    queue = channel.queue(name)
    if name not in channel.polled:
        channel.polled.add(name)
        _tell_reader(channel, name, no_ack=method.no_ack)
    entry = queue.pop()
    if entry is None:
        return amqp.Basic.GetEmpty()
    tag = channel.hold(queue, entry, None, no_ack=method.no_ack)
    message = entry.message
    head = methods.get_ok(tag, entry.redelivered, message.exchange, message.routing_key, len(queue.ready))
    channel.send_content(head, message)
    return None


def ack(channel: Channel, method: amqp.Basic.Ack) -> None:
    settled = channel.release(method.delivery_tag, method.multiple)
    for delivery in settled:
        channel.client.acknowledges(delivery.queue.name)
        delivery.queue.settled(delivery.entry)
    _serve_again(channel, settled)


def nack(channel: Channel, method: amqp.Basic.Nack) -> None:
    _refuse(channel, channel.release(method.delivery_tag, method.multiple), method.requeue)


def reject(channel: Channel, method: amqp.Basic.Reject) -> None:
    _refuse(channel, channel.release(method.delivery_tag or 0, multiple=False), method.requeue)


def recover(channel: Channel, method: amqp.Basic.Recover) -> Frame:
    _recover(channel, method.requeue)
    return amqp.Basic.RecoverOk()


def recover_async(channel: Channel, method: methods.RecoverAsync) -> None:
    _recover(channel, method.requeue)


def _recover(channel: Channel, requeue: bool) -> None:
    if not requeue:
        raise AmqpError(540, "requeue=false")
    channel.give_back(channel.release(0, multiple=True))


def _refuse(channel: Channel, deliveries: list[Unsettled], requeue: bool) -> None:
    if requeue:
        for delivery in deliveries:
            entry = delivery.entry
            entry.returns += 1
            if entry.returns == LOOP:
                channel.client.tell("looping", delivery.queue.name, body=entry.message.body)
        channel.give_back(deliveries)
    else:
        for delivery in deliveries:
            delivery.queue.reject(delivery.entry)
    _serve_again(channel, deliveries)


def _serve_again(channel: Channel, deliveries: list[Unsettled]) -> None:
    """Settled deliveries leave room: for their own queues, or for any of the channel under a common prefetch."""
    if channel.prefetch_total:
        channel.wake()
        return
    for queue in dict.fromkeys(delivery.queue for delivery in deliveries):
        if queue.ready and not queue.deleted:
            queue.run()


HANDLERS: Mapping[type, Handler] = {
    amqp.Basic.Qos: qos,
    amqp.Channel.Flow: flow,
    amqp.Basic.Consume: consume,
    amqp.Basic.Cancel: cancel,
    amqp.Basic.Get: get,
    amqp.Basic.Ack: ack,
    amqp.Basic.Nack: nack,
    amqp.Basic.Reject: reject,
    amqp.Basic.Recover: recover,
    methods.RecoverAsync: recover_async,
}

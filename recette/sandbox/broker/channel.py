"""One AMQP channel: the methods a client calls on it."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pamqp import commands as amqp
from pamqp.base import Frame

from recette.sandbox.broker.errors import AmqpError, access_refused, not_implemented, precondition_failed
from recette.sandbox.broker.message import StoredMessage
from recette.sandbox.broker.queues import BrokerQueue
from recette.sandbox.broker.vhost import EXCHANGE_TYPES, Exchange

if TYPE_CHECKING:
    from recette.sandbox.broker.session import Session


@dataclass(slots=True)
class Consumer:
    """A subscription; it takes as many unacknowledged messages as the channel's prefetch allows."""

    channel: BrokerChannel
    tag: str
    queue: BrokerQueue
    no_ack: bool
    prefetch: int
    held: int = 0

    def ready(self) -> bool:
        return not self.prefetch or self.no_ack or self.held < self.prefetch

    def take(self, queue: BrokerQueue, message: StoredMessage) -> None:
        tag = self.channel.hold(queue, message, self)
        method = amqp.Basic.Deliver(self.tag, tag, message.redelivered, message.exchange, message.routing_key)
        self.channel.session.send_content(self.channel.number, method, message)

    def cancelled_by_broker(self) -> None:
        self.channel.consumers.pop(self.tag, None)
        if self.channel.session.client_takes_cancel:
            self.channel.session.send(self.channel.number, amqp.Basic.Cancel(self.tag, nowait=True))


@dataclass(slots=True)
class _Held:
    queue: BrokerQueue
    message: StoredMessage
    consumer: Consumer | None


class BrokerChannel:
    """The state of one channel; errors leave as AmqpError."""

    def __init__(self, session: Session, number: int) -> None:
        self.session = session
        self.number = number
        self.vhost = session.vhost
        self.consumers: dict[str, Consumer] = {}
        self._held: dict[int, _Held] = {}
        self._next_tag = 0
        self._prefetch = 0
        self._confirming = False
        self._published = 0
        self._last_queue = ""
        self._handlers: dict[type, Callable[[Any], Frame | None]] = {
            amqp.Channel.Flow: lambda method: amqp.Channel.FlowOk(method.active),
            amqp.Exchange.Declare: self._exchange_declare,
            amqp.Exchange.Delete: self._exchange_delete,
            amqp.Queue.Declare: self._queue_declare,
            amqp.Queue.Bind: self._bind,
            amqp.Queue.Unbind: self._unbind,
            amqp.Queue.Purge: self._purge,
            amqp.Queue.Delete: self._queue_delete,
            amqp.Basic.Qos: self._qos,
            amqp.Basic.Consume: self._consume,
            amqp.Basic.Cancel: self._cancel,
            amqp.Basic.Get: self._get,
            amqp.Basic.Ack: lambda method: self._settle(method.delivery_tag, method.multiple),
            amqp.Basic.Nack: lambda m: self._settle(
                m.delivery_tag, m.multiple, requeue=m.requeue, reject=True
            ),
            amqp.Basic.Reject: lambda m: self._settle(
                m.delivery_tag, multiple=False, requeue=m.requeue, reject=True
            ),
            amqp.Basic.Recover: self._recover,
            amqp.Confirm.Select: self._confirm_select,
        }

    def handle(self, method: Frame) -> None:
        """Carry out one method and answer it. Raises AmqpError."""
        handler = self._handlers.get(type(method))
        if handler is None:
            raise not_implemented(f"{method.name} is not served")
        answer = handler(method)
        if answer is not None and not getattr(method, "nowait", False):
            self.session.send(self.number, answer)

    def publish(self, method: amqp.Basic.Publish, properties: bytes, body: bytes) -> None:
        """Take one published message. Raises AmqpError."""
        message = StoredMessage(method.exchange, method.routing_key, properties, body)
        self._published += 1
        self.session.may("write", method.exchange or "amq.default")
        exchange = self.vhost.exchange(method.exchange)
        self.session.may_publish(exchange, method.routing_key)
        if not self.vhost.publish(exchange, message) and method.mandatory:
            returned = amqp.Basic.Return(312, "NO_ROUTE", method.exchange, method.routing_key)
            self.session.send_content(self.number, returned, message)
        if self._confirming:
            self.session.send(self.number, amqp.Basic.Ack(self._published, multiple=False))

    def hold(
        self, queue: BrokerQueue, message: StoredMessage, consumer: Consumer | None, *, keep: bool = True
    ) -> int:
        """Number a delivery, and remember it until it is settled unless it needs no ack."""
        self._next_tag += 1
        if keep and not (consumer is not None and consumer.no_ack):
            self._held[self._next_tag] = _Held(queue, message, consumer)
            if consumer is not None:
                consumer.held += 1
        return self._next_tag

    def close(self) -> None:
        """Drop the consumers and give back what was not settled."""
        for consumer in list(self.consumers.values()):
            self._drop(consumer)
        self._give_back()

    def _give_back(self) -> None:
        by_queue: dict[BrokerQueue, list[StoredMessage]] = {}
        for held in self._held.values():
            by_queue.setdefault(held.queue, []).append(held.message)
            if held.consumer is not None:
                held.consumer.held -= 1
        self._held.clear()
        for queue, messages in by_queue.items():
            queue.give_back(messages)

    def _drop(self, consumer: Consumer) -> None:
        self.consumers.pop(consumer.tag, None)
        if consumer in consumer.queue.consumers:
            consumer.queue.consumers.remove(consumer)
        if consumer.queue.auto_delete and not consumer.queue.consumers:
            self.vhost.delete_queue(consumer.queue)

    def _open_queue(self, name: str) -> BrokerQueue:
        queue = self.vhost.queue(name or self._last_queue)
        if queue.exclusive_to not in {None, self.session}:
            text = (
                f"cannot obtain exclusive access to locked queue '{queue.name}' in vhost '{self.vhost.name}'"
            )
            raise AmqpError(405, f"RESOURCE_LOCKED - {text}")
        return queue

    def _exchange_declare(self, method: amqp.Exchange.Declare) -> Frame:
        if method.passive:
            self.vhost.exchange(method.exchange)
            return amqp.Exchange.DeclareOk()
        self.session.may("configure", method.exchange)
        if method.exchange_type not in EXCHANGE_TYPES:
            raise AmqpError(
                503, f"COMMAND_INVALID - unknown exchange type '{method.exchange_type}'", hard=True
            )
        existing = self.vhost.exchanges.get(method.exchange)
        if existing is None:
            if method.exchange.startswith("amq."):
                raise access_refused(f"exchange name '{method.exchange}' contains reserved prefix 'amq.*'")
            self.vhost.exchanges[method.exchange] = Exchange(
                method.exchange, method.exchange_type, method.durable
            )
        elif existing.type != method.exchange_type:
            raise precondition_failed(
                f"inequivalent arg 'type' for exchange '{method.exchange}' in vhost '{self.vhost.name}': "
                f"received '{method.exchange_type}' but current is '{existing.type}'"
            )
        return amqp.Exchange.DeclareOk()

    def _exchange_delete(self, method: amqp.Exchange.Delete) -> Frame:
        self.session.may("configure", method.exchange)
        exchange = self.vhost.exchanges.get(method.exchange)
        if exchange is not None and method.if_unused and exchange.bindings:
            raise precondition_failed(f"exchange '{method.exchange}' in vhost '{self.vhost.name}' in use")
        self.vhost.exchanges.pop(method.exchange, None)
        return amqp.Exchange.DeleteOk()

    def _queue_declare(self, method: amqp.Queue.Declare) -> Frame:
        name = method.queue or f"amq.gen-{uuid.uuid4().hex}"
        if method.passive:
            queue = self._open_queue(name)
        else:
            self.session.may("configure", name)
            queue = self._declared(method, name)
        self._last_queue = queue.name
        return amqp.Queue.DeclareOk(queue.name, len(queue.messages), len(queue.consumers))

    def _declared(self, method: amqp.Queue.Declare, name: str) -> BrokerQueue:
        if name not in self.vhost.queues:
            owner = self.session if method.exclusive else None
            return self.vhost.add_queue(
                name,
                method.arguments or {},
                exclusive_to=owner,
                durable=method.durable,
                auto_delete=method.auto_delete,
            )
        queue = self._open_queue(name)
        for arg, received, current in (
            ("durable", method.durable, queue.durable),
            ("auto_delete", method.auto_delete, queue.auto_delete),
            ("arguments", dict(method.arguments or {}), queue.arguments),
        ):
            if received != current:
                raise precondition_failed(
                    f"inequivalent arg '{arg}' for queue '{name}' in vhost '{self.vhost.name}': "
                    f"received '{str(received).lower()}' but current is '{str(current).lower()}'"
                )
        return queue

    def _bind(self, method: amqp.Queue.Bind) -> Frame:
        queue = self._open_queue(method.queue)
        self.session.may("write", queue.name)
        self.session.may("read", method.exchange)
        self.vhost.exchange(method.exchange).bindings.add((queue.name, method.routing_key))
        return amqp.Queue.BindOk()

    def _unbind(self, method: amqp.Queue.Unbind) -> Frame:
        queue = self._open_queue(method.queue)
        self.session.may("write", queue.name)
        self.session.may("read", method.exchange)
        self.vhost.exchange(method.exchange).bindings.discard((queue.name, method.routing_key))
        return amqp.Queue.UnbindOk()

    def _purge(self, method: amqp.Queue.Purge) -> Frame:
        queue = self._open_queue(method.queue)
        self.session.may("read", queue.name)
        return amqp.Queue.PurgeOk(queue.purge())

    def _queue_delete(self, method: amqp.Queue.Delete) -> Frame:
        if method.queue and method.queue not in self.vhost.queues:
            return amqp.Queue.DeleteOk(0)
        queue = self._open_queue(method.queue)
        self.session.may("configure", queue.name)
        if (method.if_unused and queue.consumers) or (method.if_empty and queue.messages):
            state = "in use" if queue.consumers else "not empty"
            raise precondition_failed(f"queue '{queue.name}' in vhost '{self.vhost.name}' {state}")
        return amqp.Queue.DeleteOk(self.vhost.delete_queue(queue))

    def _qos(self, method: amqp.Basic.Qos) -> Frame:
        if method.prefetch_size:
            raise not_implemented("prefetch_size!=0 (%s)" % method.prefetch_size)  # noqa: UP031 - RabbitMQ's wording
        self._prefetch = method.prefetch_count
        return amqp.Basic.QosOk()

    def _consume(self, method: amqp.Basic.Consume) -> None:
        queue = self._open_queue(method.queue)
        self.session.may("read", queue.name)
        tag = method.consumer_tag or f"amq.ctag-{uuid.uuid4().hex}"
        if tag in self.consumers:
            raise AmqpError(530, f"NOT_ALLOWED - attempt to reuse consumer tag '{tag}'", hard=True)
        if method.exclusive and queue.consumers:
            raise access_refused(f"queue '{queue.name}' in vhost '{self.vhost.name}' in exclusive use")
        consumer = Consumer(self, tag, queue, method.no_ack, self._prefetch)
        self.consumers[tag] = consumer
        if not method.nowait:
            self.session.send(self.number, amqp.Basic.ConsumeOk(tag))
        queue.consumers.append(consumer)
        queue.serve()

    def _cancel(self, method: amqp.Basic.Cancel) -> Frame:
        consumer = self.consumers.get(method.consumer_tag or "")
        if consumer is not None:
            self._drop(consumer)
        return amqp.Basic.CancelOk(method.consumer_tag)

    def _get(self, method: amqp.Basic.Get) -> Frame | None:
        queue = self._open_queue(method.queue)
        self.session.may("read", queue.name)
        message = queue.pop()
        if message is None:
            return amqp.Basic.GetEmpty()
        tag = self.hold(queue, message, None, keep=not method.no_ack)
        left = len(queue.messages)
        answer = amqp.Basic.GetOk(tag, message.redelivered, message.exchange, message.routing_key, left)
        self.session.send_content(self.number, answer, message)
        return None

    def _settle(self, tag: int, multiple: bool, *, requeue: bool = False, reject: bool = False) -> None:
        tags = [held for held in self._held if held <= tag or not tag] if multiple else [tag]
        if not multiple and tag not in self._held:
            raise precondition_failed(f"unknown delivery tag {tag}")
        settled = [self._held.pop(one) for one in tags]
        for held in settled:
            if held.consumer is not None:
                held.consumer.held -= 1
            if reject and not requeue:
                held.queue.reject(held.message)
        for queue in dict.fromkeys(held.queue for held in settled):
            if reject and requeue:
                queue.give_back([held.message for held in settled if held.queue is queue])
            else:
                queue.serve()

    def _recover(self, method: amqp.Basic.Recover) -> Frame:
        if not method.requeue:
            raise not_implemented("recover without requeue")
        self._give_back()
        return amqp.Basic.RecoverOk()

    def _confirm_select(self, _: amqp.Confirm.Select) -> Frame:
        self._confirming = True
        return amqp.Confirm.SelectOk()

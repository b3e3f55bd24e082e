"""A channel's state, and the deliveries that its client has yet to settle."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from pamqp import commands as amqp
from pamqp.base import Frame

from recette.amqp import frames, methods
from recette.amqp.errors import AmqpError
from recette.sandbox.broker.access import READ, WRITE
from recette.sandbox.broker.client import Client
from recette.sandbox.broker.messages import Entry, Message
from recette.sandbox.broker.queues import Queue


@dataclass(slots=True, eq=False)
class Consumer:
    """A subscription; it takes what its own and its channel's prefetch allow."""

    channel: Channel
    tag: str
    queue: Queue
    no_ack: bool
    exclusive: bool
    prefetch: int  # 0: no limit
    held: int = 0

    def can_take(self) -> bool:
        channel = self.channel
        if channel.client.congested:
            return False
        if self.no_ack:
            return True
        return (not self.prefetch or self.held < self.prefetch) and (
            not channel.prefetch_total or channel.held < channel.prefetch_total
        )

    def take(self, entry: Entry) -> None:
        tag = self.channel.hold(self.queue, entry, self, no_ack=self.no_ack)
        message = entry.message
        head = methods.deliver(self.tag, tag, entry.redelivered, message.exchange, message.routing_key)
        self.channel.send_content(head, message)

    def cancelled_by_broker(self) -> None:
        self.channel.consumers.pop(self.tag, None)
        if self.channel.client.takes_cancel:
            self.channel.send(amqp.Basic.Cancel(self.tag, nowait=True))


@dataclass(slots=True)
class Unsettled:
    queue: Queue
    entry: Entry
    consumer: Consumer | None  # None: basic.get


@dataclass(slots=True)
class Incoming:
    """A publish whose content has not come whole yet."""

    publish: methods.Publish
    properties: bytes | None = None
    size: int = 0
    parts: list[bytes] | None = None
    received: int = 0


class Channel:
    """What one channel remembers; the methods themselves are in topology, publishing and consuming."""

    def __init__(self, client: Client, number: int) -> None:
        self.client = client
        self.vhost = client.vhost
        self.number = number
        self.consumers: dict[str, Consumer] = {}
        self.unsettled: dict[int, Unsettled] = {}
        self.incoming: Incoming | None = None
        self.last_queue = ""
        self.prefetch = 0  # of each consumer to come
        self.prefetch_total = 0  # of the channel
        self.held = 0  # deliveries to consumers, not settled
        self.confirming = False
        self.published = 0
        self.polled: set[str] = set()  # queues that basic.get was asked of
        self._deliveries = 0

    def send(self, method: Frame) -> None:
        self.client.send(methods.method(self.number, method))

    def send_content(self, method_payload: bytes, message: Message) -> None:
        client = self.client
        client.send(
            frames.content(self.number, method_payload, message.properties, message.body, client.frame_max)
        )

    def check(self, right: str, kind: str, name: str) -> None:
        """Raises AmqpError 403 unless the client has this right; what it may not read or bind is told."""
        try:
            self.client.state.access.check(self.client.user, self.vhost.name, right, kind, name)
        except AmqpError:
            if (right, kind) == (READ, "queue"):
                self.client.tell("read-refused", name)
            elif (right, kind) in {(WRITE, "queue"), (READ, "exchange")}:
                self.client.tell("bind-refused", name)
            raise

    def check_topic(self, right: str, exchange: str, key: str) -> None:
        self.client.state.access.check_topic(self.client.user, self.vhost.name, right, exchange, key)

    def named_queue(self, name: str) -> str:
        """An empty name is the last queue declared on the channel. Raises AmqpError 404."""
        if not name and not self.last_queue:
            raise AmqpError(404, "no previously declared queue")
        return name or self.last_queue

    def queue(self, name: str) -> Queue:
        """Raises AmqpError 404, or 405 for another connection's exclusive queue."""
        queue = self.vhost.queue(name)
        if queue.owner not in (None, self.client):
            raise AmqpError(
                405,
                f"cannot obtain exclusive access to locked queue '{name}' in vhost '{self.vhost.name}'. It could be"
                " originally declared on another connection or the exclusive property value does not match that of"
                " the original declaration.",
            )
        return queue

    def hold(self, queue: Queue, entry: Entry, consumer: Consumer | None, *, no_ack: bool) -> int:
        """Number a delivery, and remember it until it is settled unless it needs no ack."""
        self._deliveries += 1
        if no_ack:
            queue.settled(entry)
            return self._deliveries
        self.unsettled[self._deliveries] = Unsettled(queue, entry, consumer)
        if consumer is not None:
            consumer.held += 1
            self.held += 1
        return self._deliveries

    def release(self, tag: int, multiple: bool) -> list[Unsettled]:
        """Deliveries that this tag settles, no longer held; tag 0 with `multiple` is all. Raises AmqpError 406."""
        if multiple and not tag:
            tags: Iterable[int] = list(self.unsettled)
        elif tag not in self.unsettled:
            raise AmqpError(406, f"unknown delivery tag {tag}")
        else:
            tags = _up_to(tag, self.unsettled) if multiple else (tag,)
        released = [self.unsettled.pop(one) for one in tags]
        for delivery in released:
            if delivery.consumer is not None:
                delivery.consumer.held -= 1
                self.held -= 1
        return released

    def give_back(self, deliveries: Iterable[Unsettled]) -> None:
        by_queue: dict[Queue, list[Entry]] = {}
        for delivery in deliveries:
            by_queue.setdefault(delivery.queue, []).append(delivery.entry)
        for queue, entries in by_queue.items():
            queue.give_back(entries)

    def wake(self) -> None:
        """Its consumers may be able to take more."""
        for consumer in list(self.consumers.values()):
            if consumer.queue.ready:
                consumer.queue.run()

    def drop(self, consumer: Consumer) -> None:
        """End a subscription; the last one takes an auto-delete queue with it."""
        self.consumers.pop(consumer.tag, None)
        queue = consumer.queue
        if consumer in queue.consumers:
            queue.consumers.remove(consumer)
            if queue.auto_delete and not queue.consumers:
                self.vhost.delete_queue(queue)

    def close(self) -> None:
        """Drop the consumers, give back what was not settled."""
        self.abandon_incoming()
        released = self.release(0, multiple=True)
        for consumer in list(self.consumers.values()):
            self.drop(consumer)
        self.give_back(released)

    def abandon_incoming(self) -> None:
        if self.incoming is not None:
            self.client.state.ledger.held -= self.incoming.received
            self.incoming = None


def _up_to(tag: int, unsettled: Iterable[int]) -> list[int]:
    tags = []
    for one in unsettled:  # in ascending order
        if one > tag:
            break
        tags.append(one)
    return tags


Handler = Callable[[Channel, Any], Frame | bytes | None]
"""Carries out one method; what it gives back is the answer, which `nowait` suppresses. Raises AmqpError."""

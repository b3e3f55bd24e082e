"""One vHost: exchanges, bindings, queues, and the routing between them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from recette.sandbox.broker.definitions import Definitions, Policy
from recette.sandbox.broker.errors import not_found, precondition_failed
from recette.sandbox.broker.message import StoredMessage, dead_lettered
from recette.sandbox.broker.queues import MAX_LENGTH, BrokerQueue

EXCHANGE_TYPES = frozenset({"direct", "fanout", "topic"})


@dataclass(slots=True)
class Exchange:
    """Bindings are (queue, routing key) pairs."""

    name: str
    type: str
    durable: bool = True
    bindings: set[tuple[str, str]] = field(default_factory=set)

    def routes(self, key: str) -> Iterable[str]:
        """Names of the queues that `key` leads to."""
        if self.type == "fanout":
            return {queue for queue, _ in self.bindings}
        if self.type == "topic":
            return {queue for queue, pattern in self.bindings if topic_matches(pattern, key)}
        return {queue for queue, bound in self.bindings if bound == key}


def topic_matches(pattern: str, key: str) -> bool:
    """AMQP's topic rule: `*` is one word, `#` any number of them; linear in both lengths' product."""
    words = key.split(".")
    reached = {0}
    for part in pattern.split("."):
        if part == "#":
            reached = set(range(min(reached), len(words) + 1)) if reached else set()
        else:
            reached = {at + 1 for at in reached if at < len(words) and part in {"*", words[at]}}
    return len(words) in reached


class BrokerVHost:
    """The state that all connections to one vHost share."""

    def __init__(self, name: str, definitions: Definitions) -> None:
        self.name = name
        self._policies: tuple[Policy, ...] = definitions.policies.get(name, ())
        self.exchanges = {
            one: Exchange(one, kind)
            for one, kind in (
                ("", "direct"),
                ("amq.direct", "direct"),
                ("amq.fanout", "fanout"),
                ("amq.topic", "topic"),
            )
        }
        self.queues: dict[str, BrokerQueue] = {}
        for one in definitions.exchanges:
            if one["vhost"] == name:
                self.exchanges[one["name"]] = Exchange(one["name"], one["type"])
        for one in definitions.queues:
            if one["vhost"] == name:
                self.add_queue(one["name"], one.get("arguments", {}))
        for one in definitions.bindings:
            if one["vhost"] == name:
                self.exchange(one["source"]).bindings.add((one["destination"], one["routing_key"]))

    def exchange(self, name: str) -> Exchange:
        if name not in self.exchanges:
            raise not_found(f"no exchange '{name}' in vhost '{self.name}'")
        return self.exchanges[name]

    def queue(self, name: str) -> BrokerQueue:
        if name not in self.queues:
            raise not_found(f"no queue '{name}' in vhost '{self.name}'")
        return self.queues[name]

    def add_queue(self, name: str, arguments: Mapping[str, Any], **options: Any) -> BrokerQueue:  # noqa: ANN401
        queue = BrokerQueue(name, arguments, self._policy(name), self._dead_letter, **options)
        self.queues[name] = queue
        return queue

    def delete_queue(self, queue: BrokerQueue) -> int:
        self.queues.pop(queue.name, None)
        for exchange in self.exchanges.values():
            exchange.bindings = {(name, key) for name, key in exchange.bindings if name != queue.name}
        for consumer in list(queue.consumers):
            consumer.cancelled_by_broker()
        queue.close()
        return queue.purge()

    def publish(self, exchange: Exchange, message: StoredMessage) -> bool:
        """Route one message; False when no queue takes it. Raises AmqpError when a queue is full."""
        names = [message.routing_key] if exchange.name == "" else exchange.routes(message.routing_key)
        targets = [self.queues[name] for name in names if name in self.queues]
        if any(len(queue.messages) >= MAX_LENGTH for queue in targets):
            raise precondition_failed(f"queue length limit {MAX_LENGTH} reached")
        for queue in targets:
            queue.put(message)
        return bool(targets)

    def _policy(self, queue: str) -> Mapping[str, Any]:
        matching = [policy for policy in self._policies if re.search(policy.pattern, queue)]
        return max(matching, key=lambda policy: policy.priority).arguments if matching else {}

    def _dead_letter(self, queue: BrokerQueue, message: StoredMessage, reason: str) -> None:
        name = queue.dead_letter_exchange
        if name is None or name not in self.exchanges:
            return
        key = queue.dead_letter_key or message.routing_key
        self.publish(self.exchanges[name], dead_lettered(message, queue.name, reason, name, key))

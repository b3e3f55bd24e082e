"""Queues: order, prefetch, round robin among consumers, time to live, dead letters."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from recette.sandbox.broker.message import StoredMessage

DeadLetter = Callable[["BrokerQueue", StoredMessage, str], None]
MAX_LENGTH = 200_000
"""Messages in one queue; beyond it a publish is refused, as with RabbitMQ's reject-publish."""


class Taker(Protocol):
    """A consumer, as a queue sees it."""

    def ready(self) -> bool: ...
    def take(self, queue: BrokerQueue, message: StoredMessage) -> None: ...
    def cancelled_by_broker(self) -> None: ...


class BrokerQueue:
    """One queue. Expiry happens at its head, as in RabbitMQ."""

    def __init__(
        self,
        name: str,
        arguments: Mapping[str, Any],
        policy: Mapping[str, Any],
        dead_letter: DeadLetter,
        *,
        exclusive_to: object | None = None,
        durable: bool = True,
        auto_delete: bool = False,
    ) -> None:
        self.name = name
        self.arguments = dict(arguments)
        self.durable, self.auto_delete, self.exclusive_to = durable, auto_delete, exclusive_to
        ttl = arguments.get("x-message-ttl", policy.get("message-ttl"))
        self.ttl = None if ttl is None else int(ttl) / 1000
        self.dead_letter_exchange = arguments.get(
            "x-dead-letter-exchange", policy.get("dead-letter-exchange")
        )
        self.dead_letter_key = arguments.get(
            "x-dead-letter-routing-key", policy.get("dead-letter-routing-key")
        )
        self.messages: deque[StoredMessage] = deque()
        self.consumers: list[Taker] = []
        self._dead_letter = dead_letter
        self._timer: asyncio.TimerHandle | None = None

    def put(self, message: StoredMessage) -> None:
        self.messages.append(message.arriving_in(self.ttl))
        self.serve()

    def give_back(self, messages: list[StoredMessage]) -> None:
        """Requeue at the head, in their old order."""
        for message in reversed(messages):
            message.redelivered = True
            self.messages.appendleft(message)
        self.serve()

    def pop(self) -> StoredMessage | None:
        self._expire()
        return self.messages.popleft() if self.messages else None

    def reject(self, message: StoredMessage) -> None:
        self._dead_letter(self, message, "rejected")

    def serve(self) -> None:
        """Hand out what can be handed out, then watch the head's time to live."""
        self._expire()
        while self.messages:
            taker = next((consumer for consumer in self.consumers if consumer.ready()), None)
            if taker is None:
                break
            self.consumers.remove(taker)
            self.consumers.append(taker)
            taker.take(self, self.messages.popleft())
        self._watch()

    def purge(self) -> int:
        count = len(self.messages)
        self.messages.clear()
        return count

    def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _expire(self) -> None:
        now = time.monotonic()
        while self.messages and (self.messages[0].expires_at or now + 1) <= now:
            self._dead_letter(self, self.messages.popleft(), "expired")

    def _watch(self) -> None:
        self.close()
        if self.messages and (due := self.messages[0].expires_at) is not None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(max(0.0, due - time.monotonic()), self.serve)

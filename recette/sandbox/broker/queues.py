"""A queue: order, round robin among consumers, time to live at the head, dead letters."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from typing import Protocol

from recette.sandbox.broker.arguments import Settings
from recette.sandbox.broker.deaths import EXPIRED, REJECTED
from recette.sandbox.broker.limits import Ledger
from recette.sandbox.broker.messages import Entry, Message

DeadLetter = Callable[["Queue", Message, str], None]


class Taker(Protocol):
    """A consumer, as a queue sees it."""

    exclusive: bool

    def can_take(self) -> bool: ...
    def take(self, entry: Entry) -> None: ...
    def cancelled_by_broker(self) -> None: ...


class Queue:
    """Invariant between calls: where messages are ready, no consumer can take one."""

    def __init__(
        self,
        name: str,
        *,
        arguments: Mapping[str, object],
        settings: Settings,
        dead_letter: DeadLetter,
        ledger: Ledger,
        after_timer: Callable[[], None],
        durable: bool,
        auto_delete: bool,
        owner: object | None = None,
    ) -> None:
        self.name = name
        self.arguments = arguments
        self.settings = settings
        self.durable = durable
        self.auto_delete = auto_delete
        self.owner = owner  # the only connection that may use it, when it is exclusive
        self.ready: deque[Entry] = deque()
        self.consumers: deque[Taker] = deque()
        self.deleted = False
        self._dead_letter = dead_letter
        self._ledger = ledger
        self._after_timer = after_timer  # sends what a timer made the queue hand out
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._arrivals = 0

    def enqueue(self, message: Message) -> None:
        """Take a message: to a consumer at once where there is one, whatever its time to live."""
        limits = [ttl for ttl in (self.settings.ttl, message.ttl) if ttl is not None]
        expires = self._loop.time() + min(limits) / 1000 if limits else None
        self._arrivals += 1
        entry = Entry(self._arrivals, message, expires)
        self._ledger.held += entry.size
        if not self.ready and (consumer := self._free_consumer()) is not None:
            consumer.take(entry)
            return
        self.ready.append(entry)
        if expires is not None and len(self.ready) == 1:
            self.run()

    def run(self) -> None:
        """Expire what is due, hand out what can be, then wait for the head's time."""
        self._expire()
        while self.ready and (consumer := self._free_consumer()) is not None:
            consumer.take(self.ready.popleft())
            self._expire()
        self._arm()

    def pop(self) -> Entry | None:
        self._expire()
        entry = self.ready.popleft() if self.ready else None
        self._arm()
        return entry

    def settled(self, entry: Entry) -> None:
        """The message is gone: acknowledged, or delivered without need of it."""
        self._ledger.held -= entry.size

    def reject(self, entry: Entry) -> None:
        self.settled(entry)
        if not self.deleted:
            self._dead_letter(self, entry.message, REJECTED)

    def give_back(self, entries: Iterable[Entry]) -> None:
        """Requeue: each goes back to its place in the order of arrival."""
        for entry in sorted(entries, key=lambda entry: entry.position, reverse=True):
            entry.redelivered = True
            if self.deleted:
                self.settled(entry)
                continue
            index = 0
            while index < len(self.ready) and self.ready[index].position < entry.position:
                index += 1
            self.ready.insert(index, entry)
        if not self.deleted:
            self.run()

    def purge(self) -> int:
        count = len(self.ready)
        for entry in self.ready:
            self.settled(entry)
        self.ready.clear()
        return count

    def delete(self) -> int:
        """Drop everything; consumers are told."""
        self.deleted = True
        if self._timer is not None:
            self._timer.cancel()
        consumers, self.consumers = self.consumers, deque()
        for consumer in consumers:
            consumer.cancelled_by_broker()
        return self.purge()

    def _free_consumer(self) -> Taker | None:
        for _ in range(len(self.consumers)):
            consumer = self.consumers[0]
            self.consumers.rotate(-1)
            if consumer.can_take():
                return consumer
        return None

    def _expire(self) -> None:
        while self.ready and (due := self.ready[0].expires) is not None and due <= self._loop.time():
            entry = self.ready.popleft()
            self.settled(entry)
            self._dead_letter(self, entry.message, EXPIRED)

    def _arm(self) -> None:
        due = self.ready[0].expires if self.ready else None
        if due is None or (self._timer is not None and self._timer.when() <= due):
            return  # a timer that comes early does no harm
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_at(due, self._due)

    def _due(self) -> None:
        self._timer = None
        self.run()
        self._after_timer()

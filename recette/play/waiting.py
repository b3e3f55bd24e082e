"""Waiting for something to hold, until a deadline or until the run cannot go on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial

from recette.play.deadline import Deadline


class Waiting:
    """Whoever waits in a run, and the failure that ends every wait."""

    def __init__(self) -> None:
        self.failure: BaseException | None = None
        """The first thing that went wrong; the run cannot go on."""
        self._waiters: list[tuple[Callable[[], bool], asyncio.Future[None]]] = []

    async def until(self, condition: Callable[[], bool], deadline: Deadline) -> bool:
        """Wait until `condition` holds; False when the deadline went by first. Raises what made the run fail."""
        if self.failure is None and not condition():
            woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            waiter = (condition, woken)
            self._waiters.append(waiter)
            expire = partial(_settle, woken)
            deadline.watch(expire)
            try:
                await woken
            finally:
                deadline.forget(expire)
                self._waiters.remove(waiter)
        self.check()
        return condition()

    def check(self) -> None:
        """Raise what made the run fail."""
        if self.failure is not None:
            raise self.failure

    def fail(self, error: BaseException) -> bool:
        """The run cannot go on: whoever waits is told. False where that was known already."""
        first = self.failure is None
        if first:
            self.failure = error
        self.wake()
        return first

    def wake(self) -> None:
        """Something happened: whoever waits looks again."""
        for condition, woken in self._waiters:
            if self.failure is not None or condition():
                _settle(woken)


def _settle(woken: asyncio.Future[None]) -> None:
    if not woken.done():
        woken.set_result(None)

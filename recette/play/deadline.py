"""When a step's time is up; whoever works on it may be given more, or give up."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from recette.platform.pulse import lost

Result = TypeVar("Result")
HELD_UP = 0.05
"""Seconds that a loop may come late to a deadline; beyond, what came meanwhile may lie there unread."""
_TO_READ = 0.5
"""Seconds that are given for that at most, however short the deadline was."""


class Deadline:
    """`seconds` from now on; `over` holds once they are gone, or once somebody gave up."""

    def __init__(self, seconds: float, extended: Callable[[float], None] = lambda _: None) -> None:
        """`extended` is told each number of seconds that is added."""
        self._loop = asyncio.get_running_loop()
        self._begun = self._loop.time()
        self._extended = extended
        self._watchers: dict[Callable[[], None], asyncio.TimerHandle] = {}
        self.granted = seconds
        """Seconds in all."""
        self._returned = 0.0
        """Seconds beyond, for those that the loop was held up."""
        self._to_read = 0.0
        """Of these, what was given after a deadline that the loop came late to."""
        self._lost_before = lost()
        self.given_up = ""
        """Why nobody waits any more."""

    @property
    def left(self) -> float:
        """Seconds that are left, never less than 0."""
        if self.given_up:
            return 0.0
        return max(0.0, self._until - self._loop.time())

    @property
    def _until(self) -> float:
        return self._begun + self.granted + self._returned

    def extend(self, seconds: float) -> None:
        """Give it more time."""
        self.granted += seconds
        self._extended(seconds)
        for callback in list(self._watchers):
            self.watch(callback)

    def give_up(self, reason: str) -> None:
        """Nobody can do what is awaited: it is over now."""
        self.given_up = reason
        for callback in list(self._watchers):
            self.watch(callback)

    def watch(self, callback: Callable[[], None]) -> None:
        """Call `callback` when it is over, unless it is forgotten before."""
        self.forget(callback)
        self._watchers[callback] = self._loop.call_later(self.left, self._due, callback)

    def _due(self, callback: Callable[[], None]) -> None:
        """A loop that was held up gives back what it took: nobody is late because the recette was busy."""
        if not self.given_up:
            self._give_back()
        if self.left > 0:
            self.watch(callback)
        else:
            callback()

    def _give_back(self) -> None:
        """What it took just now, counted from now on; and what it took before: of each as much again as was granted at most."""
        late = self._loop.time() - self._until
        if late > HELD_UP:
            more = min(late, max(self.granted, _TO_READ) - self._to_read)
            self._to_read += more
            self._returned += late + more
        taken = min(lost() - self._lost_before, self.granted)
        if taken > self._returned + HELD_UP:
            self._returned = taken

    async def within(self, work: Coroutine[Any, Any, Result]) -> Result | None:
        """What `work` comes to; None where this was over first, and `work` is cancelled."""
        task = self._loop.create_task(work)
        over = self._loop.create_future()

        def expire() -> None:
            if not over.done():
                over.set_result(None)

        self.watch(expire)
        try:
            await asyncio.wait((task, over), return_when=asyncio.FIRST_COMPLETED)
            return task.result() if task.done() else None
        finally:
            self.forget(expire)
            task.cancel()

    def forget(self, callback: Callable[[], None]) -> None:
        timer = self._watchers.pop(callback, None)
        if timer is not None:
            timer.cancel()

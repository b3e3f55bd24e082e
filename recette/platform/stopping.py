"""Being asked to stop, by Ctrl-C or by the signal that ends a service: in order the first time, at once the second."""

from __future__ import annotations

import os
import signal
import threading
from contextlib import contextmanager, suppress

TYPE_CHECKING = False  # the command line is listening before it imports what takes time
if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator
    from types import FrameType
    from typing import Any, TypeVar

    Result = TypeVar("Result")

_NAMES = ("SIGINT", "SIGTERM", "SIGBREAK")
"""The last is Windows' own, for Ctrl-Break and for whoever ends a process group."""
PATIENCE = 1.0
"""Seconds that what runs may take to end before the person is told that it is ending."""
_ERRORS = 2
_AT_ONCE, _IN_ORDER, _SOON, _ANYWAY = "at once", "in order", "soon", "anyway"
"""How the process ends when it is asked to: before a command, during it, while it is known to end soon by itself however
often it is asked, and once all of it is done.
"""


class _Process:
    """How often this process was asked to stop, and what ends it."""

    def __init__(self) -> None:
        self.code: int | None = None
        """What it ends with when it is ended at once; None where the signals are somebody else's."""
        self.times = 0
        self.ends = _AT_ONCE
        self.stop: Callable[[], object] | None = None
        """Ends what runs in an event loop."""
        self.words: list[str] = []
        """What is said when it is ended at once: the last one."""
        self.ending = ""
        """What is said when it takes its time to end in order."""
        self.acts: dict[object, Callable[[], object]] = {}

    def asked(self, _number: int, _frame: FrameType | None) -> None:
        if self.ends == _ANYWAY:
            return
        self.times += 1
        if self.times > 1 and self.ends == _SOON:
            return
        if self.times > 1 or self.ends == _AT_ONCE:
            self.leave()
        if self.stop is None:
            raise KeyboardInterrupt
        self.stop()

    def say(self, words: str) -> None:
        """Past Python's own streams, which may be in the midst of a line."""
        with suppress(OSError):
            above = "\n" if os.isatty(_ERRORS) else ""
            os.write(_ERRORS, f"{above}{words}\n".encode())

    def leave(self) -> None:
        """Nothing is unwound: whoever waits for something waits no longer."""
        self.say(self.words[-1])
        for act in list(self.acts.values()):
            with suppress(Exception):
                act()
        os._exit(self.code or 0)


_PROCESS = _Process()


@contextmanager
def signals_heeded(code: int, words: str, ending: str) -> Iterator[None]:
    """Signals are this process's own while this is held: it is no more than this command.

    `code` and `words` are what it ends with, and says, when it is ended at once; `ending` is said when it takes its
    time to end in order. After it, Ctrl-C is too late.
    """
    _PROCESS.code, _PROCESS.words, _PROCESS.ending = code, [words], ending
    for number in _numbers():
        signal.signal(number, _PROCESS.asked)
    try:
        yield
    finally:
        for number in _numbers():
            signal.signal(number, signal.SIG_IGN if number == signal.SIGINT else signal.SIG_DFL)
        _PROCESS.code = None


@contextmanager
def ends_in_order() -> Iterator[None]:
    """The first time, KeyboardInterrupt is raised here, or what `run_stoppable` runs is cancelled; afterwards it is over."""
    before, _PROCESS.ends = _PROCESS.ends, _IN_ORDER
    try:
        yield
    finally:
        _PROCESS.ends = _IN_ORDER if before == _IN_ORDER else _ANYWAY


@contextmanager
def ends_soon() -> Iterator[None]:
    """As `ends_in_order`, for what ends in bounded time and would leave something half-written: once is enough."""
    with _ends(_SOON):
        yield


@contextmanager
def ends_at_once() -> Iterator[None]:
    """The first time is the last one: nothing here has to end in order."""
    with _ends(_AT_ONCE):
        yield


@contextmanager
def _ends(how: str) -> Iterator[None]:
    before, _PROCESS.ends = _PROCESS.ends, how
    try:
        yield
    finally:
        _PROCESS.ends = before


def asked_to_stop() -> bool:
    """Whether somebody has."""
    return _PROCESS.times > 0


@contextmanager
def last_words(words: str) -> Iterator[None]:
    """Said when the process is ended at once while this is held."""
    _PROCESS.words.append(words)
    try:
        yield
    finally:
        _PROCESS.words.pop()


@contextmanager
def ended_with_us(act: Callable[[], object]) -> Iterator[None]:
    """`act` is done when the process is ended at once while this is held: it ends what would outlive it."""
    mark = object()
    _PROCESS.acts[mark] = act
    try:
        yield
    finally:
        _PROCESS.acts.pop(mark, None)


@contextmanager
def signals_wait() -> Iterator[None]:
    """None is heard while this is held, where there is a way to have them wait."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _numbers())
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def signals_end_it() -> None:
    """For a copy of this process: it ends without a word, for there is one who speaks."""
    for number in _numbers():
        signal.signal(number, signal.SIG_DFL)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _numbers())


def run_stoppable(work: Coroutine[Any, Any, Result]) -> Result:
    """As asyncio.run. Raises KeyboardInterrupt, once `work` has ended in order, where somebody asked for it."""
    import asyncio

    if _PROCESS.code is None or threading.current_thread() is not threading.main_thread():
        return asyncio.run(work)
    outside = _Outside()
    _PROCESS.stop = outside  # until the loop runs, and once it does no more
    try:
        result = asyncio.run(_cancelled_when_asked(work, outside))
    except asyncio.CancelledError:
        if asked_to_stop():
            raise KeyboardInterrupt from None
        raise
    finally:
        _PROCESS.stop = None
    if outside.asked:
        raise KeyboardInterrupt
    return result


class _Outside:
    """Whether somebody asked while nothing could be cancelled."""

    def __init__(self) -> None:
        self.asked = asked_to_stop()

    def __call__(self) -> None:
        self.asked = True


async def _cancelled_when_asked(work: Coroutine[Any, Any, Result], outside: _Outside) -> Result:
    import asyncio

    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None

    def stop() -> None:
        task.cancel()
        loop.call_later(PATIENCE, _PROCESS.say, _PROCESS.ending)

    _PROCESS.stop = lambda: loop.call_soon_threadsafe(stop)
    if outside.asked:
        work.close()
        raise asyncio.CancelledError
    try:
        return await work
    finally:
        _PROCESS.stop = outside


def call_when_stopped(stop: Callable[[], object]) -> None:
    """Have `stop` called within the running loop, once for each such signal; the second ends a process of our own.

    Once the loop is closed, KeyboardInterrupt is raised as for any other work.
    """
    import asyncio

    loop = asyncio.get_running_loop()

    def from_outside(_number: int = 0, _frame: FrameType | None = None) -> None:
        if loop.is_closed():
            raise KeyboardInterrupt
        loop.call_soon_threadsafe(stop)

    if _PROCESS.code is not None:
        _PROCESS.stop = from_outside
        return
    for number in _numbers():
        try:
            loop.add_signal_handler(number, stop)
        except NotImplementedError:
            signal.signal(number, from_outside)


def _numbers() -> list[signal.Signals]:
    return [getattr(signal, name) for name in _NAMES if hasattr(signal, name)]

"""Being asked to stop: Ctrl-C, or the signal by which a service is ended."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from types import FrameType

_NAMES = ("SIGINT", "SIGTERM", "SIGBREAK")
"""The last is Windows' own, for Ctrl-Break and for whoever ends a process group."""


def call_when_stopped(stop: Callable[[], object]) -> None:
    """Have `stop` called within the running loop, once for each such signal."""
    loop = asyncio.get_running_loop()

    def from_outside(_number: int, _frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(stop)

    for number in (getattr(signal, name) for name in _NAMES if hasattr(signal, name)):
        try:
            loop.add_signal_handler(number, stop)
        except NotImplementedError:
            signal.signal(number, from_outside)

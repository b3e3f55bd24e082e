"""What a person types, handed to the event loop: from a POSIX terminal by the line, from a Windows console by the key."""

from __future__ import annotations

import asyncio
import importlib
import os
import select
import signal
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Protocol

from recette.platform.kind import POSIX

Take = Callable[[bytes], None]
"""Gets bytes as they are typed, lines with their line feed; none once the person has left. Called within the loop."""
_POLL = 0.03
"""Seconds between two looks at a console, which nothing tells that a key was pressed."""


class Keyboard(Protocol):
    """One person's keys, for as long as it is open."""

    def open(self, take: Take) -> None: ...

    def close(self) -> None: ...

    def forget(self) -> None:
        """Hand over what waits, and drop a line begun and not ended."""


def keyboard(source: int) -> Keyboard:
    """Of the terminal whose descriptor is `source`."""
    return _Terminal(source) if POSIX else _Console()


class _Terminal:
    def __init__(self, source: int) -> None:
        self._source = source
        self._take: Take | None = None

    def open(self, take: Take) -> None:
        self._take = take
        asyncio.get_running_loop().add_reader(self._source, self._read)

    def close(self) -> None:
        self._take = None
        asyncio.get_running_loop().remove_reader(self._source)

    def forget(self) -> None:
        import termios

        self._read()
        with suppress(termios.error):  # the terminal is gone, which the next reader is told
            termios.tcflush(self._source, termios.TCIFLUSH)

    def _read(self) -> None:
        """Take what is there now, if anything still is: what the loop saw coming may have been forgotten since."""
        while self._take is not None and select.select([self._source], [], [], 0)[0]:
            try:
                block = os.read(self._source, 4096)
            except OSError:  # the terminal is gone
                block = b""
            take = self._take
            if not block:
                self.close()
            take(block)


class _Console:
    """Keys are looked for, echoed and put together to lines by a thread of its own: a console has no line to wait for."""

    def __init__(self) -> None:
        self._keys: Any = importlib.import_module("msvcrt")
        self._closed = threading.Event()
        self._line: list[str] = []
        self._held = threading.Lock()
        """Whoever puts a line together."""
        self._loop: asyncio.AbstractEventLoop | None = None
        self._take: Take | None = None

    def open(self, take: Take) -> None:
        self._loop, self._take = asyncio.get_running_loop(), take
        threading.Thread(target=self._watch, daemon=True).start()

    def close(self) -> None:
        self._closed.set()

    def forget(self) -> None:
        with self._held:
            for line in self._typed():
                self._hand_over(line)
            self._line.clear()

    def _watch(self) -> None:
        while not self._closed.wait(_POLL):
            with self._held:
                for line in self._typed():
                    assert self._loop is not None
                    self._loop.call_soon_threadsafe(self._hand_over, line)

    def _hand_over(self, line: bytes) -> None:
        if not line:
            self.close()
        if self._take is not None:
            self._take(line)

    def _typed(self) -> list[bytes]:
        """The lines that are whole by now; empty bytes for Ctrl-Z."""
        lines: list[bytes] = []
        while not self._closed.is_set() and self._keys.kbhit():
            key = self._keys.getwch()
            if key in "\r\n":
                self._keys.putwch("\n")
                lines.append(("".join(self._line) + "\n").encode("utf-8", "replace"))
                self._line.clear()
            elif key == "\x1a":
                lines.append(b"")
            elif key == "\x03":
                signal.raise_signal(signal.SIGINT)
            elif key in "\x00\xe0":
                self._keys.getwch()  # an arrow or a function key, which comes in two
            elif key == "\b":
                self._erase()
            elif key.isprintable():
                self._keys.putwch(key)
                self._line.append(key)
        return lines

    def _erase(self) -> None:
        if self._line:
            self._line.pop()
            for key in "\b \b":
                self._keys.putwch(key)

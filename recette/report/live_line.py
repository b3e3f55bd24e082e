"""The last line of a terminal, rewritten while a campaign is played."""

from __future__ import annotations

import shutil
import threading
import time
from typing import TextIO

from recette.report.text import safe

_EVERY = 0.1
"""Seconds between two rewritings, at least."""


class LiveLine:
    """One line that tells how far things are; the elapsed time goes on by itself."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._begun = time.monotonic()
        self._written = 0.0
        self._text = ""
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._ticker = threading.Thread(target=self._tick, daemon=True)
        self._ticker.start()

    def show(self, text: str) -> None:
        """What the line says from now on."""
        with self._lock:
            self._text = text
            if time.monotonic() - self._written >= _EVERY:
                self._write()

    def above(self, text: str) -> None:
        """A line that stays, above this one."""
        with self._lock:
            self._stream.write(f"\r\033[K{safe(text)}\n")
            self._write()

    def close(self) -> None:
        """Take the line away."""
        self._over.set()
        self._ticker.join()
        self._stream.write("\r\033[K")
        self._stream.flush()

    def _tick(self) -> None:
        while not self._over.wait(1.0):
            with self._lock:
                self._write()

    def _write(self) -> None:
        self._written = time.monotonic()
        minutes, seconds = divmod(int(self._written - self._begun), 60)
        width = max(shutil.get_terminal_size().columns - 1, 20)
        line = f"  {minutes}:{seconds:02d}  {safe(self._text)}"
        self._stream.write(f"\r\033[K{line[:width]}")
        self._stream.flush()

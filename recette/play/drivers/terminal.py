"""A person at a plain terminal: lines out, lines in, nothing that a session over SSH would not carry."""

from __future__ import annotations

import asyncio
import os
import select
import termios
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TextIO


class NoTerminalError(ValueError):
    """Nobody can be asked; the text says what to do."""

    def __init__(self) -> None:
        super().__init__(
            "Le pilote operator s'adresse à une personne devant un terminal, et il n'y en a pas ici : "
            "lancez recette run dans un terminal (par SSH : ssh -t), ou choisissez le pilote command ou http."
        )


class InputEndedError(RuntimeError):
    """The person left (Ctrl-D, or the session was cut)."""


class Terminal:
    """Lines typed are kept until somebody reads them; `fresh` forgets those that were typed before."""

    def __init__(self, source: TextIO, sink: TextIO) -> None:
        """Raises NoTerminalError where `source` is no terminal: a person's word cannot come from a pipe."""
        if not source.isatty():
            raise NoTerminalError
        self._source = source.fileno()
        self._sink = sink
        self._lines: asyncio.Queue[str | None] = asyncio.Queue()
        self._rest = b""
        self._ended = False

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Read what is typed for as long as this is held."""
        loop = asyncio.get_running_loop()
        loop.add_reader(self._source, self._read)
        try:
            yield
        finally:
            loop.remove_reader(self._source)

    def show(self, *lines: str) -> None:
        for line in lines:
            print(line, file=self._sink)
        self._sink.flush()

    def fresh(self) -> list[str]:
        """Forget what was typed so far, which answered something else; returns the lines."""
        self._read()
        with suppress(termios.error):  # the terminal is gone, which the next reader is told
            termios.tcflush(self._source, termios.TCIFLUSH)  # a line begun and not ended
        self._rest = b""
        forgotten: list[str] = []
        while not self._lines.empty():
            line = self._lines.get_nowait()
            if line is None:
                self._lines.put_nowait(None)
                break
            forgotten.append(line)
        return forgotten

    async def line(self) -> str:
        """The next line typed. Raises InputEndedError."""
        text = await self._lines.get()
        if text is None:
            self._lines.put_nowait(None)
            raise InputEndedError
        return text

    def _read(self) -> None:
        """Take what is there now, if anything still is: what the loop saw coming may have been forgotten since."""
        while not self._ended and select.select([self._source], [], [], 0)[0]:
            try:
                block = os.read(self._source, 4096)
            except OSError:  # the terminal is gone
                block = b""
            if not block:
                self._ended = True
                asyncio.get_running_loop().remove_reader(self._source)
                self._lines.put_nowait(None)
                return
            *lines, self._rest = (self._rest + block).split(b"\n")
            for line in lines:
                self._lines.put_nowait(line.decode("utf-8", "replace").strip())

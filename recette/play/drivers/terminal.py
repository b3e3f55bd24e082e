"""A person at a plain terminal: lines out, lines in, nothing that a session over SSH would not carry."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from recette.platform.keyboard import keyboard


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
        self._keyboard = keyboard(source.fileno())
        self._sink = sink
        self._lines: asyncio.Queue[str | None] = asyncio.Queue()
        self._rest = b""
        self._held = 0
        """How many read what is typed: one person may drive several editors."""

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Read what is typed for as long as this is held."""
        if not self._held:
            self._keyboard.open(self._take)
        self._held += 1
        try:
            yield
        finally:
            self._held -= 1
            if not self._held:
                self._keyboard.close()

    def show(self, *lines: str) -> None:
        for line in lines:
            print(line, file=self._sink)
        self._sink.flush()

    def fresh(self) -> list[str]:
        """Forget what was typed so far, which answered something else; returns the lines."""
        self._keyboard.forget()
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

    def _take(self, block: bytes) -> None:
        if not block:
            self._lines.put_nowait(None)
            return
        *lines, self._rest = (self._rest + block).split(b"\n")
        for line in lines:
            self._lines.put_nowait(line.decode("utf-8", "replace").strip())

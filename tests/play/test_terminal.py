"""Lines from a terminal, also when they are forgotten at the very moment at which they come."""

from __future__ import annotations

import asyncio
import os
import pty
import select
import threading
from collections.abc import Iterator
from io import StringIO
from typing import TextIO

import pytest

from recette.play.drivers.terminal import Terminal


@pytest.fixture
def ends() -> Iterator[tuple[int, TextIO]]:
    """The person's end of a terminal, and the program's."""
    person, program = pty.openpty()
    with os.fdopen(program, "r") as source:
        yield person, source
    os.close(person)


async def test_what_was_typed_is_read_line_by_line(ends: tuple[int, TextIO]) -> None:
    person, source = ends
    terminal = Terminal(source, StringIO())
    with terminal.listening():
        os.write(person, "un\n  deux é \n".encode())
        assert await terminal.line() == "un"
        assert await terminal.line() == "deux é"


async def test_a_line_forgotten_before_it_is_read_holds_nothing_up(ends: tuple[int, TextIO]) -> None:
    person, source = ends
    terminal = Terminal(source, StringIO())
    held_up = threading.Event()

    def rescue() -> None:
        held_up.set()
        os.write(person, b"secours\n")

    with terminal.listening():
        os.write(person, b"f\n")
        assert select.select([source], [], [], 5.0)[0]
        rescuer = threading.Timer(3.0, rescue)
        rescuer.start()
        asyncio.get_running_loop().call_soon(terminal.fresh)  # runs before the loop reads what it saw coming
        for _ in range(3):
            await asyncio.sleep(0)
        rescuer.cancel()
        rescuer.join()
        assert not held_up.is_set(), "la boucle attendait une ligne oubliée"
        os.write(person, b"encore\n")
        assert await terminal.line() == "encore"


async def test_what_is_forgotten_is_told_even_before_the_loop_read_it(ends: tuple[int, TextIO]) -> None:
    person, source = ends
    terminal = Terminal(source, StringIO())
    with terminal.listening():
        os.write(person, b"q\nligne commenc")
        assert select.select([source], [], [], 5.0)[0]
        assert terminal.fresh() == ["q"]
        os.write(person, b"suite\n")
        assert await terminal.line() == "suite"

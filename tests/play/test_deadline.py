"""A deadline is the editor's time, not the recette's."""

from __future__ import annotations

import asyncio
import time

import pytest

from recette.play import deadline as module
from recette.play.deadline import HELD_UP, Deadline


def hold_up(seconds: float) -> None:
    """The event loop does something else for so long."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        pass


async def test_it_is_over_in_time() -> None:
    over = asyncio.Event()
    deadline = Deadline(0.05)
    deadline.watch(over.set)
    begun = time.monotonic()
    await over.wait()
    assert time.monotonic() - begun >= 0.049
    assert deadline.left == 0.0


async def test_what_came_while_the_loop_was_held_up_is_read_before_it_is_over() -> None:
    order: list[str] = []
    over = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        order.append((await reader.readexactly(7)).decode())
        writer.close()

    def expire() -> None:
        order.append("over")
        over.set()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        _, writer = await asyncio.open_connection(*server.sockets[0].getsockname()[:2])
        Deadline(0.02).watch(expire)
        writer.write(b"message")
        hold_up(0.02 + 2 * HELD_UP)
        await over.wait()
        writer.close()
        await writer.wait_closed()
    assert order == ["message", "over"]


async def test_who_forgets_it_is_not_told_however_late_the_loop_is() -> None:
    told: list[str] = []
    deadline = Deadline(0.01)

    def forgotten() -> None:
        told.append("forgotten")

    deadline.watch(forgotten)
    hold_up(0.01 + 2 * HELD_UP)
    asyncio.get_running_loop().call_later(0.001, deadline.forget, forgotten)
    other = asyncio.Event()
    Deadline(4 * HELD_UP).watch(other.set)
    await other.wait()
    assert told == []


async def test_a_loop_that_is_always_late_comes_to_an_end_of_it() -> None:
    loop, over = asyncio.get_running_loop(), asyncio.Event()

    def always() -> None:
        time.sleep(2 * HELD_UP)
        if not over.is_set():
            loop.call_soon(always)

    loop.call_soon(always)
    Deadline(0.01).watch(over.set)
    try:
        async with asyncio.timeout(60):
            await over.wait()
    finally:
        over.set()


@pytest.mark.parametrize(
    ("taken", "waited"),
    [
        (0.0, 0.1),
        (HELD_UP / 2, 0.1),  # a loop that works
        (0.08, 0.18),
        (60.0, 0.2),  # a machine that gets nothing done does not hold a run up for ever
    ],
)
async def test_what_was_lost_while_it_ran_is_given_back(
    taken: float, waited: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost = 7.0
    monkeypatch.setattr(module, "lost", lambda: lost)
    over = asyncio.Event()
    loop = asyncio.get_running_loop()
    begun = loop.time()
    deadline = Deadline(0.1)
    deadline.watch(over.set)
    lost += taken
    await over.wait()
    assert loop.time() - begun >= waited - 0.001
    assert deadline.granted == 0.1
    assert deadline.left == 0.0


async def test_who_gives_up_waits_for_nothing_that_was_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    lost = 0.0
    monkeypatch.setattr(module, "lost", lambda: lost)
    over = asyncio.Event()
    deadline = Deadline(3600.0)
    deadline.watch(over.set)
    lost = 60.0
    deadline.give_up("nobody is there")
    async with asyncio.timeout(60):
        await over.wait()

"""A deadline is the editor's time, not the recette's."""

from __future__ import annotations

import asyncio
import time

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

"""What can wait is done when the loop is free, and only then."""

from __future__ import annotations

import asyncio
import time

from recette.play.idle import run_when_idle


async def test_a_free_loop_does_it_until_there_is_no_more() -> None:
    left = list(range(5))
    done = asyncio.Event()

    def work() -> bool:
        if left:
            left.pop()
        else:
            done.set()
        return bool(left)

    with run_when_idle(work):
        async with asyncio.timeout(60):
            await done.wait()
    assert left == []


async def test_a_busy_loop_does_not() -> None:
    turns: list[float] = []

    async def busy() -> None:
        end = time.monotonic() + 0.2
        while time.monotonic() < end:
            began = time.monotonic()
            while time.monotonic() - began < 0.001:
                pass
            await asyncio.sleep(0)

    def work() -> bool:
        turns.append(time.monotonic())
        return True

    with run_when_idle(work):
        await busy()
        assert turns == []


async def test_nothing_is_done_afterwards() -> None:
    turns: list[int] = []

    def work() -> bool:
        turns.append(1)
        return True

    with run_when_idle(work):
        pass
    async with asyncio.timeout(60):
        over = asyncio.Event()
        asyncio.get_running_loop().call_later(0.05, over.set)
        await over.wait()
    assert turns == []

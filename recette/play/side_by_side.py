"""Many plays: some at a time, those that would disturb the others afterwards and alone."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from itertools import chain, zip_longest

from recette.play.player import Player
from recette.play.run import Run
from recette.scenario.model import Casting

Play = tuple[Run, Casting]
GoesOn = Callable[[], bool]
"""Whether another play is to begin."""


async def play_all(plays: Sequence[Play], jobs: int, goes_on: GoesOn) -> None:
    """`jobs` plays at a time, in turn from each run; then the harmful ones, one at a time; while it `goes_on`.

    One at a time means that each is over, its closing silence too, before the next begins.
    """
    calm = [one for one in plays if not one[1].scenario.harmful]
    await _play(_in_turn(calm) if jobs > 1 else calm, jobs, goes_on)
    await _play([one for one in plays if one[1].scenario.harmful], 1, goes_on)


def _in_turn(plays: Sequence[Play]) -> list[Play]:
    """One of each run after the other: plays of one run may have to wait for each other."""
    runs: dict[int, list[Play]] = {}
    for one in plays:
        runs.setdefault(id(one[0]), []).append(one)
    return [one for one in chain.from_iterable(zip_longest(*runs.values())) if one is not None]


async def _play(plays: Sequence[Play], jobs: int, goes_on: GoesOn) -> None:
    """Begun in order. With several at a time, the silence at the end of each overlaps with what follows."""
    tails: list[asyncio.Task[None]] = []
    remaining = iter(plays)

    async def work() -> None:
        for run, casting in remaining:
            if not goes_on():
                return
            player = Player(run, casting)
            await player.play()
            if jobs == 1:
                await player.finish()
            else:
                tails.append(asyncio.create_task(player.finish()))

    workers = [asyncio.create_task(work()) for _ in range(min(jobs, len(plays)))]
    try:
        await asyncio.gather(*workers)
        await asyncio.gather(*tails)
    finally:
        for task in (*workers, *tails):
            task.cancel()
        await asyncio.gather(*workers, *tails, return_exceptions=True)

"""A loop that was held up is told of, with how long; one that only works is not."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from recette.platform import pulse as module
from recette.platform.pulse import BEAT, LATE, lost, pulse


class Clock:
    """Says at each look that so many seconds have gone by since the last."""

    def __init__(self, steps: list[float]) -> None:
        self.now = 0.0
        self._steps: Iterator[float] = iter(steps)
        self.over = asyncio.Event()

    def __call__(self) -> float:
        try:
            self.now += next(self._steps)
        except StopIteration:
            self.over.set()
        return self.now


@pytest.mark.parametrize(
    ("steps", "told"),
    [
        ([0.0, BEAT, BEAT + 0.05, BEAT], []),  # it works
        ([0.0, BEAT, BEAT + 12.0, BEAT], [(12.0, 12.1)]),
        ([0.0, BEAT, BEAT + 0.2, BEAT, BEAT], []),  # once, and not for long
        ([0.0, BEAT, BEAT + 0.2, BEAT + 0.2, BEAT], [(0.4, 0.7)]),
        ([0.0, *[BEAT + 0.5] * 4, BEAT], [(1.0, 1.2), (1.0, 1.2)]),  # it goes on
    ],
)
async def test_what_is_told(
    steps: list[float], told: list[tuple[float, float]], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock(steps)
    monkeypatch.setattr(module, "_now", clock)
    monkeypatch.setattr(module, "BEAT", BEAT)
    heard: list[tuple[float, float]] = []
    with pulse(lambda seconds, over: heard.append((seconds, over))):
        async with asyncio.timeout(60):
            await clock.over.wait()
    assert heard == [pytest.approx(one) for one in told]


async def test_what_was_late_until_its_end_is_told() -> None:
    heard: list[float] = []
    loop = asyncio.get_running_loop()
    with pulse(lambda seconds, _over: heard.append(seconds)):
        end = loop.time() + 0.5
        while loop.time() < end:
            pass
    assert len(heard) == 1
    assert heard[0] >= 0.39


async def test_what_a_loop_lost_is_counted_once_however_many_tell_of_it() -> None:
    loop = asyncio.get_running_loop()
    assert lost() == 0.0
    told = asyncio.Event()
    with pulse(lambda *_: None), pulse(lambda *_: told.set()):
        begun = loop.time()
        while loop.time() < begun + 0.5:
            pass
        async with asyncio.timeout(60):
            await told.wait()
        assert 0.5 - BEAT - LATE <= lost() <= loop.time() - begun
    assert lost() == 0.0

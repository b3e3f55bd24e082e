"""A hub that is slow is not one that is gone."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import pytest

from recette.hub import connection as module
from recette.hub.backoff import Backoff
from recette.hub.errors import HubError
from recette.hub.lasting import LastingConnection
from recette.hub.wire import Delivery
from tests.hub.false_hub import false_hub


@dataclass
class Watching:
    back: asyncio.Queue[int | str] = field(default_factory=asyncio.Queue)

    def lost(self, reason: str) -> None:
        assert reason

    def failed(self, error: HubError) -> None:
        assert str(error)

    def restored(self, seconds: float, attempts: int) -> None:
        assert seconds > 0
        self.back.put_nowait(attempts)

    def gone(self, error: HubError) -> None:
        self.back.put_nowait(str(error))

    def blocked(self, reason: str | None) -> None:
        assert reason is None


async def _take(_: Delivery) -> bool:
    return True


async def test_a_link_comes_back_from_a_hub_that_answers_later_than_it_used_to(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each attempt gives it longer; at the usual pace none would ever be answered."""
    watching = Watching()
    async with false_hub(slow=0.0) as (address, met):
        link = await LastingConnection.open(
            address, name="essai", watcher=watching, backoff=Backoff(0.01, 0.02), patience=60
        )
        await link.consume("q", _take)
        monkeypatch.setattr(module, "CONFIRM_TIMEOUT", 0.1)
        met[0].options["slow"] = 0.25
        met[0].writer.close()
        attempts = await asyncio.wait_for(watching.back.get(), 60)
        assert isinstance(attempts, int), attempts
        assert attempts > 1
        assert (await link.inspect("q")).consumers == 1
        await link.close()

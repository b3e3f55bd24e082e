"""The client library lets go of what awaits an answer when a link breaks: that is a link that broke, and nothing else."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from recette.hub.address import BrokerAddress
from recette.hub.connection import HubConnection
from recette.hub.errors import HubError
from recette.hub.wire import Delivery, Properties


class Library:
    """A connection of the library's whose reader ended while it was asked, or one that never answers."""

    def __init__(self, *, answers: bool = True) -> None:
        self.close_callbacks: set[Any] = set()
        self._answers = answers

    async def channel(self, **_: object) -> None:
        asked: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if self._answers:
            asked.cancel()
        await asked


def connection(library: Library) -> HubConnection:
    return HubConnection(library, BrokerAddress("127.0.0.1", 1, "own", "editor"))  # type: ignore[arg-type]


async def test_nobody_who_asks_is_cancelled_with_it() -> None:
    async def take(_: Delivery) -> bool:
        return True

    one = connection(Library())
    outcome = await one.publish("hubsante", "key", b"{}", Properties())
    assert (outcome.status, outcome.reason) == ("unsent", "la liaison s'est rompue")
    for asked in (one.consume("queue", take), one.inspect("queue"), one.may_read("queue")):
        with pytest.raises(HubError, match="la liaison s'est rompue"):
            await asked


@pytest.mark.parametrize("end", [asyncio.CancelledError, Exception])
async def test_a_message_that_may_have_left_is_of_unknown_outcome(
    end: type[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It sets a bare Exception where the channel closed without a reason."""

    class Channel:
        connection = type("Link", (), {"connection_tune": type("Tune", (), {"frame_max": 131_072})})

        async def basic_publish(self, *_: object, **__: object) -> None:
            raise end

    async def channel() -> Channel:
        return Channel()

    one = connection(Library())
    monkeypatch.setattr(one, "_opened_channel", channel)
    outcome = await one.publish("hubsante", "key", b"{}", Properties())
    assert (outcome.status, outcome.reason) == ("unknown", "la liaison s'est rompue")


async def test_whoever_is_told_to_stop_stops() -> None:
    one = connection(Library(answers=False))
    task = asyncio.create_task(one.publish("hubsante", "key", b"{}", Properties()))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

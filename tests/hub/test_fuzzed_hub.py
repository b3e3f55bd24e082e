"""Frames from a hub, spoiled at random: a consumer takes them or ends with a reason, and nothing else goes wrong."""

from __future__ import annotations

import asyncio
import gc
import os
from contextlib import suppress
from random import Random
from typing import Any

import pytest
from pamqp import commands as amqp

from recette.amqp import frames, methods
from recette.hub.connection import HubConnection
from recette.hub.errors import HubError, loss
from recette.hub.wire import Delivery

from .false_hub import FalseHub, false_hub

SEED = 20_261_128
SESSIONS = int(os.environ.get("RECETTE_FUZZ", "400"))
"""More of them on demand."""
LIMIT = 20.0


def good_session(channel: int, consumer: str) -> list[bytes]:
    """Deliveries, and whatever else a hub says of its own accord."""
    table: Any = {"x-death": [{"queue": "q", "count": 3}], "n": 1, "deep": {"a": [1, {"b": "c"}]}}
    properties = amqp.Basic.Properties(
        headers=table, expiration="0", content_type="a/b", delivery_mode=2
    ).marshal()
    deliveries = [
        frames.content(channel, methods.deliver(consumer, tag, redelivered=False, exchange="e", routing_key="k"),
                       properties, b"x" * 40, 4_096)
        for tag in (1, 2, 3)
    ]  # fmt: skip
    others = [
        amqp.Connection.Blocked("memory"), amqp.Connection.Unblocked(),
    ]  # fmt: skip
    return [
        *deliveries,
        *(methods.method(0, one) for one in others),
        frames.HEARTBEAT_FRAME,
        methods.method(channel, amqp.Basic.Cancel(consumer, nowait=True)),
    ]


def spoiled(chance: Random, channel: int, consumer: str) -> bytes:
    parts = good_session(channel, consumer)
    for _ in range(chance.randrange(1, 4)):
        at = chance.randrange(len(parts))
        kind = chance.randrange(5)
        if kind == 0:
            parts.insert(at, parts[at])
        elif kind == 1:
            parts[at] = parts[at][: chance.randrange(len(parts[at]) + 1)]
        elif kind == 2:
            payload = chance.randbytes(chance.randrange(40))
            parts[at] = frames.frame(chance.choice((1, 2, 3, 8, 77)), chance.choice((0, channel, 9)), payload)
        else:
            spoilt = bytearray(parts[at])
            if spoilt:
                spoilt[chance.randrange(len(spoilt))] = chance.randrange(256)
            parts[at] = bytes(spoilt)
    return b"".join(parts)


async def test_spoiled_sessions(monkeypatch: pytest.MonkeyPatch) -> None:
    from recette.hub import connection as module

    monkeypatch.setattr(module, "CONFIRM_TIMEOUT", LIMIT / 2)
    chance = Random(SEED)
    wrong: list[Any] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: wrong.append(context))

    async def script(hub: FalseHub) -> None:
        channel, consumer = next(iter(hub.tags.items()))
        hub.writer.write(spoiled(chance, channel, consumer))
        await hub.writer.drain()
        hub.writer.close()

    async def take(_: Delivery) -> bool:
        return True

    for _ in range(SESSIONS):
        over: asyncio.Future[str] = asyncio.get_running_loop().create_future()

        def ended(error: BaseException, over: asyncio.Future[str] = over) -> None:
            over.set_result(loss(error))

        async with (
            false_hub(script) as (address, _),
            await HubConnection.open(address, name="fuzz") as connection,
        ):
            connection.on_closed(ended)
            with suppress(HubError):  # it may be over before the consumer is confirmed
                await connection.consume("q", take)
            assert await asyncio.wait_for(over, LIMIT)
    gc.collect()
    assert wrong == []

"""Whatever a hub sends, a consumer reads what can be read, settles what cannot, and ends in a sentence where it must."""

from __future__ import annotations

import asyncio
import struct
import tracemalloc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from pamqp import commands as amqp

from recette.amqp import frames, methods, tables
from recette.hub.connection import HubConnection
from recette.hub.door import BODY_MAX
from recette.hub.errors import HubError, loss
from recette.hub.wire import Delivery, Properties

from .false_hub import FalseHub, Script, false_hub, headers

LIMIT = 20.0
PLAIN = b"\x80\x00\x10application/json"


def nested(levels: int) -> bytes:
    table = b""
    for _ in range(levels):
        table = b"\x01aF" + struct.pack(">I", len(table)) + table
    return table


def arrays(levels: int) -> bytes:
    value = b"V"
    for _ in range(levels):
        value = b"A" + struct.pack(">I", len(value)) + value
    return b"\x01a" + value


UNREADABLE = {
    "UTF-8": (b"\x80\x00\x03\xff\xfe\xfd", True),
    "timestamp": (b"\x00\x40" + struct.pack(">Q", 2**63), False),
    "nested": (headers(nested(1_000)), False),
    "arrays": (headers(arrays(1_000)), False),
    "cut": (b"\x20\x00\x00\x00\x00\x09\x01a", True),
    "type": (headers(b"\x01a?"), True),
    "inner type": (headers(b"\x01aA\x00\x00\x00\x01?"), False),
    "flags": (b"\x00\x03\x00\x00", True),
    "many": (headers(b"\x01aV" * 30_000), False),
}


@asynccontextmanager
async def taken_from(script: Script) -> AsyncIterator[tuple[asyncio.Queue[Delivery], list[FalseHub]]]:
    """What a client takes and acknowledges of its queue at a false hub, and the hub's connections."""
    taken: asyncio.Queue[Delivery] = asyncio.Queue()

    async def take(delivery: Delivery) -> bool:
        taken.put_nowait(delivery)
        return True

    async with (
        false_hub(script) as (address, met),
        await HubConnection.open(address, name="test") as connection,
    ):
        await connection.consume("q", take)
        yield taken, met


@pytest.mark.parametrize("kind", UNREADABLE)
async def test_properties_that_cannot_be_read(kind: str) -> None:
    raw, lost = UNREADABLE[kind]

    async def script(hub: FalseHub) -> None:
        hub.deliver(raw, b'{"first": 1}')
        hub.deliver(PLAIN, b'{"second": 2}', tag=2)

    async with taken_from(script) as (taken, met):
        first = await asyncio.wait_for(taken.get(), LIMIT)
        assert first.unreadable
        assert (first.lost, first.raw, first.body) == (lost, raw, b'{"first": 1}')
        second = await asyncio.wait_for(taken.get(), LIMIT)
        assert (second.unreadable, second.properties.content_type) == ("", "application/json")
        settled = [await asyncio.wait_for(met[0].settled.get(), LIMIT) for _ in range(2)]
        assert settled == [("ack", 1), ("ack", 2)]


async def test_a_key_that_is_no_text() -> None:
    async def script(hub: FalseHub) -> None:
        hub.deliver(PLAIN, key=b"\xff" * 200)

    async with taken_from(script) as (taken, _):
        delivery = await asyncio.wait_for(taken.get(), LIMIT)
        assert "clé de routage" in delivery.unreadable
        assert delivery.routing_key.startswith(r"\xff\xff")


async def test_a_header_that_the_broker_made_longer_than_a_frame_is_read() -> None:
    """RabbitMQ adds x-delivery-count to what a sender filled a frame with, and would hand it over for ever."""
    table = (
        b"\x01aS" + tables.sized(b"", b"x" * (frames.FRAME_MAX - 40)) + b"\x10x-delivery-countl" + bytes(8)
    )

    async def script(hub: FalseHub) -> None:
        hub.deliver(headers(table), b"long")

    async with taken_from(script) as (taken, _):
        delivery = await asyncio.wait_for(taken.get(), LIMIT)
        assert (delivery.body, delivery.unreadable) == (b"long", "")
        assert delivery.properties.headers["x-delivery-count"] == 0


async def test_a_body_beyond_the_bound_is_let_go_and_settled() -> None:
    async def script(hub: FalseHub) -> None:
        hub.deliver(PLAIN, b"x" * (BODY_MAX + 1))
        await hub.writer.drain()
        hub.deliver(PLAIN, b"after", tag=2)

    async with taken_from(script) as (taken, _):
        first = await asyncio.wait_for(taken.get(), LIMIT)
        assert (first.lost, first.body) == (True, b"")
        assert str(BODY_MAX + 1) in first.unreadable
        assert (await asyncio.wait_for(taken.get(), LIMIT)).body == b"after"


def _frame_of_a_gigabyte(hub: FalseHub) -> None:
    hub.writer.write(frames.HEAD.pack(frames.BODY, 1, 1_000_000_000))


def _noise(hub: FalseHub) -> None:
    hub.writer.write(b"\x01" * 1_000)


def _method_that_does_not_exist(hub: FalseHub) -> None:
    hub.writer.write(frames.frame(frames.METHOD, 1, b"\x00\x63\x00\x63"))


def _name_that_is_cut(hub: FalseHub) -> None:
    hub.writer.write(frames.frame(frames.METHOD, 1, struct.pack(">I", amqp.Basic.Deliver.index) + b"\xff"))


def _method_too_long(hub: FalseHub) -> None:
    hub.writer.write(
        frames.frame(frames.METHOD, 1, struct.pack(">I", amqp.Connection.Start.index) + bytes(60_000))
    )


def _flood(hub: FalseHub) -> None:
    for tag in range(1, 200):
        hub.deliver(PLAIN, tag=tag)


def _blocks_without_end(hub: FalseHub) -> None:
    for _ in range(2_000):
        hub.send(0, amqp.Connection.Blocked("low on memory"))
        hub.send(0, amqp.Connection.Unblocked())


@pytest.mark.parametrize(
    ("says", "told"),
    [
        (_blocks_without_end, "plus de 1000 fois connection.blocked"),
        (_frame_of_a_gigabyte, "trame de 1000000000 octets"),
        (_noise, "trame de"),
        (_method_that_does_not_exist, "méthode 99.99 illisible"),
        (_name_that_is_cut, "basic.deliver illisible"),
        (_method_too_long, "illisible"),
        (_flood, "sans attendre d'acquittement"),
    ],
)
async def test_what_no_broker_may_say_ends_the_link_with_its_reason(says: Any, told: str) -> None:
    over = asyncio.Event()
    reasons: list[str] = []

    async def script(hub: FalseHub) -> None:
        says(hub)

    def ended(error: BaseException) -> None:
        reasons.append(loss(error))
        over.set()

    async def never(_: Delivery) -> bool:
        await asyncio.Event().wait()
        return True

    async with (
        false_hub(script) as (address, _),
        await HubConnection.open(address, name="test") as connection,
    ):
        connection.on_closed(ended)
        await connection.consume("q", never, prefetch=50)
        await asyncio.wait_for(over.wait(), LIMIT)
        assert told in reasons[0]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"server": {}}, "publisher_confirms"),
        ({"server": {"capabilities": {}}}, "publisher_confirms"),
        ({"server": {"capabilities": "all of them"}}, "publisher_confirms"),
        ({"frame_max": 100}, "trames de 100 octets"),
        ({"instead": methods.method(0, amqp.Connection.Start())}, "dans l'ordre voulu"),
        ({"instead": methods.method(0, amqp.Connection.Secure("x" * 8_000))}, "dans l'ordre voulu"),
        ({"instead": frames.HEARTBEAT_FRAME}, "dans l'ordre voulu"),
        ({"instead": methods.method(0, amqp.Connection.Blocked("x")) * 2}, "plus de 1000 fois"),
    ],
)
async def test_a_hub_that_lacks_what_is_needed_is_told_in_a_sentence(options: Any, told: str) -> None:
    async with false_hub(**options) as (address, _):
        with pytest.raises(HubError, match=told):
            await HubConnection.open(address, name="test")


@pytest.mark.parametrize("proposed", [0, 2**31 - 1])
async def test_frames_are_bounded_whatever_the_hub_proposes(proposed: int) -> None:
    async with (
        false_hub(frame_max=proposed) as (address, _),
        await HubConnection.open(address, name="test") as connection,
    ):
        assert (await connection.inspect("q")).messages == 0


async def test_a_flood_of_bodies_takes_no_memory() -> None:
    """A hundred megabytes in messages that are read as they come."""
    count, size = 1_000, 100_000

    async def script(hub: FalseHub) -> None:
        for tag in range(1, count + 1):
            hub.deliver(PLAIN, b"x" * size, tag=tag)
            await hub.writer.drain()
            if tag % 10 == 0:
                await asyncio.sleep(0)

    done = asyncio.Event()
    seen = 0

    async def take(_: Delivery) -> bool:
        nonlocal seen
        seen += 1
        if seen == count:
            done.set()
        return True

    async with (
        false_hub(script) as (address, _),
        await HubConnection.open(address, name="test") as connection,
    ):
        tracemalloc.start()
        try:
            await connection.consume("q", take, prefetch=50)
            await asyncio.wait_for(done.wait(), 60)
            assert tracemalloc.get_traced_memory()[1] < 40_000_000
        finally:
            tracemalloc.stop()


async def test_what_the_wire_cannot_say_is_returned_and_the_link_stays() -> None:
    async with false_hub() as (address, _), await HubConnection.open(address, name="test") as connection:
        for key in ("k" * 256, "é" * 128, "\ud800"):
            assert (await connection.publish("e", key, b"", Properties())).status == "returned"
        assert (await connection.publish("e", "k", b"", Properties())).status == "confirmed"


async def test_a_block_is_told_and_its_end() -> None:
    told: asyncio.Queue[str | None] = asyncio.Queue()

    async def script(hub: FalseHub) -> None:
        hub.send(0, amqp.Connection.Blocked("low on memory"))
        hub.send(0, amqp.Connection.Unblocked())

    async def take(_: Delivery) -> bool:
        return True

    async with (
        false_hub(script) as (address, _),
        await HubConnection.open(address, name="test") as connection,
    ):
        connection.on_blocked(told.put_nowait)
        await connection.consume("q", take)
        assert [await asyncio.wait_for(told.get(), LIMIT) for _ in range(2)] == ["low on memory", None]


async def test_confirms_that_never_come_are_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    from recette.hub import connection as module

    monkeypatch.setattr(module, "CONFIRM_TIMEOUT", 0.2)
    async with (
        false_hub(silent=True) as (address, _),
        await HubConnection.open(address, name="test") as connection,
    ):
        assert (await connection.publish("e", "k", b"", Properties())).status == "unknown"

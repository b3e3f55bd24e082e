"""The embedded broker and RabbitMQ, by the same tests."""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import aio_pika
import aiormq.exceptions
import pika
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recette.hub.address import BrokerAddress
from recette.hub.connection import HubConnection
from recette.hub.errors import HubError
from recette.hub.wire import Delivery, Properties
from recette.sandbox.broker import EmbeddedBroker
from recette.sandbox.broker.topics import topic_matches

from .conftest import EngineUnderTest, definitions

LIMIT = 10.0


async def connect(address: BrokerAddress) -> Any:
    return await aio_pika.connect(
        host=address.host,
        port=address.port,
        login=address.user,
        password=address.password,
        virtualhost=address.vhost,
    )


@pytest.fixture
async def channel(engine: EngineUnderTest) -> AsyncIterator[Any]:
    connection = await connect(engine.address())
    yield await connection.channel(on_return_raises=True)
    await connection.close()


async def test_publish_consume_ack(engine: EngineUnderTest) -> None:
    got: asyncio.Queue[Delivery] = asyncio.Queue()

    async def keep(delivery: Delivery) -> bool:
        got.put_nowait(delivery)
        return True

    async with await HubConnection.open(engine.address(), name="test") as hub:
        await hub.consume("q", keep)
        body = bytes(range(256)) * 1500
        outcome = await hub.publish(
            "t", "a.b", body, Properties("application/json", 2, headers={"é": "à", "n": 3})
        )
        assert outcome.status == "confirmed"
        async with asyncio.timeout(LIMIT):
            delivery = await got.get()
        assert (delivery.body, delivery.routing_key, delivery.exchange) == (body, "a.b", "t")
        said = Properties("application/json", 2, None, {"é": "à", "n": 3})
        assert replace(delivery.properties, others={}) == said
        assert set(delivery.properties.others) <= {"message_id"}  # the client library draws one
        assert not delivery.redelivered


async def test_rights(engine: EngineUnderTest) -> None:
    async with await HubConnection.open(engine.address("limited"), name="test") as hub:
        empty = Properties()
        assert (await hub.publish("t", "me", b"x", empty)).status == "confirmed"
        refused = await hub.publish("t", "other", b"x", empty)
        assert refused.status == "refused"
        assert "ACCESS_REFUSED" in refused.reason
        assert "'other'" in refused.reason
        assert (await hub.publish("dlx", "me", b"x", empty)).status == "refused"
        assert (await hub.publish("t", "me", b"x", empty)).status == "confirmed"
        with pytest.raises(HubError, match="dead"):
            await hub.consume("dead", lambda _: asyncio.sleep(0, result=True))


async def test_unroutable_is_returned(engine: EngineUnderTest, channel: Any) -> None:
    async with await HubConnection.open(engine.address(), name="test") as hub:
        await channel.declare_exchange("alone", "direct")
        outcome = await hub.publish("alone", "nowhere", b"x", Properties())
        assert (outcome.status, outcome.reason) == ("returned", "312 NO_ROUTE")


@pytest.mark.parametrize(
    ("user", "vhost", "said"),
    [("nobody", None, "refuse le compte"), ("all", "nowhere", "est inconnu du broker")],
)
async def test_login_and_vhost_errors_are_sentences(
    engine: EngineUnderTest, user: str, vhost: str | None, said: str
) -> None:
    address = BrokerAddress("127.0.0.1", engine.port, vhost or engine.vhost, user, user)
    with pytest.raises(HubError, match=said):
        await HubConnection.open(address, name="test")


@pytest.mark.parametrize(
    ("act", "error"),
    [
        (lambda c: c.declare_queue("absent", passive=True), aiormq.exceptions.ChannelNotFoundEntity),
        (lambda c: c.declare_exchange("absent", passive=True), aiormq.exceptions.ChannelNotFoundEntity),
        (lambda c: c.declare_queue("q", durable=False), aiormq.exceptions.ChannelPreconditionFailed),
        (
            lambda c: c.declare_exchange("t", "fanout", durable=True),
            aiormq.exceptions.ChannelPreconditionFailed,
        ),
    ],
)
async def test_channel_errors(channel: Any, act: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        await act(channel)


async def test_exclusive_queue_is_locked(engine: EngineUnderTest, channel: Any) -> None:
    await channel.declare_queue("mine", exclusive=True)
    other = await connect(engine.address())
    with pytest.raises(aiormq.exceptions.ChannelLockedResource):
        await (await other.channel()).declare_queue("mine", passive=True)
    await other.close()


async def test_rejected_and_requeued(channel: Any) -> None:
    queue = await channel.get_queue("q")
    exchange = await channel.get_exchange("t")
    for body in (b"1", b"2", b"3"):
        await exchange.publish(aio_pika.Message(body), "k")
    first = await queue.get()
    await first.reject(requeue=True)
    again = [await queue.get() for _ in range(3)]
    assert [(m.body, m.redelivered) for m in again] == [(b"1", True), (b"2", False), (b"3", False)]
    await again[2].ack(multiple=True)
    assert await queue.get(fail=False) is None


async def test_unacknowledged_come_back_when_the_connection_ends(
    engine: EngineUnderTest, channel: Any
) -> None:
    other = await connect(engine.address())
    there = await other.channel()
    await (await channel.get_exchange("t")).publish(aio_pika.Message(b"x"), "k")
    assert (await (await there.get_queue("q")).get()).body == b"x"
    await other.close()
    got: asyncio.Queue[Any] = asyncio.Queue()
    await (await channel.get_queue("q")).consume(got.put)
    async with asyncio.timeout(LIMIT):
        assert (await got.get()).redelivered


async def test_expired_and_rejected_messages_carry_their_death(channel: Any) -> None:
    dead: asyncio.Queue[Any] = asyncio.Queue()
    await (await channel.get_queue("dead")).consume(dead.put)
    await channel.default_exchange.publish(
        aio_pika.Message(b"x", expiration=0.01, headers={"own": "kept"}), "short"
    )
    async with asyncio.timeout(LIMIT):
        expired = await dead.get()
    assert expired.headers["own"] == "kept"
    assert expired.headers["x-first-death-reason"] == "expired"
    assert expired.headers["x-first-death-queue"] == "short"
    (death,) = expired.headers["x-death"]
    assert (death["count"], death["queue"], death["reason"]) == (1, "short", "expired")
    assert death["routing-keys"] == ["short"]
    assert death["original-expiration"] == "10"
    assert expired.expiration is None


async def test_prefetch_holds_back(channel: Any) -> None:
    await channel.set_qos(prefetch_count=1)
    got: asyncio.Queue[Any] = asyncio.Queue()
    exchange = await channel.get_exchange("t")
    await exchange.publish(aio_pika.Message(b"1"), "k")
    await exchange.publish(aio_pika.Message(b"2"), "k")
    queue = await channel.get_queue("q")
    await queue.consume(got.put)
    async with asyncio.timeout(LIMIT):
        first = await got.get()
        state = await queue.declare()
        assert state.message_count == 1
        assert got.empty()
        await first.ack()
        assert (await got.get()).body == b"2"


async def test_pika_works_unmodified(engine: EngineUnderTest) -> None:
    def talk() -> tuple[bytes, int]:
        credentials = pika.PlainCredentials("all", "all")
        parameters = pika.ConnectionParameters("127.0.0.1", engine.port, engine.vhost, credentials)
        with pika.BlockingConnection(parameters) as connection:
            channel = connection.channel()
            channel.confirm_delivery()
            channel.queue_declare("q", passive=True)
            channel.basic_publish("t", "k", b"pika", pika.BasicProperties(delivery_mode=2), mandatory=True)
            method, properties, body = channel.basic_get("q")
            channel.basic_ack(method.delivery_tag)
            return body, properties.delivery_mode

    assert await asyncio.to_thread(talk) == (b"pika", 2)


async def test_purge_and_delete(channel: Any) -> None:
    queue = await channel.declare_queue("gone", durable=True)
    await channel.default_exchange.publish(aio_pika.Message(b"x"), "gone")
    assert (await queue.purge()).message_count == 1
    await queue.delete()
    with pytest.raises(aiormq.exceptions.ChannelNotFoundEntity):
        await channel.declare_queue("gone", passive=True)


WORDS = st.lists(st.sampled_from(["a", "b", ""]), min_size=1, max_size=5)


@given(st.lists(st.sampled_from(["a", "b", "*", "#"]), min_size=1, max_size=5), WORDS)
def test_topic_matching_is_amqps(pattern: list[str], words: list[str]) -> None:
    parts = [
        {"*": r"(?:[^.]*\.)", "#": r"(?:[^.]*\.)*"}.get(part, re.escape(part) + r"\.") for part in pattern
    ]
    if words == [""]:
        words = []  # RabbitMQ reads an empty key as no word at all
    model = re.fullmatch("".join(parts), "".join(f"{word}." for word in words)) is not None
    assert topic_matches(".".join(pattern), ".".join(words)) == model


async def test_garbage_ends_its_own_connection_only() -> None:
    broker = await EmbeddedBroker.start(definitions(["v"]))
    chance = random.Random(20261124)
    address = BrokerAddress("127.0.0.1", broker.port, "v", "all", "all")
    async with await HubConnection.open(address, name="witness") as witness:
        for _ in range(60):
            reader, writer = await asyncio.open_connection("127.0.0.1", broker.port)
            start = b"AMQP\x00\x00\x09\x01" if chance.random() < 0.7 else b""
            writer.write(start + chance.randbytes(chance.randrange(8, 300)))
            writer.write_eof()
            async with asyncio.timeout(LIMIT):
                await reader.read()
            writer.close()
        assert (await witness.publish("t", "k", b"still here", Properties())).status == "confirmed"
    await broker.stop()

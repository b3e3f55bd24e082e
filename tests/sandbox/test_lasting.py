"""A link that breaks comes back, with its consumers; what was published is confirmed or reported."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace

import pytest

from recette.hub.address import BrokerAddress
from recette.hub.backoff import Backoff
from recette.hub.connection import HubConnection
from recette.hub.errors import HubError
from recette.hub.lasting import LastingConnection
from recette.hub.wire import PERSISTENT, Delivery, Properties
from recette.sandbox.rabbitmq import RabbitMqNode
from tests.proxy import Proxy
from tests.sandbox.conftest import EngineUnderTest, definitions
from tests.sandbox.node_control import start_app, stop_app, vhosts

QUICK = Backoff(first=0.02, ceiling=0.1)
PLAIN = Properties("text/plain", PERSISTENT)


@dataclass
class Seen:
    """What a link tells, and what comes over it."""

    told: asyncio.Queue[str] = field(default_factory=asyncio.Queue)
    bodies: asyncio.Queue[tuple[bytes, bool]] = field(default_factory=asyncio.Queue)
    failures: list[str] = field(default_factory=list)

    def lost(self, reason: str) -> None:
        assert reason
        self.told.put_nowait("lost")

    def failed(self, error: HubError) -> None:
        self.failures.append(str(error))

    def restored(self, seconds: float, attempts: int) -> None:
        assert seconds > 0
        assert attempts > 0
        self.told.put_nowait("restored")

    def gone(self, error: HubError) -> None:
        self.told.put_nowait(str(error))

    def blocked(self, reason: str | None) -> None:
        self.told.put_nowait("unblocked" if reason is None else f"blocked: {reason}")

    async def take(self, delivery: Delivery) -> bool:
        self.bodies.put_nowait((delivery.body, delivery.redelivered))
        return True

    async def next(self, seconds: float = 20.0) -> str:
        return await asyncio.wait_for(self.told.get(), seconds)

    async def body(self, *known: bytes) -> bytes:
        """The next body; one of `known` may come again, marked so, where its ack was lost with the link."""
        while True:
            body, redelivered = await asyncio.wait_for(self.bodies.get(), 20)
            if not (redelivered and body in known):
                return body


@pytest.fixture
async def proxy(engine: EngineUnderTest) -> AsyncIterator[Proxy]:
    async with Proxy.before(engine.port) as found:
        yield found


@pytest.fixture
def address(engine: EngineUnderTest, proxy: Proxy) -> BrokerAddress:
    return replace(engine.address(), port=proxy.port)


async def lasting(address: BrokerAddress, seen: Seen, patience: float = 30.0) -> LastingConnection:
    return await LastingConnection.open(address, name="essai", watcher=seen, backoff=QUICK, patience=patience)


async def test_a_cut_link_comes_back_with_its_consumers(address: BrokerAddress, proxy: Proxy) -> None:
    seen = Seen()
    link = await lasting(address, seen)
    await link.consume("q", seen.take)
    assert (await link.publish("t", "un", b"un", PLAIN)).status == "confirmed"
    assert await seen.body() == b"un"
    proxy.cut()
    assert await seen.next() == "lost"
    assert await seen.next() == "restored"
    assert (await link.publish("t", "deux", b"deux", PLAIN)).status == "confirmed"
    assert await seen.body(b"un") == b"deux"
    await link.close()
    assert seen.told.empty()


async def test_what_is_published_while_it_is_down_leaves_once(
    engine: EngineUnderTest, address: BrokerAddress, proxy: Proxy
) -> None:
    seen = Seen()
    link = await lasting(address, seen)
    await link.consume("q", seen.take)
    proxy.refuse()
    assert await seen.next() == "lost"
    waiting = [asyncio.create_task(link.publish("t", "k", body, PLAIN)) for body in (b"a", b"b")]
    async with await HubConnection.open(engine.address(), name="autre") as other:
        await other.publish("t", "k", b"venu pendant la coupure", PLAIN)
    with pytest.raises(HubError, match="coupée"):
        await link.inspect("q")
    proxy.accept()
    assert await seen.next() == "restored"
    assert [one.status for one in await asyncio.gather(*waiting)] == ["confirmed", "confirmed"]
    assert sorted([await seen.body() for _ in range(3)]) == [b"a", b"b", b"venu pendant la coupure"]
    assert seen.bodies.empty()
    await link.close()


async def test_what_may_have_left_is_reported_and_not_sent_again(
    address: BrokerAddress, proxy: Proxy
) -> None:
    seen = Seen()
    link = await lasting(address, seen)
    assert (await link.publish("t", "k", b"avant", PLAIN)).status == "confirmed"
    proxy.stall_answers()
    in_flight = asyncio.create_task(link.publish("t", "k", b"en vol", PLAIN))
    await proxy.passed(b"en vol")
    proxy.cut()
    assert (await asyncio.wait_for(in_flight, 20)).status == "unknown"
    assert await seen.next() == "lost"
    assert await seen.next() == "restored"
    await link.consume("q", seen.take)
    assert {await seen.body(), await seen.body()} == {b"avant", b"en vol"}
    assert (await link.publish("t", "k", b"fin", PLAIN)).status == "confirmed"
    assert await seen.body() == b"fin"
    await link.close()


async def test_a_link_that_does_not_come_back_is_given_up(address: BrokerAddress, proxy: Proxy) -> None:
    seen = Seen()
    link = await lasting(address, seen, patience=0.5)
    proxy.refuse()
    assert await seen.next() == "lost"
    waiting = asyncio.create_task(link.publish("t", "k", b"x", PLAIN))
    given_up = await seen.next()
    assert "n'a pas pu être rétablie" in given_up
    (why,) = seen.failures  # met many times, told once
    assert given_up.endswith(why)
    assert (await waiting).status == "unsent"
    await link.close()


async def test_a_silent_broker_is_noticed(address: BrokerAddress, proxy: Proxy) -> None:
    """Nothing arrives any more, not even a refusal: the heartbeats say so."""
    ended: asyncio.Future[BaseException] = asyncio.get_running_loop().create_future()
    connection = await HubConnection.open(address, name="essai", heartbeat=1)
    connection.on_closed(ended.set_result)
    proxy.stall_answers()
    await asyncio.wait_for(ended, 20)
    proxy.cut()
    await connection.close()


async def test_a_queue_that_goes_away_is_a_lost_link(engine: EngineUnderTest, address: BrokerAddress) -> None:
    import aio_pika

    seen = Seen()
    link = await lasting(address, seen, patience=1.0)
    await link.consume("short", seen.take)
    admin = await aio_pika.connect(
        host="127.0.0.1", port=engine.port, login="all", password="all", virtualhost=engine.vhost
    )
    channel = await admin.channel()
    await channel.queue_delete("short")
    await admin.close()
    assert await seen.next() == "lost"
    assert "short" in await seen.next()
    await link.close()


async def test_a_restarted_rabbitmq_node_keeps_what_is_durable(rabbitmq_node: RabbitMqNode) -> None:
    async with vhosts(rabbitmq_node, definitions(["restarted"])):
        await _restarted(rabbitmq_node)


async def _restarted(rabbitmq_node: RabbitMqNode) -> None:
    seen = Seen()
    address = BrokerAddress("127.0.0.1", rabbitmq_node.port, "restarted", "all", "all")
    link = await lasting(address, seen, patience=90.0)
    assert (await link.publish("t", "k", b"avant", PLAIN)).status == "confirmed"
    await stop_app(rabbitmq_node)
    assert await seen.next() == "lost"
    waiting = asyncio.create_task(link.publish("t", "k", b"pendant", PLAIN))
    await start_app(rabbitmq_node)
    assert await seen.next(90) == "restored"
    assert (await waiting).status == "confirmed"
    await link.consume("q", seen.take)
    assert [await seen.body(), await seen.body()] == [b"avant", b"pendant"]
    await link.close()

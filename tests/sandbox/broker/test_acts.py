"""What only a broker sees of its clients, told as it happens."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import aio_pika
import pytest
from aio_pika.abc import AbstractChannel, AbstractIncomingMessage
from aio_pika.exceptions import ChannelClosed

from recette.sandbox.broker import EmbeddedBroker
from recette.sandbox.broker.acts import BY_HAND, LOOP, Act
from tests.proxy import Proxy
from tests.sandbox.conftest import definitions


async def _take(_: AbstractIncomingMessage) -> None:
    """Nothing is done with it."""


@dataclass
class Watched:
    broker: EmbeddedBroker
    channel: AbstractChannel
    acts: list[Act] = field(default_factory=list)

    def told(self) -> list[tuple[str, str, str]]:
        said = [one for one in self.acts if one.kind not in {"connected", "publishing"}]
        return [(one.kind, one.name, one.detail) for one in said]


@pytest.fixture
async def watched() -> AsyncIterator[Watched]:
    """A client of few rights, on a broker that is observed."""
    acts: list[Act] = []
    broker = await EmbeddedBroker.start(definitions(["v"]), observer=acts.append)
    connection = await aio_pika.connect(f"amqp://limited:limited@127.0.0.1:{broker.port}/v")
    yield Watched(broker, await connection.channel(), acts)
    await connection.close()
    await broker.stop()


async def test_a_login_says_how(watched: Watched) -> None:
    assert [(one.kind, one.user, one.detail) for one in watched.acts] == [
        ("connected", "limited", "PLAIN, sans TLS")
    ]


async def test_who_leaves_with_its_last_connection_is_told() -> None:
    gone: list[tuple[str, str]] = []
    broker = await EmbeddedBroker.start(
        definitions(["v"]), left=lambda vhost, user: gone.append((vhost, user))
    )
    url = f"amqp://limited:limited@127.0.0.1:{broker.port}/v"
    first, second = await aio_pika.connect(url), await aio_pika.connect(url)
    await first.close()
    await broker.import_definitions(definitions(["v"]))
    assert gone == []
    await second.close()
    await broker.stop()
    assert gone == [("v", "limited")]


async def test_a_connection_that_breaks_off_is_told_and_one_that_is_closed_is_not(watched: Watched) -> None:
    port = watched.broker.port
    async with Proxy.before(port) as proxy:
        cut = await aio_pika.connect(f"amqp://limited:limited@127.0.0.1:{proxy.port}/v")
        ended = asyncio.Event()
        cut.close_callbacks.add(lambda *_: ended.set())
        proxy.cut()
        await asyncio.wait_for(ended.wait(), 60)
    closed = await aio_pika.connect(f"amqp://limited:limited@127.0.0.1:{port}/v")
    await closed.close()
    last = await aio_pika.connect(f"amqp://limited:limited@127.0.0.1:{port}/v")
    await last.close()
    kinds = [one.kind for one in watched.acts]
    assert (kinds.count("connected"), kinds.count("disconnected")) == (4, 1)


async def test_each_act_names_its_connection_and_the_first_publication_of_each_is_told(
    watched: Watched,
) -> None:
    again = await aio_pika.connect(f"amqp://limited:limited@127.0.0.1:{watched.broker.port}/v")
    for channel in (watched.channel, await again.channel()):
        exchange = await channel.get_exchange("t", ensure=False)
        for _ in range(2):
            await exchange.publish(aio_pika.Message(b"x"), routing_key="me")
    await again.close()
    assert [(one.kind, one.connection) for one in watched.acts] == [
        ("connected", 1),
        ("connected", 2),
        ("publishing", 1),
        ("publishing", 2),
    ]


async def test_what_a_client_should_do_tells_only_that_it_reads(watched: Watched) -> None:
    queue = await watched.channel.declare_queue("q", passive=True)
    exchange = await watched.channel.get_exchange("t", ensure=True)
    await exchange.publish(aio_pika.Message(b"x"), routing_key="me")
    await watched.channel.set_qos(prefetch_count=1)
    assert (await queue.get()).body == b"x"
    assert await queue.get(fail=False) is None
    tag = await queue.consume(_take)
    await queue.cancel(tag)
    assert watched.told() == [("consuming", "q", BY_HAND), ("consuming", "q", BY_HAND)]


async def test_the_first_acknowledgment_of_a_queue_is_told_and_no_other(watched: Watched) -> None:
    queue = await watched.channel.get_queue("q", ensure=False)
    exchange = await watched.channel.get_exchange("t", ensure=False)
    for body in (b"one", b"two"):
        await exchange.publish(aio_pika.Message(body), routing_key="me")
        message = await queue.get()
        await message.ack()
    await watched.channel.set_qos(prefetch_count=1)  # answered once both have been taken in
    assert watched.told() == [("consuming", "q", BY_HAND), ("acknowledging", "q", "")]


async def test_an_active_declaration_is_told(watched: Watched) -> None:
    with pytest.raises(ChannelClosed):
        await watched.channel.declare_queue("q", durable=True)
    assert watched.told() == [("declared", "q", "queue")]


@pytest.mark.parametrize(("exchange", "key"), [("t", "other"), ("dlx", "me"), ("absent", "me")])
async def test_a_refused_publication_is_told_with_its_body(watched: Watched, exchange: str, key: str) -> None:
    target = await watched.channel.get_exchange(exchange, ensure=False)
    with pytest.raises(ChannelClosed):
        await target.publish(aio_pika.Message(b"lost"), routing_key=key)
    assert watched.told() == [("publish-refused", exchange, key)]
    assert watched.acts[-1].body == b"lost"


async def test_a_queue_that_a_client_may_not_read_is_told(watched: Watched) -> None:
    theirs = await watched.channel.get_queue("dead", ensure=False)
    with pytest.raises(ChannelClosed):
        await theirs.get()
    assert watched.told() == [("read-refused", "dead", "")]


async def test_a_binding_that_a_client_may_not_make_is_told(watched: Watched) -> None:
    own = await watched.channel.get_queue("q", ensure=False)
    with pytest.raises(ChannelClosed):
        await own.bind("t", "me")
    assert watched.told() == [("bind-refused", "q", "")]


async def test_emptying_a_queue_is_told_with_how_much_waited_there(watched: Watched) -> None:
    exchange = await watched.channel.get_exchange("t", ensure=False)
    await exchange.publish(aio_pika.Message(b"waiting"), routing_key="me")
    await (await watched.channel.get_queue("q", ensure=False)).purge()
    assert watched.told() == [("purged", "q", "1")]


async def test_reading_without_acks_is_told(watched: Watched) -> None:
    queue = await watched.channel.get_queue("q", ensure=False)
    await queue.consume(_take, no_ack=True)
    assert watched.told() == [("consuming-unacked", "q", "")]


@pytest.mark.parametrize("returns", [LOOP - 1, LOOP, LOOP + 3])
async def test_giving_back_the_same_message_is_a_loop_from_the_fifth_time_and_told_once(
    watched: Watched, returns: int
) -> None:
    exchange = await watched.channel.get_exchange("t", ensure=False)
    await exchange.publish(aio_pika.Message(b"round"), routing_key="me")
    queue = await watched.channel.get_queue("q", ensure=False)
    for _ in range(returns):
        await (await queue.get()).reject(requeue=True)
    await (await queue.get()).ack()
    loops = [one for one in watched.acts if one.kind == "looping"]
    assert [(one.name, one.body) for one in loops] == ([("q", b"round")] if returns >= LOOP else [])

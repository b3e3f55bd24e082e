"""Whatever a client sends, only its own connection suffers."""

from __future__ import annotations

import asyncio
import logging
import os
import struct
from collections.abc import AsyncIterator
from random import Random
from typing import Any

import pamqp.frame
import pytest
from pamqp import commands as amqp
from pamqp.body import ContentBody
from pamqp.header import ContentHeader

from recette.sandbox.broker import EmbeddedBroker, limits

from .amqp_client import CAPABILITIES, PREAMBLE, AmqpClient, Peer
from .conftest import own_definitions

SESSIONS = int(os.environ.get("RECETTE_FUZZ", "400"))
"""More of them on demand."""
AT_A_TIME = 40
"""One that is waited for, since it never says that it is done, holds up no other."""


@pytest.fixture
async def broker() -> AsyncIterator[EmbeddedBroker]:
    broker = await EmbeddedBroker.start(own_definitions(["own"]))
    yield broker
    await broker.stop()


def peer_of(broker: EmbeddedBroker) -> Peer:
    return Peer(broker.host, broker.port, "own")


def good_session() -> list[bytes]:
    """A whole conversation, frame by frame, as a client would send it."""
    table: Any = {
        "x-death": [{"queue": "q", "reason": "rejected", "count": 3}],
        "n": 1,
        "deep": {"a": [1, {"b": "c"}]},
    }
    arguments: Any = {"x-dead-letter-exchange": "dlx", "x-message-ttl": 1}
    methods = [
        amqp.Channel.Open(), amqp.Confirm.Select(), amqp.Queue.Declare(queue="q", arguments=arguments),
        amqp.Queue.Bind(queue="q", exchange="amq.topic", routing_key="#.a.*"), amqp.Basic.Qos(prefetch_count=2),
        amqp.Basic.Publish(0, "amq.topic", "x.a.b", mandatory=True),
    ]  # fmt: skip
    header = ContentHeader(0, 5, amqp.Basic.Properties(headers=table, expiration="0", content_type="a/b"))
    after = [
        amqp.Basic.Consume(queue="q", consumer_tag="c"), amqp.Basic.Get(queue="dead"), amqp.Basic.Ack(1),
        amqp.Basic.Nack(2, multiple=True, requeue=False), amqp.Basic.Recover(requeue=True), amqp.Basic.Cancel("c"),
        amqp.Queue.Purge(queue="q"), amqp.Queue.Delete(queue="q"), amqp.Channel.Close(200, "", 0, 0),
    ]  # fmt: skip
    start = [
        amqp.Connection.StartOk(CAPABILITIES, "PLAIN", "\0owner\0secret", "en_US"),
        amqp.Connection.TuneOk(2047, 131_072, 0),
        amqp.Connection.Open("own"),
    ]
    return [
        PREAMBLE,
        *(pamqp.frame.marshal(method, 0) for method in start),
        *(pamqp.frame.marshal(method, 1) for method in methods),
        pamqp.frame.marshal(header, 1),
        b"\x03\x00\x01\x00\x00\x00\x05hello\xce",
        *(pamqp.frame.marshal(method, 1) for method in after),
    ]


def spoiled(chance: Random) -> bytes:
    """A conversation with a few frames or octets changed, lost, doubled or cut."""
    frames = good_session()
    for _ in range(chance.randrange(1, 4)):
        at = chance.randrange(1, len(frames))
        kind = chance.randrange(6)
        if kind == 0:
            del frames[at]
        elif kind == 1:
            frames.insert(at, chance.choice(frames))
        elif kind == 2:
            frames[at] = frames[at][: chance.randrange(len(frames[at]) or 1)]
        elif kind == 3:
            frames[at] = framed_noise(chance)
        else:
            spoilt = bytearray(frames[at] or b"\0")  # a frame may have lost all its octets before
            spoilt[chance.randrange(7 if kind == 4 else 0, len(spoilt)) if len(spoilt) > 7 else 0] = (
                chance.randrange(256)
            )
            frames[at] = bytes(spoilt)
        if len(frames) < 2:
            break
    return b"".join(frames)


def framed_noise(chance: Random) -> bytes:
    payload = chance.randbytes(chance.randrange(40))
    return (
        struct.pack(">BHI", chance.choice((1, 2, 3, 8, 77)), chance.choice((0, 1, 2)), len(payload))
        + payload
        + b"\xce"
    )


async def test_spoiled_sessions(broker: EmbeddedBroker, caplog: pytest.LogCaptureFixture) -> None:
    witness = await AmqpClient.open(peer_of(broker))
    chance = Random(20_261_124)
    free = asyncio.Semaphore(AT_A_TIME)
    ended = 0

    async def session(sent: bytes) -> None:
        nonlocal ended
        async with free:
            reader, writer = await asyncio.open_connection(broker.host, broker.port)
            writer.write(sent)
            writer.write_eof()
            async with asyncio.timeout(20):
                try:
                    while await reader.read(65_536):
                        pass
                except ConnectionError:
                    pass
            writer.close()
            ended += 1

    with caplog.at_level(logging.ERROR):
        await asyncio.gather(*(session(spoiled(chance)) for _ in range(SESSIONS)))
        assert ended == SESSIONS
        await witness.published("hubsante", "key", b"still here")
    assert [record.getMessage() for record in caplog.records] == []
    await witness.close()


async def test_nothing_is_held_once_clients_are_gone(broker: EmbeddedBroker) -> None:
    """Bodies that never came whole, deliveries never settled: the count of bytes goes back to nothing."""
    client = await AmqpClient.open(peer_of(broker))
    await client.published("hubsante", "k", b"x" * 1_000)
    await client.call(1, amqp.Basic.Get(queue="dispatch"), amqp.Basic.GetOk)
    client.send(1, amqp.Basic.Publish(0, "hubsante", "k"))
    client.writer.write(pamqp.frame.marshal(ContentHeader(0, 5_000_000), 1))
    client.writer.write(pamqp.frame.marshal(ContentBody(b"x" * 100_000), 1))
    await client.open_channel(2)
    assert 100_000 < broker.ledger.held < 110_000  # what has come, not what was announced
    await client.close()
    other = await AmqpClient.open(peer_of(broker))
    await other.call(1, amqp.Queue.Purge(queue="dispatch"), amqp.Queue.PurgeOk)
    assert broker.ledger.held == 0
    await other.close()


async def test_a_body_too_large(broker: EmbeddedBroker) -> None:
    client = await AmqpClient.open(peer_of(broker))
    client.send(1, amqp.Basic.Publish(0, "hubsante", "k"))
    client.writer.write(pamqp.frame.marshal(ContentHeader(0, limits.BODY_MAX + 1), 1))
    code, text = await client.refusal()
    assert code == 406
    assert f"configured max size {limits.BODY_MAX}" in text
    await client.close()


async def test_memory_has_a_bound(broker: EmbeddedBroker) -> None:
    broker.ledger.limit = 100_000
    client = await AmqpClient.open(peer_of(broker))
    code = 0
    for _ in range(5):
        client.publish("hubsante", "k", b"x" * 30_000)
    code, text = await client.refusal()
    assert (code, "100000 bytes" in text) == (311, True)
    client.send(1, amqp.Channel.CloseOk())
    await client.open_channel(1)
    count = (await client.call(1, amqp.Queue.Purge(queue="dispatch"), amqp.Queue.PurgeOk)).message_count
    assert count == 3
    await client.published("hubsante", "k", b"room again")
    await client.close()


async def test_what_is_announced_takes_no_room_from_others(broker: EmbeddedBroker) -> None:
    broker.ledger.limit = 100_000
    greedy, other = await AmqpClient.open(peer_of(broker)), await AmqpClient.open(peer_of(broker))
    for channel in range(2, 12):
        await greedy.open_channel(channel)
        greedy.send(channel, amqp.Basic.Publish(0, "hubsante", "k"))
        greedy.writer.write(pamqp.frame.marshal(ContentHeader(0, 90_000), channel))
    await greedy.open_channel(12)
    await other.published("hubsante", "k", b"x" * 50_000)
    await greedy.close()
    await other.close()


async def test_the_oldest_that_has_not_logged_in_gives_way(
    broker: EmbeddedBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "CONNECTIONS_MAX", 3)
    working = await AmqpClient.open(peer_of(broker))
    idle = [await AmqpClient.connected(peer_of(broker)) for _ in range(2)]
    late = await AmqpClient.open(peer_of(broker))
    assert await idle[0].closed()
    await working.published("hubsante", "k", b"still here")
    last = await AmqpClient.open(peer_of(broker))
    assert await idle[1].closed()
    refused = await AmqpClient.connected(peer_of(broker))
    assert await refused.closed()
    for client in (working, late, last, refused, *idle):
        await client.close()


async def test_a_failed_login_is_slowed_and_others_are_not(broker: EmbeddedBroker) -> None:
    clock = asyncio.get_running_loop().time
    client = await AmqpClient.connected(peer_of(broker))
    await client.start("owner", "wrong")
    begun = clock()
    other = await AmqpClient.open(peer_of(broker))
    assert clock() - begun < limits.LOGIN_DELAY
    assert (await client.refusal(0))[0] == 403
    assert clock() - begun >= limits.LOGIN_DELAY * 0.9
    await client.close()
    await other.close()


@pytest.mark.parametrize(
    "before",
    [
        [amqp.Connection.StartOk(CAPABILITIES, "PLAIN", "\0owner\0wrong", "en_US")],
        [amqp.Connection.StartOk(CAPABILITIES, "PLAIN", f"\0owner\0{one}", "en_US") for one in range(50)],
        [amqp.Connection.Open("own")],
        [amqp.Connection.TuneOk(2047, 131_072, 0)],
    ],
    ids=["one guess", "many guesses", "no login", "no login either"],
)
async def test_what_follows_a_refused_login_is_not_heard(
    broker: EmbeddedBroker, monkeypatch: pytest.MonkeyPatch, before: list[Any]
) -> None:
    """Passwords guessed in one breath would be tried without delay; and whoever was in would never be heard again."""
    monkeypatch.setattr(limits, "LOGIN_DELAY", 0.01)
    client = await AmqpClient.connected(peer_of(broker))
    right = [
        amqp.Connection.StartOk(CAPABILITIES, "PLAIN", "\0owner\0secret", "en_US"),
        amqp.Connection.TuneOk(2047, 131_072, 0),
        amqp.Connection.Open("own"),
    ]
    client.writer.write(PREAMBLE + b"".join(pamqp.frame.marshal(one, 0) for one in [*before, *right]))
    await client.expect(0, amqp.Connection.Start)
    assert (await client.refusal(0))[0] in {403, 503}
    client.writer.write_eof()
    assert await client.closed()


async def test_an_alarm_blocks_whoever_publishes(broker: EmbeddedBroker) -> None:
    """As RabbitMQ: what publishes is told and not heard, what only reads goes on, and nothing is lost."""
    publisher, reader = await AmqpClient.open(peer_of(broker)), await AmqpClient.open(peer_of(broker))
    broker.alarm("low on memory")
    publisher.publish("hubsante", "k", b"first")
    publisher.publish("hubsante", "k", b"second")
    blocked = await publisher.expect(0, amqp.Connection.Blocked)
    assert blocked.reason == "low on memory"
    await reader.call(1, amqp.Basic.Get(queue="dispatch"))
    broker.alarm(None)
    await publisher.expect(0, amqp.Connection.Unblocked)
    await publisher.open_channel(2)
    count = await reader.call(1, amqp.Queue.Declare(queue="dispatch", passive=True), amqp.Queue.DeclareOk)
    assert count.message_count in {1, 2}
    await publisher.close()
    await reader.close()


async def test_a_queue_has_a_bound(broker: EmbeddedBroker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("recette.sandbox.broker.vhost.QUEUE_LENGTH_MAX", 2)
    client = await AmqpClient.open(peer_of(broker))
    for _ in range(2):
        await client.published("hubsante", "k")
    client.publish("hubsante", "k")
    assert (await client.refusal())[0] == 311
    await client.close()


@pytest.mark.parametrize("depth", [50, 2_000])
async def test_nested_arguments(broker: EmbeddedBroker, depth: int) -> None:
    table = b""
    for _ in range(depth):
        table = b"\x01aF" + struct.pack(">I", len(table)) + table
    payload = b"\x00\x32\x00\x0a\x00\x00\x01q\x00" + struct.pack(">I", len(table)) + table
    client = await AmqpClient.open(peer_of(broker))
    client.writer.write(struct.pack(">BHI", 1, 1, len(payload)) + payload + b"\xce")
    if depth < 1_000:
        assert (await client.expect(1, amqp.Queue.DeclareOk)).queue == "q"
    else:
        assert (await client.refusal(0))[0] == 502
    await client.close()


async def test_deep_headers_are_only_carried(broker: EmbeddedBroker) -> None:
    """A header table of any depth goes through, dead letters included: only its top is read."""
    table = b""
    for _ in range(5_000):
        table = b"\x01aF" + struct.pack(">I", len(table)) + table
    raw = b"\x20\x00" + struct.pack(">I", len(table)) + table
    client = await AmqpClient.open(peer_of(broker))
    arguments: Any = {"x-dead-letter-exchange": "dlx", "x-message-ttl": 0}
    await client.call(1, amqp.Queue.Declare(queue="q", arguments=arguments), amqp.Queue.DeclareOk)
    await client.published("", "q", b"m", raw_properties=raw)
    answer = await client.call(1, amqp.Queue.Declare(queue="dead", passive=True), amqp.Queue.DeclareOk)
    assert answer.message_count == 1
    await client.close()


async def test_long_chain_of_dead_letters(broker: EmbeddedBroker) -> None:
    """Queue by queue and not by recursion; a message that has died too often is dropped."""
    client = await AmqpClient.open(peer_of(broker))
    length = 1_500
    for number in range(length):
        arguments: Any = {
            "x-message-ttl": 0, "x-dead-letter-exchange": "", "x-dead-letter-routing-key": f"q{number + 1}",
        }  # fmt: skip
        client.send(1, amqp.Queue.Declare(queue=f"q{number}", arguments=arguments, nowait=True))
    await client.published("", "q0", b"falling")
    for number in (limits.DEATHS_MAX, length - 1):
        passive = amqp.Queue.Declare(queue=f"q{number}", passive=True)
        assert (await client.call(1, passive, amqp.Queue.DeclareOk)).message_count == 0
    await client.published("hubsante", "k", b"alive")
    await client.close()


async def test_a_client_that_does_not_read(broker: EmbeddedBroker) -> None:
    """It is sent no more than fits in its buffer; the rest stays in the queue, for others."""
    slow, other = await AmqpClient.open(peer_of(broker)), await AmqpClient.open(peer_of(broker))
    slow.writer.transport.pause_reading()  # type: ignore[attr-defined]  # a socket's transport
    slow.send(1, amqp.Basic.Consume(queue="dispatch", no_ack=True))
    body = b"x" * 1_000_000
    for _ in range(60):
        await other.published("hubsante", "k", body)
    answer = await other.call(1, amqp.Queue.Declare(queue="dispatch", passive=True), amqp.Queue.DeclareOk)
    assert answer.message_count > 20
    received = answer.message_count
    slow.writer.transport.resume_reading()  # type: ignore[attr-defined]
    for _ in range(60):
        assert len((await slow.next(1, passing=amqp.Basic.ConsumeOk)).body) == 1_000_000
    answer = await other.call(1, amqp.Queue.Declare(queue="dispatch", passive=True), amqp.Queue.DeclareOk)
    assert (answer.message_count, received > 0) == (0, True)
    await slow.close()
    await other.close()


async def test_stop_leaves_nothing(broker: EmbeddedBroker) -> None:
    clients = [await AmqpClient.open(peer_of(broker)) for _ in range(3)]
    silent = await AmqpClient.connected(peer_of(broker))
    clients[0].send(1, amqp.Basic.Consume(queue="dispatch"))
    await clients[0].expect(1, amqp.Basic.ConsumeOk)
    others = asyncio.all_tasks()
    stopping = asyncio.create_task(broker.stop())
    for client in clients:
        assert await client.refusal(0) == (
            320,
            "CONNECTION_FORCED - broker forced connection closure with reason 'shutdown'",
        )
    await stopping
    assert asyncio.all_tasks() == others
    for client in (*clients, silent):
        await client.close()
    with pytest.raises(OSError):
        await AmqpClient.connected(peer_of(broker))

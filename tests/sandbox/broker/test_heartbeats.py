"""Heartbeats, both ways. The protocol counts them in seconds, so these tests last as long."""

from __future__ import annotations

import asyncio
import contextlib

from pamqp import commands as amqp

from .amqp_client import PREAMBLE, AmqpClient, Peer

BEAT = b"\x08\x00\x00\x00\x00\x00\x00\xce"


async def test_a_silent_client_is_dropped(engine: Peer) -> None:
    """Its deliveries go back; meanwhile it gets the broker's own heartbeats."""
    client, watch = await AmqpClient.open(engine, heartbeat=1), await AmqpClient.open(engine)
    await watch.published("hubsante", "k", b"m")
    await client.call(1, amqp.Basic.Get(queue="dispatch"), amqp.Basic.GetOk)
    data = b""
    async with asyncio.timeout(60):
        with contextlib.suppress(ConnectionResetError):  # either way of ending it will do
            while chunk := await client.reader.read(1_000):
                data += chunk
    assert data.count(BEAT) >= 1
    assert data.replace(BEAT, b"") == b""
    await watch.call(1, amqp.Basic.Consume(queue="dispatch"), amqp.Basic.ConsumeOk)
    received = await watch.next(1)
    assert (received.body, received.method.redelivered) == (b"m", True)
    for one in (client, watch):
        await one.close()


async def test_a_client_that_beats_is_kept(engine: Peer) -> None:
    client = await AmqpClient.open(engine, heartbeat=1)

    # Nothing is due from the broker but its heartbeats, and each is answered by one; four seconds are well over its
    # patience of two.
    heard = b""
    loop = asyncio.get_running_loop()
    until = loop.time() + 4
    while loop.time() < until:
        heard += await asyncio.wait_for(client.reader.readexactly(len(BEAT)), 60)
        client.writer.write(BEAT)
    assert heard.replace(BEAT, b"") == b""
    answer = await client.call(1, amqp.Queue.Declare(queue="dispatch", passive=True), amqp.Queue.DeclareOk)
    assert answer.queue == "dispatch"
    await client.close()


async def test_no_heartbeat_before_the_connection_is_open(embedded: Peer) -> None:
    client = await AmqpClient.connected(embedded)
    client.writer.write(PREAMBLE)
    await client.expect(0, amqp.Connection.Start)
    assert client.heartbeats == 0
    client.writer.write(BEAT)  # one from the client is harmless
    client.start_ok("owner", "secret")
    await client.expect(0, amqp.Connection.Tune)
    assert client.heartbeats == 0
    await client.close()

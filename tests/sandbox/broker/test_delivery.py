"""Routing, publishing, consuming, settling: what happens when nothing is refused."""

from __future__ import annotations

from typing import Any

import pytest
from pamqp import commands as amqp

from .amqp_client import AmqpClient, Peer, Received

Declare = amqp.Queue.Declare
Properties = amqp.Basic.Properties


async def counts(client: AmqpClient, queue: str, channel: int = 1) -> tuple[int, int]:
    """Messages ready and consumers, as a passive declaration tells them."""
    answer = await client.call(channel, Declare(queue=queue, passive=True), amqp.Queue.DeclareOk)
    return answer.message_count, answer.consumer_count


async def deliveries(client: AmqpClient, count: int, channel: int = 1) -> list[Received]:
    received = [await client.next(channel) for _ in range(count)]
    assert all(isinstance(one.method, amqp.Basic.Deliver) for one in received)
    return received


async def consume(client: AmqpClient, queue: str, *, channel: int = 1, **options: Any) -> str:
    answer = await client.call(channel, amqp.Basic.Consume(queue=queue, **options), amqp.Basic.ConsumeOk)
    return str(answer.consumer_tag)


async def filled(client: AmqpClient, *bodies: bytes, queue: str = "q") -> None:
    await client.call(1, Declare(queue=queue), amqp.Queue.DeclareOk)
    for body in bodies:
        await client.published("", queue, body)


@pytest.mark.parametrize(
    ("kind", "bindings", "key", "reached"),
    [
        ("direct", {"a": "k", "b": "l"}, "k", {"a"}),
        ("fanout", {"a": "k", "b": "l"}, "other", {"a", "b"}),
        ("topic", {"a": "x.*", "b": "x.#", "c": "#.y"}, "x.y", {"a", "b", "c"}),
        ("topic", {"a": "x.*", "b": "x.#", "c": "*"}, "x", {"b", "c"}),
        ("topic", {"a": "#", "b": "*", "c": "*.*", "d": ""}, "", {"a", "d"}),
        ("topic", {"a": "*.*", "b": "*.", "c": "#.#"}, ".", {"a", "b", "c"}),
        ("topic", {"a": "x..y", "b": "x.*.y", "c": "x.#.y"}, "x..y", {"a", "b", "c"}),
    ],
)
async def test_exchange_types(
    client: AmqpClient, kind: str, bindings: dict[str, str], key: str, reached: set[str]
) -> None:
    await client.call(1, amqp.Exchange.Declare(exchange="e", exchange_type=kind), amqp.Exchange.DeclareOk)
    for queue, pattern in bindings.items():
        await client.call(1, Declare(queue=queue), amqp.Queue.DeclareOk)
        for _ in range(2):  # twice is once
            bind = amqp.Queue.Bind(queue=queue, exchange="e", routing_key=pattern)
            await client.call(1, bind, amqp.Queue.BindOk)
    await client.published("e", key)
    assert {queue for queue in bindings if (await counts(client, queue))[0] == 1} == reached


async def test_one_message_a_queue_however_many_bindings(client: AmqpClient) -> None:
    await client.call(1, Declare(queue="q"), amqp.Queue.DeclareOk)
    for pattern in ("#", "a.*", "*.b"):
        bind = amqp.Queue.Bind(queue="q", exchange="amq.topic", routing_key=pattern)
        await client.call(1, bind, amqp.Queue.BindOk)
    await client.published("amq.topic", "a.b")
    assert (await counts(client, "q"))[0] == 1
    unbind = amqp.Queue.Unbind(queue="q", exchange="amq.topic", routing_key="#")
    for _ in range(2):  # nothing to unbind is no error
        await client.call(1, unbind, amqp.Queue.UnbindOk)
    await client.published("amq.topic", "c.d")
    await client.published("amq.topic", "a.d")
    assert (await counts(client, "q"))[0] == 2


async def test_confirms_and_returns(client: AmqpClient) -> None:
    await client.call(1, amqp.Confirm.Select(), amqp.Confirm.SelectOk)
    client.publish("", "nowhere", b"kept apart", mandatory=True, properties=Properties(message_id="7"))
    returned = await client.next(1)
    assert isinstance(returned.method, amqp.Basic.Return)
    assert (returned.method.reply_code, returned.method.reply_text) == (312, "NO_ROUTE")
    assert (returned.method.exchange, returned.method.routing_key) == ("", "nowhere")
    assert returned.body == b"kept apart"
    assert returned.properties is not None
    assert returned.properties.message_id == "7"
    assert (await client.expect(1, amqp.Basic.Ack)).delivery_tag == 1
    client.publish("", "nowhere")
    assert (await client.expect(1, amqp.Basic.Ack)).delivery_tag == 2


async def test_properties_come_through_as_bytes(client: AmqpClient) -> None:
    """All of them, with header values whose types a second encoding would narrow."""
    table = b"\x04longl" + (5).to_bytes(8, "big") + b"\x06doubled" + b"?\xb9\x99\x99\x99\x99\x99\x9a"
    raw = b"\xff\xf8" + b"".join((
        b"\x03a/b", b"\x04gzip", len(table).to_bytes(4, "big") + table, b"\x02", b"\x05", b"\x01c", b"\x01r",
        b"\x0560000", b"\x01m", (1_700_000_000).to_bytes(8, "big"), b"\x01t", b"\x05owner", b"\x01a",
    ))  # fmt: skip
    await client.call(1, Declare(queue="q"), amqp.Queue.DeclareOk)
    await client.published("", "q", b"body", raw_properties=raw)
    client.send(1, amqp.Basic.Get(queue="q", no_ack=True))
    assert (await client.next(1)).raw_properties == raw


async def test_body_is_split_to_the_clients_frames(engine: Peer, client: AmqpClient) -> None:
    small = await AmqpClient.open(engine, frame_max=4_096)
    body = bytes(range(256)) * 1_000
    await filled(client, body, b"")
    small.send(1, amqp.Basic.Get(queue="q"))
    first = await small.next(1)
    assert first.body == body
    assert first.frames == -(-len(body) // (4_096 - 8))
    small.send(1, amqp.Basic.Get(queue="q"))
    assert ((await small.next(1)).body, first.method.message_count) == (b"", 1)
    await small.close()


async def test_get_until_empty(client: AmqpClient) -> None:
    await filled(client, b"1", b"2")
    left = []
    for _ in range(2):
        answer = await client.call(1, amqp.Basic.Get(queue="q", no_ack=True), amqp.Basic.GetOk)
        left.append((answer.delivery_tag, answer.message_count, answer.redelivered))
    assert left == [(1, 1, False), (2, 0, False)]
    await client.call(1, amqp.Basic.Get(queue="q"), amqp.Basic.GetEmpty)


async def test_prefetch_is_each_consumers(client: AmqpClient) -> None:
    await filled(client, *(b"%d" % number for number in range(6)))
    await client.call(1, amqp.Basic.Qos(prefetch_count=2), amqp.Basic.QosOk)
    await consume(client, "q", consumer_tag="a")
    await consume(client, "q", consumer_tag="b")
    received = await deliveries(client, 4)
    assert sorted(one.method.consumer_tag for one in received) == ["a", "a", "b", "b"]
    assert await counts(client, "q") == (2, 2)
    client.send(1, amqp.Basic.Ack(4, multiple=True))
    assert [one.body for one in await deliveries(client, 2)] == [b"4", b"5"]


async def test_prefetch_of_the_channel(client: AmqpClient) -> None:
    await filled(client, *(b"%d" % number for number in range(6)))
    await client.call(1, amqp.Basic.Qos(prefetch_count=3, global_=True), amqp.Basic.QosOk)
    await consume(client, "q", consumer_tag="a")
    await consume(client, "q", consumer_tag="b")
    assert [one.body for one in await deliveries(client, 3)] == [b"0", b"1", b"2"]
    assert (await counts(client, "q"))[0] == 3
    client.send(1, amqp.Basic.Ack(2))
    assert [one.body for one in await deliveries(client, 1)] == [b"3"]
    assert (await counts(client, "q"))[0] == 2


async def test_without_ack_there_is_no_limit(client: AmqpClient) -> None:
    await filled(client, *(b"%d" % number for number in range(5)))
    await client.call(1, amqp.Basic.Qos(prefetch_count=1), amqp.Basic.QosOk)
    await consume(client, "q", no_ack=True)
    assert len(await deliveries(client, 5)) == 5
    assert (await counts(client, "q"))[0] == 0


async def test_consumers_take_turns(client: AmqpClient) -> None:
    await client.call(1, Declare(queue="q"), amqp.Queue.DeclareOk)
    for tag in "abc":
        await consume(client, "q", consumer_tag=tag)
    for number in range(6):
        client.publish("", "q", b"%d" % number)
    assert [one.method.consumer_tag for one in await deliveries(client, 6)] == ["a", "b", "c"] * 2


async def test_requeued_messages_go_back_to_their_place(client: AmqpClient) -> None:
    await filled(client, *(b"%d" % number for number in range(6)))
    for _ in range(4):
        await client.call(1, amqp.Basic.Get(queue="q"), amqp.Basic.GetOk)
    client.send(1, amqp.Basic.Nack(3, requeue=True))  # 2
    client.send(1, amqp.Basic.Reject(1, requeue=True))  # 0
    client.send(1, amqp.Basic.Ack(2))
    seen = []
    for _ in range(4):
        client.send(1, amqp.Basic.Get(queue="q", no_ack=True))
        received = await client.next(1)
        seen.append((received.body, received.method.redelivered))
    assert seen == [(b"0", True), (b"2", True), (b"4", False), (b"5", False)]


async def test_closing_a_channel_gives_back_what_it_held(client: AmqpClient) -> None:
    await filled(client, b"1", b"2", b"3")
    await client.open_channel(2)
    await client.call(2, amqp.Basic.Qos(prefetch_count=2), amqp.Basic.QosOk)
    await consume(client, "q", channel=2)
    await deliveries(client, 2, channel=2)
    await client.call(2, amqp.Channel.Close(200, "", 0, 0), amqp.Channel.CloseOk)
    seen = []
    for _ in range(3):
        client.send(1, amqp.Basic.Get(queue="q"))
        received = await client.next(1)
        seen.append((received.body, received.method.redelivered))
    assert seen == [(b"1", True), (b"2", True), (b"3", False)]


async def test_losing_a_connection_gives_back_what_it_held(engine: Peer, client: AmqpClient) -> None:
    await filled(client, b"1")
    other = await AmqpClient.open(engine)
    await consume(other, "q")
    await deliveries(other, 1)
    await consume(client, "q")
    other.writer.transport.abort()
    received = (await deliveries(client, 1))[0]
    assert (received.body, received.method.redelivered) == (b"1", True)


async def test_recover(client: AmqpClient) -> None:
    await filled(client, b"1", b"2")
    await client.call(1, amqp.Basic.Get(queue="q"), amqp.Basic.GetOk)
    await client.call(1, amqp.Basic.Recover(requeue=True), amqp.Basic.RecoverOk)
    client.send(1, amqp.Basic.Get(queue="q"))
    received = await client.next(1)
    assert (received.body, received.method.redelivered) == (b"1", True)


async def test_ack_of_everything(client: AmqpClient) -> None:
    await filled(client, b"1", b"2")
    for _ in range(2):
        await client.call(1, amqp.Basic.Get(queue="q"), amqp.Basic.GetOk)
    client.send(1, amqp.Basic.Ack(0, multiple=True))
    client.send(1, amqp.Basic.Ack(0, multiple=True))  # nothing left is no error
    await client.call(1, amqp.Basic.Recover(requeue=True), amqp.Basic.RecoverOk)
    assert (await counts(client, "q"))[0] == 0


async def test_cancel(client: AmqpClient) -> None:
    await client.call(1, Declare(queue="q"), amqp.Queue.DeclareOk)
    tag = await consume(client, "q")
    assert tag.startswith("amq.ctag-")
    assert (await client.call(1, amqp.Basic.Cancel(tag), amqp.Basic.CancelOk)).consumer_tag == tag
    await client.call(1, amqp.Basic.Cancel("unknown"), amqp.Basic.CancelOk)
    await client.published("", "q", b"stays")
    assert await counts(client, "q") == (1, 0)


async def test_consumers_are_told_when_their_queue_goes(client: AmqpClient) -> None:
    await client.open_channel(2)
    await client.call(1, Declare(queue="q"), amqp.Queue.DeclareOk)
    tag = await consume(client, "q", channel=2)
    await client.call(1, amqp.Queue.Delete(queue="q"), amqp.Queue.DeleteOk)
    assert (await client.expect(2, amqp.Basic.Cancel)).consumer_tag == tag


async def test_delivery_of_a_deleted_queue_can_still_be_settled(client: AmqpClient) -> None:
    await filled(client, b"1", b"2", b"3")
    tags = [
        (await client.call(1, amqp.Basic.Get(queue="q"), amqp.Basic.GetOk)).delivery_tag for _ in range(3)
    ]
    await client.call(1, amqp.Queue.Delete(queue="q"), amqp.Queue.DeleteOk)
    client.send(1, amqp.Basic.Ack(tags[0]))
    client.send(1, amqp.Basic.Nack(tags[1], requeue=True))
    client.send(1, amqp.Basic.Reject(tags[2], requeue=False))
    await client.call(1, Declare(queue="q"), amqp.Queue.DeclareOk)
    assert (await counts(client, "q"))[0] == 0


async def test_purge_and_delete_count(client: AmqpClient) -> None:
    await filled(client, b"1", b"2", b"3")
    await client.call(1, amqp.Basic.Get(queue="q"), amqp.Basic.GetOk)
    assert (await client.call(1, amqp.Queue.Purge(queue="q"), amqp.Queue.PurgeOk)).message_count == 2
    await client.published("", "q", b"4")
    assert (await client.call(1, amqp.Queue.Delete(queue="q"), amqp.Queue.DeleteOk)).message_count == 1
    assert (await client.call(1, amqp.Queue.Delete(queue="q"), amqp.Queue.DeleteOk)).message_count == 0


async def test_auto_delete(client: AmqpClient) -> None:
    await client.call(1, amqp.Exchange.Declare(exchange="e", auto_delete=True), amqp.Exchange.DeclareOk)
    await client.call(1, Declare(queue="q", auto_delete=True), amqp.Queue.DeclareOk)
    bind = amqp.Queue.Bind(queue="q", exchange="e", routing_key="k")
    await client.call(1, bind, amqp.Queue.BindOk)
    assert await counts(client, "q") == (0, 0)
    tag = await consume(client, "q")
    await client.call(1, amqp.Basic.Cancel(tag), amqp.Basic.CancelOk)
    await client.open_channel(2)
    client.send(2, Declare(queue="q", passive=True))
    assert (await client.refusal(2))[0] == 404
    client.send(1, amqp.Exchange.Declare(exchange="e", passive=True))
    assert (await client.refusal(1))[0] == 404


async def test_names_the_server_gives(client: AmqpClient) -> None:
    name = (await client.call(1, Declare(queue="", exclusive=True), amqp.Queue.DeclareOk)).queue
    assert name.startswith("amq.gen-")
    bind = amqp.Queue.Bind(queue="", exchange="amq.direct", routing_key="k")  # the last one declared
    await client.call(1, bind, amqp.Queue.BindOk)
    await client.published("amq.direct", "k", b"m")
    assert (await client.call(1, amqp.Basic.Get(queue=""), amqp.Basic.GetOk)).routing_key == "k"


async def test_names_of_any_alphabet(client: AmqpClient) -> None:
    """pamqp would refuse to encode some of these in an answer; brokers do not."""
    name = "régulation !?*[é]"
    payload = b"\x00\x32\x00\x0a\x00\x00" + bytes((len(name.encode()),)) + name.encode() + b"\x00" + bytes(4)
    client.writer.write(b"\x01\x00\x01" + len(payload).to_bytes(4, "big") + payload + b"\xce")
    assert (await client.expect(1, amqp.Queue.DeclareOk)).queue == name
    await client.published("", name, b"m")
    client.send(1, amqp.Basic.Get(queue="", no_ack=True))
    assert (await client.next(1)).method.routing_key == name


async def test_second_declaration_of_the_same(client: AmqpClient) -> None:
    for _ in range(2):
        declare = Declare(
            queue="q", durable=True, arguments={"x-message-ttl": 60_000, "x-unknown": "ignored"}
        )
        await client.call(1, declare, amqp.Queue.DeclareOk)
        exchange = amqp.Exchange.Declare(exchange="e", exchange_type="fanout", durable=True)
        await client.call(1, exchange, amqp.Exchange.DeclareOk)


async def test_nowait_is_not_answered(client: AmqpClient) -> None:
    client.send(1, Declare(queue="q", nowait=True))
    client.send(1, amqp.Queue.Bind(queue="q", exchange="amq.direct", routing_key="k", nowait=True))
    client.send(1, amqp.Basic.Consume(queue="q", consumer_tag="c", nowait=True))
    client.send(1, amqp.Basic.Cancel("c", nowait=True))
    client.send(1, amqp.Queue.Purge(queue="q", nowait=True))
    client.send(1, amqp.Confirm.Select(nowait=True))
    assert await counts(client, "q") == (0, 0)
    client.send(1, amqp.Queue.Delete(queue="q", nowait=True))
    assert (await client.call(1, amqp.Queue.Delete(queue="q"), amqp.Queue.DeleteOk)).message_count == 0

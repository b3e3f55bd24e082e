"""Time to live and dead letters, with RabbitMQ's headers."""

from __future__ import annotations

import struct
import time
from datetime import UTC, datetime
from typing import Any

import pytest
from pamqp import commands as amqp

from .amqp_client import AmqpClient, Received

Declare = amqp.Queue.Declare
Properties = amqp.Basic.Properties


async def declare(client: AmqpClient, name: str, **arguments: Any) -> None:
    table = {key.replace("_", "-"): value for key, value in arguments.items()}
    await client.call(1, Declare(queue=name, arguments=table), amqp.Queue.DeclareOk)


async def listen(client: AmqpClient, queue: str) -> None:
    await client.call(1, amqp.Basic.Consume(queue=queue, no_ack=True), amqp.Basic.ConsumeOk)


async def dead(client: AmqpClient) -> Received:
    received = await client.next(1)
    assert isinstance(received.method, amqp.Basic.Deliver)
    return received


def deaths(received: Received) -> list[dict[str, Any]]:
    """x-death without its times, which must be now."""
    assert received.properties is not None
    headers: Any = received.properties.headers
    for death in headers["x-death"]:
        assert abs((death.pop("time") - datetime.now(UTC)).total_seconds()) < 5
    return list(headers["x-death"])


async def test_queue_ttl_by_argument(client: AmqpClient) -> None:
    await declare(client, "q", x_message_ttl=60, x_dead_letter_exchange="dlx")
    await listen(client, "dead")
    before = time.monotonic()
    client.publish(
        "", "q", b"late", properties=Properties(headers={"mine": 1}, content_type="a/b", delivery_mode=2)
    )
    received = await dead(client)
    assert time.monotonic() - before >= 0.055
    assert (received.method.exchange, received.method.routing_key, received.body) == ("dlx", "q", b"late")
    assert not received.method.redelivered
    assert received.properties is not None
    headers: Any = received.properties.headers
    assert deaths(received) == [
        {"count": 1, "reason": "expired", "queue": "q", "exchange": "", "routing-keys": ["q"]}
    ]
    assert {name: headers[name] for name in headers if name != "x-death"} == {
        "mine": 1, "x-first-death-exchange": "", "x-first-death-queue": "q", "x-first-death-reason": "expired",
    }  # fmt: skip
    assert (received.properties.content_type, received.properties.delivery_mode) == ("a/b", 2)


async def test_queue_ttl_by_policy(client: AmqpClient) -> None:
    await declare(client, "short.q")
    await listen(client, "dead")
    client.publish("", "short.q", b"late")
    assert deaths(await dead(client))[0]["queue"] == "short.q"


async def test_shorter_of_argument_and_policy(client: AmqpClient) -> None:
    await declare(client, "short.q", x_message_ttl=60_000)
    await listen(client, "dead")
    client.publish("", "short.q", b"late")
    assert (await dead(client)).body == b"late"


async def test_message_ttl_is_taken_off(client: AmqpClient) -> None:
    await declare(client, "q", x_dead_letter_exchange="dlx", x_dead_letter_routing_key="grave")
    await listen(client, "dead")
    client.publish("", "q", b"late", properties=Properties(expiration="50"))
    received = await dead(client)
    assert received.method.routing_key == "grave"
    assert received.properties is not None
    assert received.properties.expiration is None
    assert deaths(received) == [{
        "count": 1, "reason": "expired", "queue": "q", "exchange": "", "routing-keys": ["q"],
        "original-expiration": "50",
    }]  # fmt: skip


async def test_expiry_waits_for_the_head(client: AmqpClient) -> None:
    """A message expires when it reaches the head of its queue, not before."""
    await declare(client, "q", x_dead_letter_exchange="dlx")
    await listen(client, "dead")
    client.publish("", "q", b"slow", properties=Properties(expiration="150"))
    client.publish("", "q", b"quick", properties=Properties(expiration="1"))
    assert [(await dead(client)).body, (await dead(client)).body] == [b"slow", b"quick"]


async def test_no_time_at_all(client: AmqpClient) -> None:
    """A time to live of 0 reaches a waiting consumer, and nothing else."""
    await declare(client, "q", x_message_ttl=0, x_dead_letter_exchange="dlx")
    await listen(client, "dead")
    client.publish("", "q", b"nobody")
    assert (await dead(client)).body == b"nobody"
    await listen(client, "q")
    client.publish("", "q", b"somebody")
    received = await dead(client)
    assert (received.method.exchange, received.body) == ("", b"somebody")


@pytest.mark.parametrize("method", ["reject", "nack"])
async def test_rejected(client: AmqpClient, method: str) -> None:
    await declare(client, "q", x_dead_letter_exchange="dlx")
    await listen(client, "dead")
    await client.published(
        "", "q", b"bad", properties=Properties(headers={"mine": "kept"}, expiration="60000")
    )
    tag = (await client.call(1, amqp.Basic.Get(queue="q"), amqp.Basic.GetOk)).delivery_tag
    client.send(
        1,
        amqp.Basic.Reject(tag, requeue=False) if method == "reject" else amqp.Basic.Nack(tag, requeue=False),
    )
    received = await dead(client)
    assert deaths(received) == [{
        "count": 1, "reason": "rejected", "queue": "q", "exchange": "", "routing-keys": ["q"],
        "original-expiration": "60000",
    }]  # fmt: skip


async def test_rejected_many_keep_their_order(client: AmqpClient) -> None:
    await declare(client, "q", x_dead_letter_exchange="dlx")
    await listen(client, "dead")
    for number in range(5):
        await client.published("", "q", b"%d" % number)
        await client.call(1, amqp.Basic.Get(queue="q"), amqp.Basic.GetOk)
    client.send(1, amqp.Basic.Nack(0, multiple=True, requeue=False))
    assert [(await dead(client)).body for _ in range(5)] == [b"0", b"1", b"2", b"3", b"4"]


async def test_second_death_comes_first_and_is_counted(client: AmqpClient) -> None:
    """q rejects to r, r expires back to q, q rejects again: one entry a queue and reason, the latest first."""
    await declare(client, "q", x_dead_letter_exchange="", x_dead_letter_routing_key="r")
    await declare(client, "r", x_message_ttl=30, x_dead_letter_exchange="", x_dead_letter_routing_key="q")
    await client.call(1, amqp.Basic.Consume(queue="q"), amqp.Basic.ConsumeOk)
    client.publish("", "q", b"m")
    rounds = []
    for _ in range(3):
        received = await dead(client)
        if received.properties is not None and received.properties.headers:
            rounds.append([(one["reason"], one["queue"], one["count"]) for one in deaths(received)])
        client.send(1, amqp.Basic.Reject(received.method.delivery_tag, requeue=False))
    assert rounds == [
        [("expired", "r", 1), ("rejected", "q", 1)],
        [("expired", "r", 2), ("rejected", "q", 2)],
    ]


async def test_automatic_cycle_is_broken(client: AmqpClient) -> None:
    await declare(client, "q", x_message_ttl=20, x_dead_letter_exchange="", x_dead_letter_routing_key="r")
    await declare(client, "r", x_message_ttl=20, x_dead_letter_exchange="", x_dead_letter_routing_key="q")
    await declare(client, "after", x_message_ttl=120, x_dead_letter_exchange="dlx")
    await listen(client, "dead")
    client.publish("", "q", b"round and round")
    client.publish("", "after", b"later")
    assert (await dead(client)).body == b"later"
    for queue in ("q", "r"):
        assert (
            await client.call(1, Declare(queue=queue, passive=True), amqp.Queue.DeclareOk)
        ).message_count == 0


@pytest.mark.parametrize("target", ["nowhere", "amq.direct"])
async def test_dead_letter_without_a_way_is_dropped(client: AmqpClient, target: str) -> None:
    await declare(client, "q", x_dead_letter_exchange=target)
    await client.published("", "q", b"gone")
    tag = (await client.call(1, amqp.Basic.Get(queue="q"), amqp.Basic.GetOk)).delivery_tag
    client.send(1, amqp.Basic.Reject(tag, requeue=False))
    assert (await client.call(1, Declare(queue="q", passive=True), amqp.Queue.DeclareOk)).message_count == 0


async def test_types_of_headers_survive(client: AmqpClient) -> None:
    """Every type of a field comes through a dead-lettering as the bytes that were sent."""
    fields = {
        b"a-long": b"l" + struct.pack(">q", 5), b"b-short": b"s\x00\x07", b"c-double": b"d" + struct.pack(">d", 0.1),
        b"d-text": b"S\x00\x00\x00\x02ok", b"e-true": b"t\x01", b"f-void": b"V", b"g-byte": b"b\xff",
        b"h-table": b"F\x00\x00\x00\x04\x01xt\x00", b"i-array": b"A\x00\x00\x00\x02t\x01", b"j-int": b"I\x00\x00\x00\x01",
        b"k-decimal": b"D\x02\x00\x00\x00\x05", b"l-bytes": b"x\x00\x00\x00\x01\xfe", b"m-time": b"T" + bytes(8),
        b"n-float": b"f" + struct.pack(">f", 0.5),
    }  # fmt: skip
    table = b"".join(bytes((len(name),)) + name + value for name, value in fields.items())
    raw = b"\x20\x00" + struct.pack(">I", len(table)) + table
    await declare(client, "q", x_dead_letter_exchange="dlx")
    await client.published("", "q", b"m", raw_properties=raw)
    client.send(1, amqp.Basic.Get(queue="q"))
    received = await client.next(1)
    assert received.raw_properties == raw
    await listen(client, "dead")
    client.send(1, amqp.Basic.Reject(received.method.delivery_tag, requeue=False))
    letter = await dead(client)
    for name, value in fields.items():
        assert bytes((len(name),)) + name + value in letter.raw_properties
    assert b"\x05countl" + struct.pack(">q", 1) in letter.raw_properties


async def test_forged_x_death_is_replaced(client: AmqpClient) -> None:
    """A client may have put anything under that name."""
    await declare(client, "q", x_dead_letter_exchange="dlx")
    await listen(client, "dead")
    forged: Any = [{"queue": "q", "reason": "rejected", "count": 41}, {"queue": "other", "reason": "expired"}]
    await client.published("", "q", b"m", properties=Properties(headers={"x-death": forged}))
    tag = (await client.call(1, amqp.Basic.Get(queue="q"), amqp.Basic.GetOk)).delivery_tag
    client.send(1, amqp.Basic.Reject(tag, requeue=False))
    received = await dead(client)
    assert received.properties is not None
    headers: Any = received.properties.headers
    assert [(one["queue"], one["reason"]) for one in headers["x-death"]] == [
        ("q", "rejected"),
        ("other", "expired"),
    ]

"""Random sequences of operations, played on both brokers: every answer and every delivery must be the same."""

from __future__ import annotations

import asyncio
from random import Random
from typing import Any

import pytest
from pamqp import commands as amqp

from recette.sandbox.rabbitmq import RabbitMqNode

from .amqp_client import AmqpClient, Peer
from .conftest import on_rabbitmq

Declare = amqp.Queue.Declare
Observation = tuple[Any, ...]
SEQUENCES = 24
STEPS = 40


class Play:
    """One sequence on one broker: the seed decides all that is not an answer of the broker."""

    def __init__(self, client: AmqpClient, seed: int) -> None:
        self.client = client
        self.random = Random(seed)
        self.seen: list[Observation] = []
        self.unsettled: list[int] = []
        self.tags: list[str] = []
        self.published = 0

    async def run(self) -> list[Observation]:
        arguments: Any = {"x-dead-letter-exchange": "", "x-dead-letter-routing-key": "dead"}
        await self.client.call(1, Declare(queue="q", arguments=arguments), amqp.Queue.DeclareOk)
        await self.client.call(
            1, amqp.Basic.Qos(prefetch_count=self.random.choice((0, 1, 3))), amqp.Basic.QosOk
        )
        actions = [self.publish] * 6 + [self.get] * 3 + [self.settle] * 6 + [
            self.consume, self.consume, self.cancel, self.purge, self.recover, self.prefetch,
        ]  # fmt: skip
        for _ in range(STEPS):
            action = self.random.choice(actions)
            await action()
            await self.settle_down(action.__name__)
        await self.client.call(1, amqp.Basic.Recover(requeue=True), amqp.Basic.RecoverOk)
        return self.seen

    async def publish(self) -> None:
        self.published += 1
        key = self.random.choice(("q", "q", "q", "nowhere"))
        self.client.publish("", key, b"%d" % self.published, mandatory=key == "nowhere")
        if key == "nowhere":
            self.seen.append(("returned", (await self.client.expect(1, amqp.Basic.Return)).reply_code))

    async def get(self) -> None:
        no_ack = self.random.random() < 0.3
        self.client.send(1, amqp.Basic.Get(queue="q", no_ack=no_ack))
        received = await self.client.next(1, passing=amqp.Basic.Deliver)
        method = received.method
        if isinstance(method, amqp.Basic.GetEmpty):
            self.seen.append(("empty",))
            return
        self.seen.append(
            ("got", received.body, method.redelivered, method.message_count, method.delivery_tag)
        )
        if not no_ack:
            self.unsettled.append(method.delivery_tag)

    async def settle(self) -> None:
        if not self.unsettled:
            return
        tag = self.random.choice(sorted(self.unsettled))
        multiple, kind = self.random.random() < 0.3, self.random.choice(("ack", "ack", "requeue", "reject"))
        if kind == "ack":
            self.client.send(1, amqp.Basic.Ack(tag, multiple))
        else:
            self.client.send(1, amqp.Basic.Nack(tag, multiple, requeue=kind == "requeue"))
        self.seen.append((kind, tag, multiple))
        self.unsettled = [one for one in self.unsettled if (one > tag if multiple else one != tag)]

    async def consume(self) -> None:
        # One at a time: which of several gets a message that comes free is the broker's affair.
        if self.tags:
            return
        tag = f"c{len(self.seen)}"
        self.tags.append(tag)
        await self.client.call(1, amqp.Basic.Consume(queue="q", consumer_tag=tag), amqp.Basic.ConsumeOk)

    async def cancel(self) -> None:
        if self.tags:
            await self.client.call(1, amqp.Basic.Cancel(self.tags.pop()), amqp.Basic.CancelOk)

    async def purge(self) -> None:
        answer = await self.client.call(1, amqp.Queue.Purge(queue="q"), amqp.Queue.PurgeOk)
        self.seen.append(("purged", answer.message_count))

    async def recover(self) -> None:
        await self.client.call(1, amqp.Basic.Recover(requeue=True), amqp.Basic.RecoverOk)
        self.unsettled.clear()

    async def prefetch(self) -> None:
        count = self.random.choice((0, 1, 2, 5))
        await self.client.call(1, amqp.Basic.Qos(prefetch_count=count), amqp.Basic.QosOk)

    async def settle_down(self, action: str) -> None:
        """Two answers of the queue later, what the action set going has reached the channel."""
        for _ in range(2):
            answer = await self.client.call(1, Declare(queue="q", passive=True), amqp.Queue.DeclareOk)
        for received in self.client.delivered():
            self.unsettled.append(received.method.delivery_tag)
            self.seen.append(
                ("delivered", received.body, received.method.redelivered, received.method.delivery_tag)
            )
        self.seen.append((action, answer.message_count, answer.consumer_count))


async def play(peer: Peer, seed: int) -> list[Observation]:
    client = await AmqpClient.open(peer)
    try:
        return await Play(client, seed).run()
    finally:
        await client.close()


async def test_both_brokers_answer_alike(embedded: Peer, rabbitmq_node: RabbitMqNode) -> None:
    observations = 0
    async with on_rabbitmq(rabbitmq_node) as rabbitmq:
        for seed in range(SEQUENCES):
            observations += await alike(embedded, rabbitmq, seed)
    assert observations > SEQUENCES * STEPS


async def alike(embedded: Peer, rabbitmq: Peer, seed: int) -> int:
    """Play one sequence on both; how many observations there were."""
    here, there = await asyncio.gather(play(embedded, seed), play(rabbitmq, seed))
    for step, (one, other) in enumerate(zip(here, there, strict=False)):
        assert one == other, f"seed {seed}, observation {step}: embedded {one}, RabbitMQ {other}"
    assert len(here) == len(there)
    await forget(embedded)
    await forget(rabbitmq)
    return len(here)


async def forget(peer: Peer) -> None:
    client = await AmqpClient.open(peer)
    await client.call(1, amqp.Queue.Delete(queue="q"), amqp.Queue.DeleteOk)
    await client.close()


@pytest.mark.parametrize("seed", [1, 2])
async def test_a_sequence_is_the_same_each_time(seed: int, embedded: Peer) -> None:
    first = await play(embedded, seed)
    await forget(embedded)
    assert await play(embedded, seed) == first

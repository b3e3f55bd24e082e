"""What RabbitMQ 4 has of queues, on the version that is here: quorum queues with a delivery limit, none transient."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import aiormq
import pytest
from aiormq.abc import DeliveredMessage

from recette.hub import topology
from recette.hub.address import BrokerAddress
from recette.hub.connection import HubConnection
from recette.hub.wire import PERSISTENT, Delivery, Properties
from recette.messages.building import envelope, new_distribution_id, serialise
from recette.messages.hub_saw import HubSaw
from recette.messages.profile.reader import PROFILES
from recette.messages.reading import JSON_TYPE, read
from recette.sandbox.definitions import DISPATCHER, definitions, new_passwords
from recette.sandbox.dispatcher import Dispatcher
from recette.sandbox.rabbitmq import RabbitMqNode
from recette.sandbox.settings import hub_settings

A, B = "fr.health.quorum1", "fr.health.quorum2"
OWN_DISPATCHER = "dispatcher-quorum"
"""The node is the session's, and its users are everybody's."""
VHOSTS = itertools.cycle(["15-gps_v1.2", "15-gps_v1.3", "15-smur_v1.6", "15-smur_v1.7"])
DELIVERIES = 3
"""20 on RabbitMQ 4 by default; a policy says it on any version."""
LIMIT = 20.0


def wanted(vhost: str, passwords: dict[str, str], ttl: float) -> dict[str, Any]:
    document = definitions([vhost], passwords, ttl=ttl, quorum=True)
    for one in document["policies"]:
        one["definition"]["delivery-limit"] = DELIVERIES
    for one in (*document["users"], *document["permissions"], *document["topic_permissions"]):
        for name in ("name", "user"):
            if one.get(name) == DISPATCHER:
                one[name] = OWN_DISPATCHER
    return document


class QuorumHub:
    """One vHost with its dispatcher; what the hub saw is kept."""

    def __init__(self, address: Callable[[str], BrokerAddress]) -> None:
        self.address = address
        self.buried: asyncio.Queue[HubSaw] = asyncio.Queue()

    def saw(self, event: HubSaw) -> None:
        if event.action == "dead-lettered":
            self.buried.put_nowait(event)

    async def send(self) -> str:
        """An acknowledgment from A to B; returns its id."""
        identifier, now = new_distribution_id(A), datetime.now(UTC)
        document = envelope(
            {"distributionID": "x"},
            "reference",
            sender=A,
            recipient=B,
            distribution_id=identifier,
            sent_at=now,
            expires_at=now + timedelta(days=2),
            kind="Ack",
        )
        async with await HubConnection.open(self.address(A), name="A") as connection:
            sent = await connection.publish(
                topology.CLIENT_EXCHANGE, A, serialise(document), Properties(JSON_TYPE, PERSISTENT)
            )
        assert sent.status == "confirmed"
        return identifier


@asynccontextmanager
async def quorum_hub(node: RabbitMqNode, profile: str, ttl: float) -> AsyncIterator[QuorumHub]:
    vhost, passwords = next(VHOSTS), new_passwords([A, B])
    await node.import_definitions(wanted(vhost, passwords, ttl))
    words = {**passwords, OWN_DISPATCHER: passwords[DISPATCHER]}
    hub = QuorumHub(lambda client: BrokerAddress("127.0.0.1", node.port, vhost, client, words[client]))
    dispatcher = await Dispatcher.start(hub.address(OWN_DISPATCHER), hub.saw, hub_settings(profile))
    try:
        yield hub
    finally:
        await dispatcher.close()


async def reports(hub: QuorumHub, connection: HubConnection) -> asyncio.Queue[str | None]:
    """Ids of the messages that A gets reports about."""
    found: asyncio.Queue[str | None] = asyncio.Queue()

    async def take(delivery: Delivery) -> bool:
        found.put_nowait(read(delivery.body, JSON_TYPE, 3).reference_id)
        return True

    await connection.consume(topology.queue(A, "info"), take)
    return found


@pytest.mark.parametrize("profile", PROFILES)
async def test_a_message_handed_back_without_end_is_let_go_at_the_limit(
    rabbitmq_node: RabbitMqNode, profile: str
) -> None:
    """The broker buries it for a reason of its own: the hub of 2026 reports only what expired."""
    async with quorum_hub(rabbitmq_node, profile, 60.0) as hub:
        place = hub.address(B)
        editor = await aiormq.connect(f"amqp://{B}:{place.password}@127.0.0.1:{place.port}/{place.vhost}")
        channel, counts = await editor.channel(), []

        async def hand_back(message: DeliveredMessage) -> None:
            assert message.delivery_tag is not None
            counts.append((message.header.properties.headers or {}).get("x-delivery-count", 0))
            await channel.basic_reject(message.delivery_tag, requeue=True)

        await channel.basic_consume(topology.queue(B, "ack"), hand_back)
        async with await HubConnection.open(hub.address(A), name="A reads") as reading:
            heard = await reports(hub, reading)
            identifier = await hub.send()
            async with asyncio.timeout(LIMIT):
                buried = await hub.buried.get()
            assert (buried.distribution_id, buried.reason) == (identifier, "delivery_limit")
            assert counts == list(range(DELIVERIES + 1))
            if profile == "2025-03":
                async with asyncio.timeout(LIMIT):
                    assert await heard.get() == identifier
            else:
                assert heard.empty()
        await editor.close()


async def test_what_expires_in_a_quorum_queue_is_reported(rabbitmq_node: RabbitMqNode) -> None:
    async with (
        quorum_hub(rabbitmq_node, "2026", 0.3) as hub,
        await HubConnection.open(hub.address(A), name="A reads") as reading,
    ):
        heard = await reports(hub, reading)
        identifier = await hub.send()
        async with asyncio.timeout(LIMIT):
            buried = await hub.buried.get()
            assert (buried.distribution_id, buried.reason) == (identifier, "expired")
            assert await heard.get() == identifier


def test_no_queue_is_transient_and_nobody_may_declare_one() -> None:
    document = wanted("15-15_v2.1", new_passwords([A, B]), 60.0)
    assert document["queues"]
    for queue in document["queues"]:
        assert (queue["durable"], queue["auto_delete"]) == (True, False)
        assert queue["arguments"] == {"x-queue-type": "quorum"}
    assert {one["configure"] for one in document["permissions"]} == {"^$"}

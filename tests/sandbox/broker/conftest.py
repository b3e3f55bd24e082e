"""Both brokers behind one fixture. Definitions are the same; each test gets a vHost that no other test uses."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from recette.sandbox.broker import EmbeddedBroker
from recette.sandbox.rabbitmq import RabbitMqNode

from .amqp_client import AmqpClient, Peer

POOL = 150
"""vHosts made ahead in one import: one each would cost half a second a test."""
USERS = ("owner", "editor", "reader", "stranger")


def pool_definitions(vhosts: list[str]) -> dict[str, Any]:
    """`owner` may do anything; `editor` what a hub's client may; `reader` only read; `stranger` enters no vHost."""
    document: dict[str, Any] = {
        "vhosts": [{"name": name} for name in vhosts],
        "users": [{"name": name, "password": "secret", "tags": ""} for name in USERS],
        "permissions": [], "topic_permissions": [], "exchanges": [], "queues": [], "bindings": [], "policies": [],
    }  # fmt: skip
    for vhost in vhosts:
        document["permissions"] += [
            _right(vhost, "owner", ".*", ".*", ".*"),
            _right(vhost, "editor", "", "^hubsante$", r"^editor\.(message|ack|info)$"),
            _right(vhost, "reader", "^$", "^$", ".*"),
        ]
        document["topic_permissions"].append(
            {"vhost": vhost, "user": "editor", "exchange": "hubsante", "write": "^{username}$", "read": "^$"}
        )
        document["exchanges"] += [_exchange(vhost, "hubsante", "topic"), _exchange(vhost, "dlx", "fanout")]
        document["queues"] += [
            {"vhost": vhost, "name": name, "durable": True, "auto_delete": False, "arguments": {}}
            for name in ("dispatch", "dead", "editor.message")
        ]
        document["bindings"] += [
            _binding(vhost, "hubsante", "dispatch", "#"),
            _binding(vhost, "dlx", "dead", ""),
        ]
        document["policies"].append({
            "vhost": vhost, "name": "short", "pattern": r"^short\.", "apply-to": "queues", "priority": 1,
            "definition": {"message-ttl": 80, "dead-letter-exchange": "dlx"},
        })  # fmt: skip
    return document


def _right(vhost: str, user: str, configure: str, write: str, read: str) -> dict[str, Any]:
    return {"vhost": vhost, "user": user, "configure": configure, "write": write, "read": read}


def _exchange(vhost: str, name: str, kind: str) -> dict[str, Any]:
    return {"vhost": vhost, "name": name, "type": kind, "durable": True, "auto_delete": False, "internal": False,
            "arguments": {}}  # fmt: skip


def _binding(vhost: str, source: str, destination: str, key: str) -> dict[str, Any]:
    return {"vhost": vhost, "source": source, "destination": destination, "destination_type": "queue",
            "routing_key": key, "arguments": {}}  # fmt: skip


@pytest.fixture(scope="session")
def rabbitmq_pool(rabbitmq_node: RabbitMqNode) -> Iterator[Peer]:
    """Vhosts of the session's node, each to be used once."""
    names = [f"broker{number}" for number in range(POOL)]
    asyncio.run(rabbitmq_node.import_definitions(pool_definitions(names)))
    return (Peer(rabbitmq_node.host, rabbitmq_node.port, name) for name in names)


@pytest.fixture
async def embedded() -> AsyncIterator[Peer]:
    """An embedded broker of its own, and its vHost."""
    broker = await EmbeddedBroker.start(pool_definitions(["own"]))
    yield Peer(broker.host, broker.port, "own")
    await broker.stop()


@pytest.fixture(params=["embedded", "rabbitmq"])
def engine(request: pytest.FixtureRequest) -> Peer:
    """A fresh vHost on each broker in turn."""
    if request.param == "embedded":
        peer: Peer = request.getfixturevalue("embedded")
        return peer
    pool: Iterator[Peer] = request.getfixturevalue("rabbitmq_pool")
    return next(pool)


@pytest.fixture(autouse=True)
async def no_client_left() -> AsyncIterator[None]:
    yield
    while AmqpClient.opened:
        await AmqpClient.opened.pop().close()


@pytest.fixture
async def client(engine: Peer) -> AmqpClient:
    """Full rights, channel 1 open."""
    return await AmqpClient.open(engine)

"""Both brokers behind one fixture. Definitions are the same; each test gets a vHost that no other test uses."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from recette.sandbox.broker import EmbeddedBroker
from recette.sandbox.rabbitmq import RabbitMqNode
from tests.sandbox.node_control import vhosts

from .amqp_client import AmqpClient, Peer

_NUMBERS = itertools.count()
USERS = ("owner", "editor", "reader", "stranger")


def own_definitions(vhosts: list[str]) -> dict[str, Any]:
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


@asynccontextmanager
async def on_embedded() -> AsyncIterator[Peer]:
    """An embedded broker of its own, and its vHost."""
    broker = await EmbeddedBroker.start(own_definitions(["own"]))
    yield Peer(broker.host, broker.port, "own")
    await _close_clients()
    await broker.stop()


@asynccontextmanager
async def on_rabbitmq(node: RabbitMqNode) -> AsyncIterator[Peer]:
    """A vHost of its own on the session's node."""
    name = f"broker{next(_NUMBERS)}"
    async with vhosts(node, own_definitions([name])):
        yield Peer(node.host, node.port, name)
        await _close_clients()


@pytest.fixture
async def embedded() -> AsyncIterator[Peer]:
    async with on_embedded() as peer:
        yield peer


@pytest.fixture(params=["embedded", "rabbitmq"])
async def engine(request: pytest.FixtureRequest) -> AsyncIterator[Peer]:
    """A fresh vHost on each broker in turn."""
    embedded = request.param == "embedded"
    async with on_embedded() if embedded else on_rabbitmq(request.getfixturevalue("rabbitmq_node")) as peer:
        yield peer


@pytest.fixture(autouse=True)
async def _no_client_stays() -> AsyncIterator[None]:
    """Those of a test with a broker of its own too: in another test's loop they cannot be closed."""
    yield
    await _close_clients()


async def _close_clients() -> None:
    while AmqpClient.opened:
        await AmqpClient.opened[-1].close()


@pytest.fixture
async def client(engine: Peer) -> AmqpClient:
    """Full rights, channel 1 open."""
    return await AmqpClient.open(engine)

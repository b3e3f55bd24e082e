"""One RabbitMQ node for the session, a vHost for a test; the same tests run on the embedded broker."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from recette.hub.address import BrokerAddress
from recette.sandbox.broker import EmbeddedBroker
from recette.sandbox.rabbitmq import RabbitMqNode
from tests.sandbox.node_control import vhosts
from tests.sandbox.troubled import Hub, embedded
from tests.session_node import Lodger

_NUMBERS = itertools.count()


def definitions(vhosts: list[str]) -> dict[str, Any]:
    """On each vHost: `all` may do everything, `limited` only publish to `t` with its own key and read `q`."""
    document: dict[str, Any] = {
        "vhosts": [{"name": name} for name in vhosts],
        "users": [{"name": name, "password": name, "tags": ""} for name in ("all", "limited")],
        "permissions": [],
        "topic_permissions": [],
        "exchanges": [],
        "queues": [],
        "bindings": [],
        "policies": [],
    }
    for vhost in vhosts:
        document["permissions"] += [
            {"vhost": vhost, "user": "all", "configure": ".*", "write": ".*", "read": ".*"},
            {"vhost": vhost, "user": "limited", "configure": "^$", "write": "^t$", "read": "^q$"},
        ]
        document["topic_permissions"].append(
            {"vhost": vhost, "user": "limited", "exchange": "t", "write": "^me$", "read": "^$"}
        )
        options = {"vhost": vhost, "durable": True, "auto_delete": False, "arguments": {}}
        document["exchanges"] += [
            {**options, "name": "t", "type": "topic", "internal": False},
            {**options, "name": "dlx", "type": "fanout", "internal": False},
        ]
        document["queues"] += [{**options, "name": name} for name in ("q", "short", "dead")]
        document["bindings"] += [
            {
                "vhost": vhost,
                "source": source,
                "destination": queue,
                "destination_type": "queue",
                "routing_key": key,
                "arguments": {},
            }
            for source, queue, key in (("t", "q", "#"), ("dlx", "dead", ""))
        ]
        document["policies"].append(
            {
                "vhost": vhost,
                "name": "short",
                "pattern": "^short$",
                "apply-to": "queues",
                "priority": 0,
                "definition": {"message-ttl": 100, "dead-letter-exchange": "dlx"},
            }
        )
    return document


@dataclass(frozen=True)
class EngineUnderTest:
    name: str
    port: int
    vhost: str

    def address(self, user: str = "all") -> BrokerAddress:
        return BrokerAddress("127.0.0.1", self.port, self.vhost, user, user)


@pytest.fixture(params=["embedded", "rabbitmq"])
async def engine(request: pytest.FixtureRequest) -> AsyncIterator[EngineUnderTest]:
    if request.param == "rabbitmq":
        node: RabbitMqNode = request.getfixturevalue("rabbitmq_node")
        name = f"v{next(_NUMBERS)}"
        async with vhosts(node, definitions([name])):
            yield EngineUnderTest("rabbitmq", node.port, name)
        return
    broker = await EmbeddedBroker.start(definitions(["v"]))
    yield EngineUnderTest("embedded", broker.port, "v")
    await broker.stop()


@pytest.fixture(scope="module", params=["embedded", "rabbitmq"])
def hub(request: pytest.FixtureRequest) -> Iterator[Hub]:
    """One hub for the module on each broker: the session's node, or an embedded broker in a thread of its own."""
    if request.param == "rabbitmq":
        lodger = Lodger(request.getfixturevalue("rabbitmq_node"))
        found = Hub.on(lodger, quorum=True)
        yield found
        found.close()
        asyncio.run(lodger.stop())
        return
    with embedded() as engine:
        found = Hub.on(engine)
        yield found
        found.close()

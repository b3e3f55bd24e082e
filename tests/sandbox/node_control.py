"""What tests do with the session's RabbitMQ node: stop and start what serves, and take a vHost away again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from recette.sandbox.running_node import RunningNode

LIMIT = 90.0


async def stop_app(node: RunningNode) -> None:
    """As `rabbitmqctl stop_app`: every connection is closed, the Erlang node goes on."""
    await _done(node, "rabbit:stop().")


async def start_app(node: RunningNode) -> None:
    await _done(node, "rabbit:start().")


async def delete_vhost(node: RunningNode, name: str) -> None:
    await _done(node, f'rabbit_vhost:delete(<<"{name}">>, <<"tests">>).')


@asynccontextmanager
async def vhosts(node: RunningNode, definitions: dict[str, Any]) -> AsyncIterator[None]:
    """For as long as they are needed: each that stays makes every later start of the node a tenth of a second longer."""
    await node.import_definitions(definitions)
    yield
    for vhost in definitions["vhosts"]:
        await delete_vhost(node, vhost["name"])


async def _done(node: RunningNode, expression: str) -> None:
    said = await asyncio.wait_for(node.evaluate(expression), LIMIT)
    assert said == "{ok, ok}", said

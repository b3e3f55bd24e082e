"""A node that many plays have one after the other: each has it alone, and finds nothing of the one before."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import pytest

from recette.campaign.campaign import play_at_home
from recette.campaign.options import Options
from recette.hub import topology
from recette.hub.address import BrokerAddress
from recette.hub.connection import HubConnection
from recette.hub.errors import HubError
from recette.hub.wire import PERSISTENT, Properties
from recette.sandbox import lent_nodes
from recette.sandbox.definitions import definitions, new_passwords
from recette.sandbox.lent_nodes import LentNode
from recette.sandbox.rabbitmq import RabbitMqNode
from recette.sandbox.running_node import RabbitMqError, RunningNode
from recette.scenario.selection import select

CLIENT = "fr.health.lent991"
VHOST, OTHER = "15-15_v2.1", "15-15_v1.5"


@pytest.fixture
async def lent(rabbitmq_node: RabbitMqNode) -> AsyncIterator[RunningNode]:
    yield RunningNode(rabbitmq_node.folder, rabbitmq_node.port, rabbitmq_node.environment)
    (rabbitmq_node.folder / "lent").unlink()
    await rabbitmq_node.delete([VHOST, OTHER])


def wanted(node: RunningNode, *vhosts: str) -> tuple[BrokerAddress, dict[str, Any]]:
    """The client's login on the last of the vHosts, and the definitions of all."""
    words = new_passwords([CLIENT])
    address = BrokerAddress(node.host, node.port, vhosts[-1], CLIENT, words[CLIENT])
    return address, definitions(vhosts, words)


async def test_a_play_finds_nothing_of_the_one_before(lent: RunningNode) -> None:
    before, both = wanted(lent, OTHER, VHOST)
    first = await LentNode.take([lent], both)
    assert first is not None
    assert await LentNode.take([lent], both) is None, "it is somebody's"
    async with await HubConnection.open(before, name="test") as client:
        await client.publish(
            topology.CLIENT_EXCHANGE, CLIENT, b"{}", Properties("application/json", PERSISTENT)
        )
        assert (await client.inspect(topology.DISPATCH_QUEUE)).messages == 1
    await first.stop()
    after, one = wanted(lent, VHOST)
    second = await LentNode.take([lent], one)
    assert second is not None
    async with await HubConnection.open(after, name="test") as client:
        assert (await client.inspect(topology.DISPATCH_QUEUE)).messages == 0
    with pytest.raises(HubError):
        await HubConnection.open(replace(after, vhost=OTHER), name="test")
    await second.stop()


def test_a_campaign_is_played_on_it(lent: RunningNode, tmp_path: Path, scenarios_folder: Path) -> None:
    chosen = select(["15-15-partage-simple"], scenarios_folder).scenarios
    (scenario,) = (one for one in chosen if one.edition.endswith(".g3"))
    asked = [replace(scenario, testable=scenario.testable[:1])]
    found = play_at_home(asked, (), tmp_path / "journal.jsonl", Options(broker="rabbitmq", lent=(lent,)))
    assert [one.verdict for one in found.scenarios] == ["pass"]
    assert (lent.folder / "lent").read_text(encoding="utf-8") == f'["{VHOST}"]'


class CountedNode(RunningNode):
    """No node: it counts those that run."""

    running: ClassVar[int] = 0
    room: ClassVar[int] = 2

    @classmethod
    async def start(cls, _definitions: object) -> CountedNode:
        if cls.running == cls.room:
            raise RabbitMqError("plus de place")
        cls.running += 1
        return cls(Path("/nowhere"), 5672 + cls.running)

    async def stop(self) -> None:
        type(self).running -= 1


@pytest.mark.parametrize("many", [2, 3])
def test_those_that_were_started_are_stopped(many: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lent_nodes, "RabbitMqNode", CountedNode)
    there: list[int] = []
    with suppress(RabbitMqError), lent_nodes.lent_nodes(many) as nodes:
        there = [one.port for one in nodes]
        assert CountedNode.running == many
    assert there == ([5673, 5674] if many == CountedNode.room else [])
    assert CountedNode.running == 0

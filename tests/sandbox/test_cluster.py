"""Three RabbitMQ nodes with quorum queues, as in production: one is killed in mid-run, and comes back.

Some forty seconds to start: it runs in CI, and where RECETTE_CLUSTER is set.
"""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import pytest

from recette.campaign.campaign import play_on_target
from recette.campaign.options import Options
from recette.journal.events import DriverAsked, Sent
from recette.journal.link_events import LinkLost, LinkRestored
from recette.journal.reader import read_journal
from recette.judge.judging import judge
from recette.report.audience import Audience
from recette.sandbox.rabbitmq import RabbitMqNode
from tests.proxy import Proxy
from tests.sandbox.troubled import Hub, findings, once, scenario
from tests.served_hub import need_rabbitmq

pytestmark = pytest.mark.skipif(
    not (os.environ.get("CI") or os.environ.get("RECETTE_CLUSTER")),
    reason="trois nœuds RabbitMQ : en intégration continue, ou avec RECETTE_CLUSTER=1",
)
LIMIT = 240.0
PLAYS = [scenario("15-15-partage-simple.g1", one) for one in ("destinataire", "origine")]
Result = TypeVar("Result")


class Member(RabbitMqNode):
    """A node that shares the cookie and the port mapper of the first, and that can be killed and begun again."""

    first: Member | None = None

    def _make_environment(self, epmd: int, distribution: int) -> dict[str, str]:
        found = super()._make_environment(epmd, distribution)
        if self.environment:
            return self.environment  # the same node comes back
        if Member.first is None:
            Member.first = self
        else:
            found["ERL_EPMD_PORT"] = Member.first.environment["ERL_EPMD_PORT"]
            found["HOME"] = Member.first.environment["HOME"]
        return found

    @property
    def name(self) -> str:
        return self.environment["RABBITMQ_NODENAME"]

    def _write_configuration(self) -> None:
        """A new node joins the first when it starts: joining later, its broker would start twice."""
        super()._write_configuration()
        assert Member.first is not None
        members = "".join(
            f"cluster_formation.classic_config.nodes.{place} = {one.name}\n"
            for place, one in enumerate(dict.fromkeys((Member.first, self)), 1)
        )
        with (self.folder / "rabbitmq.conf").open("a", encoding="utf-8", newline="\n") as file:
            file.write(f"cluster_formation.peer_discovery_backend = classic_config\n{members}")

    async def joined(self) -> bool:
        """Whether three nodes run as one."""
        said = await self.evaluate("length(rabbit_nodes:all_running()).")
        return said == "{ok, 3}"

    async def kill(self) -> None:
        """As a machine that loses its power."""
        server = self._processes.pop()
        os.killpg(server.pid, signal.SIGKILL)
        await server.wait()

    async def again(self) -> None:
        Path(self.environment["NOTIFY_SOCKET"]).unlink()  # noqa: ASYNC240 - a file of its own
        await self._launch()


@dataclass
class Cluster:
    """Nodes in a loop of their own, behind one address as behind a load balancer."""

    nodes: list[Member] = field(default_factory=list)
    loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)
    port: int = 0
    proxy: Proxy | None = None

    def run(self, work: Coroutine[Any, Any, Result]) -> Result:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(LIMIT)

    async def import_definitions(self, definitions: dict[str, Any], /) -> None:
        await self.nodes[0].import_definitions(definitions)

    async def serve(self, stop: asyncio.Event, ready: threading.Event) -> None:
        async with Proxy.before(self.nodes[0].port) as self.proxy:
            self.port = self.proxy.port
            ready.set()
            await stop.wait()

    async def fall(self) -> None:
        """The node that all clients are on dies; the load balancer leads to the next."""
        assert self.proxy is not None
        self.proxy._to = self.nodes[1].port
        await self.nodes[0].kill()
        self.proxy.cut()


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    need_rabbitmq()
    Member.first = None
    found = Cluster()
    thread = threading.Thread(target=found.loop.run_forever)
    thread.start()
    stop, ready = asyncio.Event(), threading.Event()

    async def start() -> None:
        found.nodes.append(await Member.start({}))  # the others share its cookie
        found.nodes += await asyncio.gather(Member.start({}), Member.start({}))
        assert all([await one.joined() for one in found.nodes])

    async def end() -> None:
        stop.set()
        for one in reversed(found.nodes):
            await one.stop()

    try:
        found.run(start())
        serving = asyncio.run_coroutine_threadsafe(found.serve(stop, ready), found.loop)
        assert ready.wait(LIMIT)
        yield found
        found.run(end())
        serving.result(LIMIT)
    finally:
        found.loop.call_soon_threadsafe(found.loop.stop)
        thread.join(LIMIT)
        found.loop.close()


def test_a_node_dies_in_mid_run_and_comes_back(cluster: Cluster, tmp_path: Path) -> None:
    """What was confirmed is on two other nodes: the verdict is the true one, and nothing is lost."""
    hub = Hub.on(cluster, quorum=True)
    journal = tmp_path / "journal.jsonl"
    back: list[Any] = []

    def fall(anew: Any) -> None:
        cluster.run(cluster.fall())
        hub.revive()
        anew()
        back.append(asyncio.run_coroutine_threadsafe(cluster.nodes[0].again(), cluster.loop))

    try:
        with hub.mortal() as (url, anew):
            listener = once(DriverAsked, lambda: fall(anew))
            found = play_on_target(
                hub.target(url, ack=60.0, answer=60.0), PLAYS, (), journal, Options(), Audience(listener)
            )
            back[0].result(LIMIT)
            after = play_on_target(
                hub.target(url, ack=60.0, answer=60.0),
                PLAYS,
                (),
                tmp_path / "after.jsonl",
                Options(),
                Audience(),
            )
    finally:
        hub.close()
    assert (found.verdict, findings(found)) == ("pass", []), [one.findings for one in found.scenarios]
    assert (after.verdict, findings(after)) == ("pass", [])
    assert len(found.scenarios) == 2
    recorded = read_journal(journal)
    events = [one.event for one in recorded.entries]
    assert any(isinstance(one, LinkLost) for one in events)
    assert any(isinstance(one, LinkRestored) for one in events)
    assert sum(isinstance(one, Sent) for one in events) >= 2
    assert recorded.complete
    assert judge(recorded) == found

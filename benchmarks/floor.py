"""The default run against a floor: the same messages through the same broker and dispatcher, without harness.

    python benchmarks/floor.py [embedded|rabbitmq] [rounds] [jobs]

Windows in which nothing may come are counted apart; so are starting and stopping the hub. Plays are judged while they
wait for such a window to end, as far as that goes; what is left to be judged after the run counts.
"""

from __future__ import annotations

import asyncio
import re
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from recette.campaign.campaign import play_at_home
from recette.campaign.home import HOME_JOBS
from recette.campaign.options import Options
from recette.hub import topology
from recette.hub.connection import HubConnection
from recette.hub.wire import PERSISTENT, Delivery, Properties
from recette.journal.events import Entry, Received, RunEnded, ScenarioEnded, ScenarioStarted, Sent
from recette.journal.reader import Journal, read_journal
from recette.messages.hub_saw import HubSaw
from recette.messages.reading import JSON_TYPE
from recette.report.audience import Audience
from recette.sandbox.hub import BrokerKind, Sandbox
from recette.scenario.selection import select

IDENTIFIER = re.compile(rb'(?:"distributionID":\s*"|<distributionID>)([^"<]+)')
SCENARIOS = Path(__file__).parent.parent / "scenarios"


def main() -> None:
    broker = cast("BrokerKind", sys.argv[1] if len(sys.argv) > 1 else "embedded")
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    jobs = int(sys.argv[3]) if len(sys.argv) > 3 else HOME_JOBS
    scenarios = select((), SCENARIOS).scenarios
    harness: list[float] = []
    floors: list[float] = []
    for turn in range(rounds + 1):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "journal.jsonl"
            clock = Clock()
            play_at_home(scenarios, (), path, Options(broker=broker, jobs=jobs), Audience(clock.saw))
            judging = time.perf_counter() - clock.over
            bodies = sent_bodies(read_journal(path))
        floor = asyncio.run(replayed(broker, bodies))
        if turn == 0:
            continue  # the first turn compiles the schemas, for both
        harness.append(clock.played + judging)
        floors.append(floor)
        print(
            f"{len(bodies)} messages : harness {harness[-1] * 1000:.0f} ms (judging after the run {judging * 1000:.0f}), "
            f"silences {clock.waited * 1000:.0f} ms, floor {floor * 1000:.0f} ms, ratio {harness[-1] / floor:.2f}"
        )
    ratios = [one / floor for one, floor in zip(harness, floors, strict=True)]
    print(
        f"{broker}, {jobs} at a time, {rounds} rounds: median ratio {statistics.median(ratios):.2f}, "
        f"fastest of each {min(harness) / min(floors):.2f}"
    )


class Clock:
    """Takes the time of a run as it is journaled; seconds."""

    def __init__(self) -> None:
        self._began = self._ended = self.over = self.waited = 0.0

    def saw(self, entry: Entry) -> None:
        now = time.perf_counter()
        match entry.event:
            case ScenarioStarted():
                self._began = self._began or now
            case ScenarioEnded():
                self._ended = now
            case RunEnded(waited=waited):
                self.over, self.waited = now, waited

    @property
    def played(self) -> float:
        """From the first play to the end of the last, without the silences."""
        return self._ended - self._began - self.waited


@dataclass(frozen=True)
class Body:
    """What went through the hub."""

    client: str
    vhost: str
    queue: str
    content_type: str
    body: bytes


def sent_bodies(journal: Journal) -> list[Body]:
    """Every message that the hub passed on within one vHost, in order: what it converts is not what it was sent."""
    known: dict[str, tuple[str, bytes]] = {}
    crossed: set[str | None] = set()
    for one in journal.entries:
        if isinstance(one.event, HubSaw) and one.event.action == "transferred":
            crossed.add(one.event.distribution_id)
        if isinstance(one.event, Received | Sent):
            found = IDENTIFIER.search(one.event.body)
            if found is not None:
                known[found[1].decode()] = (one.event.content_type or JSON_TYPE, one.event.body)
    return [
        Body(one.event.client, one.event.vhost, one.event.recipient or "", *known[one.event.distribution_id])
        for one in journal.entries
        if isinstance(one.event, HubSaw)
        and one.event.action == "forwarded"
        and one.event.distribution_id in known
        and one.event.distribution_id not in crossed
    ]


async def replayed(broker: BrokerKind, bodies: list[Body]) -> float:
    """Seconds to publish and consume the same messages, one after the other, with no harness."""
    clients = {(one.client, one.vhost) for one in bodies}
    clients |= {(one.queue.rpartition(".")[0], one.vhost) for one in bodies}
    vhosts = sorted({vhost for _, vhost in clients})
    sandbox = await Sandbox.start(vhosts, sorted({client for client, _ in clients}), broker=broker)
    came: asyncio.Queue[Delivery] = asyncio.Queue()

    async def keep(delivery: Delivery) -> bool:
        came.put_nowait(delivery)
        return True

    connections = {}
    for client, vhost in clients:
        connection = await HubConnection.open(sandbox.address(client, vhost), name="floor")
        for channel in topology.CHANNELS:
            await connection.consume(topology.queue(client, channel), keep)
        connections[client, vhost] = connection
    begun = time.perf_counter()
    for one in bodies:
        await connections[one.client, one.vhost].publish(
            topology.CLIENT_EXCHANGE, one.client, one.body, Properties(one.content_type, PERSISTENT)
        )
        await came.get()
    spent = time.perf_counter() - begun
    for connection in connections.values():
        await connection.close()
    await sandbox.stop()
    return spent


if __name__ == "__main__":
    main()

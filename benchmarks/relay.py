"""What a relay adds to a message's way through a broker, and what it costs.

    python benchmarks/relay.py [rounds] [messages]

Publish with a confirm, consume, acknowledge; 4 KB persistent JSON, on the embedded broker, each in a process of its own.
One message at a time for the round trip; 100 in flight for the messages a second. Ways are tried in turns. The medians of all
rounds are told, and the best round of each: on a machine that others use, what it costs at least.
"""

from __future__ import annotations

import asyncio
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from recette.hub.address import BrokerAddress
from recette.hub.connection import HubConnection
from recette.hub.wire import PERSISTENT, Delivery, Properties

BODY = b'{"text": "' + b"x" * 4_000 + b'"}'
SAID = Properties("application/json", PERSISTENT)
AT_ONCE = 100
QUEUE, EXCHANGE = "dispatch", "hubsante"

BROKER = """
import asyncio
from recette.sandbox.broker import EmbeddedBroker
from tests.sandbox.broker.conftest import own_definitions
async def main():
    broker = await EmbeddedBroker.start(own_definitions(["own"]))
    print(broker.port, flush=True)
    await asyncio.Event().wait()
asyncio.run(main())
"""


@dataclass
class Figures:
    """Of one way: seconds of each round trip, and messages a second."""

    trips: list[float] = field(default_factory=list)
    rates: list[float] = field(default_factory=list)
    middles: list[float] = field(default_factory=list)
    """The median of each round's trips."""


@asynccontextmanager
async def program(*words: str) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    """A process and the first line that it says; ended at the end."""
    process = await asyncio.create_subprocess_exec(sys.executable, *words, stdout=subprocess.PIPE)
    assert process.stdout is not None
    try:
        yield process, (await process.stdout.readline()).decode()
    finally:
        process.terminate()
        await process.communicate()


async def one_by_one(address: BrokerAddress, count: int, figures: Figures) -> None:
    came = asyncio.Event()
    trips: list[float] = []

    async def take(_: Delivery) -> bool:
        came.set()
        return True

    async with await HubConnection.open(address, name="bench") as connection:
        await connection.consume(QUEUE, take)
        for _ in range(count):
            came.clear()
            begun = time.perf_counter()
            await connection.publish(EXCHANGE, "k", BODY, SAID)
            await came.wait()
            trips.append(time.perf_counter() - begun)
    figures.trips += trips
    figures.middles.append(statistics.median(trips))


async def many(address: BrokerAddress, count: int, figures: Figures) -> None:
    done = asyncio.Event()
    left = count

    async def take(_: Delivery) -> bool:
        nonlocal left
        left -= 1
        if not left:
            done.set()
        return True

    async with await HubConnection.open(address, name="bench") as connection:
        await connection.consume(QUEUE, take)
        turns = asyncio.Semaphore(AT_ONCE)

        async def publish() -> None:
            async with turns:
                await connection.publish(EXCHANGE, "k", BODY, SAID)

        begun = time.perf_counter()
        await asyncio.gather(*(publish() for _ in range(count)))
        await done.wait()
        figures.rates.append(count / (time.perf_counter() - begun))


def cpu_of(pid: int) -> float:
    """Seconds of CPU that a process has had so far (Linux)."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(") ")[2].split()
    ticks = int(fields[11]) + int(fields[12])
    return ticks / 100


async def main(rounds: int, count: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with program("-c", BROKER) as (broker, said):
            port = int(said)
            words = ("-m", "recette.cli", "relay", "--port", "0", "--report", f"{folder}/r", "--hub")
            async with program(*words, f"amqp://127.0.0.1:{port}") as (relay, told):
                through = int(told.partition("://")[2].partition(",")[0].rpartition(":")[2])
                ways = {"direct": port, "relay": through}
                figures = {name: Figures() for name in ways}
                relay_cpu: list[float] = []
                direct_cpu: list[float] = []
                for turn in range(rounds + 1):
                    for name, at in ways.items():
                        address = BrokerAddress("127.0.0.1", at, "own", "owner", "secret")
                        kept = figures[name] if turn else Figures()  # the first turn warms up
                        before = cpu_of(broker.pid) + own_cpu(), cpu_of(relay.pid)
                        await one_by_one(address, count, kept)
                        await many(address, count * 4, kept)
                        if turn and name == "relay":
                            relay_cpu.append(cpu_of(relay.pid) - before[1])
                        elif turn:
                            direct_cpu.append(cpu_of(broker.pid) + own_cpu() - before[0])
    for name, one in figures.items():
        trip, rate = statistics.median(one.trips) * 1000, statistics.median(one.rates)
        print(
            f"{name}: median round trip {trip:.3f} ms (best round {min(one.middles) * 1000:.3f}), {rate:.0f} messages/s "
            f"(best {max(one.rates):.0f}) with {AT_ONCE} in flight"
        )
    added = (statistics.median(figures["relay"].trips) - statistics.median(figures["direct"].trips)) * 1000
    best = (min(figures["relay"].middles) - min(figures["direct"].middles)) * 1000
    print(
        f"added by the relay: {added:.3f} ms (best rounds {best:.3f}); its CPU {sum(relay_cpu):.2f} s, "
        f"{sum(relay_cpu) / sum(direct_cpu):.2f} of a direct exchange (best rounds {min(relay_cpu) / min(direct_cpu):.2f})"
    )


def own_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    asyncio.run(
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 5, int(sys.argv[2]) if len(sys.argv) > 2 else 300)
    )

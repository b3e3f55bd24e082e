"""A relay that disturbs its link for as long as one likes: what is lost, what comes twice, what its memory does.

    python benchmarks/relay_endurance.py [seconds] [messages a second] [seconds between incidents]

Broker and relay are processes of their own; one client publishes and consumes through the relay, with confirms and
acknowledgments, and comes back after each cut. Lost is what the broker confirmed and what never came; doubled is what came
more than once without the broker saying that it hands it over again. Ends with 1 where there is one of either.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from relay import BROKER, EXCHANGE, QUEUE, SAID, program

from recette.hub.address import BrokerAddress
from recette.hub.errors import HubError
from recette.hub.lasting import LastingConnection
from recette.hub.wire import Delivery

INCIDENTS = (
    "coupure",
    "coupure-en-trame",
    "silence:2",
    "lenteur:3",
    "refus:2",
    "redemarrage:3",
    "deux-fois:2",
)
SETTLING = 60.0
"""Seconds without a message, after which nothing more is awaited, once no more is published."""
EVERY = 30.0
"""Seconds between two looks at the relay's memory."""


@dataclass
class Noted:
    """What was said of each message, by its number."""

    confirmed: set[int] = field(default_factory=set)
    fresh: Counter[int] = field(default_factory=Counter)
    """How often it came as new."""
    again: int = 0
    unknown: int = 0
    gaps: int = 0
    came: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def missing(self) -> set[int]:
        return self.confirmed - self.fresh.keys()

    @property
    def doubled(self) -> list[int]:
        return [number for number, times in self.fresh.items() if times > 1]

    def took(self, number: int, *, redelivered: bool) -> None:
        """It came."""
        if redelivered:
            self.again += 1
            self.fresh.setdefault(number, 0)
        else:
            self.fresh[number] += 1
        self.came.set()

    async def settled(self) -> None:
        """Until all that was confirmed has come, or nothing has for a while: a hub may be behind."""
        try:
            while self.missing:
                self.came.clear()
                await asyncio.wait_for(self.came.wait(), SETTLING)
        except TimeoutError:
            pass

    def lost(self, _: str) -> None:
        self.gaps += 1

    def failed(self, error: HubError) -> None: ...
    def restored(self, seconds: float, attempts: int) -> None: ...
    def gone(self, error: HubError) -> None:
        sys.exit(f"the client gave up: {error}")

    def blocked(self, reason: str | None) -> None: ...


def resident(pid: int) -> float:
    """MiB of a process (Linux)."""
    pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    return pages * 4096 / 2**20


def numbered(number: int) -> bytes:
    """A body of 4 KB that says which it is."""
    return b'{"number": %d, "text": "%s"}' % (number, b"x" * 4_000)


async def published(
    link: LastingConnection,
    noted: Noted,
    seconds: float,
    rate: float,
    key: str = "k",
    body: Callable[[int], bytes] = numbered,
) -> int:
    """Until the time is over; a message each 1 / rate seconds, whatever becomes of those before. Returns how many."""
    loop = asyncio.get_running_loop()
    end, tasks = loop.time() + seconds, set[asyncio.Task[None]]()

    async def one(number: int) -> None:
        outcome = await link.publish(EXCHANGE, key, body(number), SAID)
        if outcome.status == "confirmed":
            noted.confirmed.add(number)
        else:
            noted.unknown += 1

    for number in itertools.count():
        if loop.time() >= end:
            await asyncio.gather(*tasks)
            return number
        tasks.add(task := asyncio.create_task(one(number)))
        task.add_done_callback(tasks.discard)
        await asyncio.sleep(1 / rate)
    raise AssertionError


async def looked_at(pid: int, found: list[float]) -> None:
    begun = time.monotonic()
    while True:
        found.append(resident(pid))
        print(f"{time.monotonic() - begun:6.0f} s  relay {found[-1]:.1f} MiB", flush=True)
        await asyncio.sleep(EVERY)


def relayed(folder: str, every: float) -> tuple[str, ...]:
    """The command of a relay that disturbs its link every so many seconds, but for its hub and the incidents."""
    return ("-m", "recette.cli", "relay", "--port", "0", "--report", f"{folder}/r", "--every", f"{every:g}")


async def main(seconds: float, rate: float, every: float) -> int:
    logging.getLogger("aiormq").setLevel(logging.CRITICAL)
    noted, memory = Noted(), list[float]()
    with tempfile.TemporaryDirectory() as folder:
        async with program("-c", BROKER) as (_, said):
            hub = f"amqp://127.0.0.1:{int(said)}"
            async with program(*relayed(folder, every), "--hub", hub, "--disturb", *INCIDENTS) as (
                relay,
                told,
            ):
                port = int(told.partition("://")[2].partition(",")[0].rpartition(":")[2])
                link = await LastingConnection.open(
                    BrokerAddress("127.0.0.1", port, "own", "owner", "secret"),
                    name="endurance",
                    watcher=noted,
                )

                async def take(delivery: Delivery) -> bool:
                    number = int(delivery.body[len(b'{"number": ') :].partition(b",")[0])
                    noted.took(number, redelivered=delivery.redelivered)
                    return True

                await link.consume(QUEUE, take)
                looking = asyncio.create_task(looked_at(relay.pid, memory))
                sent = await published(link, noted, seconds, rate)
                await noted.settled()
                looking.cancel()
                await link.close()
    print(
        f"{sent} published in {seconds:.0f} s, {len(noted.confirmed)} confirmed, {noted.unknown} unknown; {noted.gaps} cuts; "
        f"{noted.again} handed over again; lost {len(noted.missing)}, doubled {len(noted.doubled)}; relay "
        f"{memory[min(2, len(memory) - 1)]:.1f} MiB early, {memory[-1]:.1f} MiB at the end, {max(memory):.1f} MiB at most"
    )
    return 1 if noted.missing or noted.doubled else 0


if __name__ == "__main__":
    given = [float(one) for one in sys.argv[1:]]
    sys.exit(asyncio.run(main(*(given + [3600.0, 25.0, 20.0][len(given) :]))))

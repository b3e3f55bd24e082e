"""Many messages through the sandbox while all goes wrong: what is lost, what comes twice, what memory does.

    python benchmarks/endurance.py [messages] [embedded|rabbitmq] [seed]

The hub (broker, dispatchers) is a process of its own, whose memory is looked at; two reference editors send each other
updates of a case and acknowledge them. Beside them links are cut, the dispatchers are started again, the broker raises
alarms and, where it is a RabbitMQ node, stops and comes back; hostile clients log in with noise, or publish what
nobody can read. Queues are quorum queues on RabbitMQ, as in production: the dispatchers forward without delivery mode.

Lost is what the broker confirmed to its sender and what never came. Twice may come what the dispatcher, or the broker,
was about to settle when a link broke; anything else that comes twice is told as such. An update that came must be
acknowledged, but where the ack left on a link that broke. Ends with 1 where one of them is not so.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
import time
from collections import Counter
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from random import Random

from endurance_hub import HOSTILE, VHOST, A, B, Hub, Unmoved, hub_process

from recette.hub import topology
from recette.hub.address import BrokerAddress
from recette.hub.lasting import LastingConnection
from recette.hub.wire import Delivery, Properties, PublishOutcome
from recette.messages.reading import read
from recette.messages.vhosts import vhost
from recette.sandbox.editor import Misbehaviour, ReferenceEditor
from recette.sandbox.standing import AT_HOME
from tests.proxy import Proxy
from tests.sandbox.broker.amqp_client import AmqpClient, Peer
from tests.sandbox.test_hostile_messages import BODIES, JSON, PROPERTIES, message

LANES = 8
"""Updates that one editor publishes at a time."""
IN_FLIGHT = 25
"""Updates of one lane that are not acknowledged yet."""
HELD = 50
"""What a consumer may hold unsettled, and so see again, each time that its link breaks."""
PATIENCE = 120.0
"""Seconds without any progress, after which what has not come is lost."""
EVERY = 2_000
"""Messages between two troubles."""


@dataclass
class Ledger:
    """What one editor sent and got."""

    sent: dict[str, str] = field(default_factory=dict)
    """What became of each publication, by distributionID; acks too."""
    got: Counter[str] = field(default_factory=Counter)
    unsure_acks: set[str] = field(default_factory=set)
    """Updates of the other whose ack left on a link that broke: nobody is to wait for it."""
    came: int = 0
    """All of `got`; to add it up for each message that comes would cost more than the message."""


class Noted:
    """The editor's connection, with a note of what leaves and of what comes."""

    def __init__(self, connection: LastingConnection) -> None:
        self._connection = connection
        self.address = connection.address
        self.ledger = Ledger()

    async def publish(self, to: str, key: str, body: bytes, properties: Properties) -> PublishOutcome:
        outcome = await self._connection.publish(to, key, body, properties)
        document = json.loads(body)
        self.ledger.sent[document["distributionID"]] = outcome.status
        if document["distributionKind"] == "Ack" and outcome.status != "confirmed":
            acknowledged = read(body, properties.content_type, vhost(VHOST).edition).reference_id
            self.ledger.unsure_acks.add(acknowledged or "")
        return outcome

    async def close(self) -> None:
        await self._connection.close()


class Side:
    """One reference editor that sends updates of its case for as long as it is asked to."""

    def __init__(self, client: str, to: str, noted: Noted) -> None:
        self.to, self.noted = to, noted
        self.editor = ReferenceEditor(noted, client, "LRM", Misbehaviour())  # type: ignore[arg-type]
        self.moved = asyncio.Event()
        self.waiting: set[str] = set()
        """Updates that were confirmed, and that no ack came for."""
        self.other: Side = self

    @classmethod
    async def start(cls, address: BrokerAddress, client: str, to: str) -> Side:
        link = await LastingConnection.open(
            address, name=client, watcher=Unmoved(), backoff=AT_HOME, patience=1e9
        )
        side = cls(client, to, Noted(link))
        for channel in topology.CHANNELS:
            await link.consume(topology.queue(client, channel), side._take)
        return side

    async def _take(self, delivery: Delivery) -> bool:
        known = json.loads(delivery.body).get("distributionID", "")
        self.noted.ledger.got[known] += 1
        self.noted.ledger.came += 1
        kept = await self.editor.receive(delivery)
        self.moved.set()
        return kept

    def open(self, updates: set[str]) -> set[str]:
        """Those of `updates` that an ack may still come for."""
        delivered, unsure = self.editor.memory.delivered, self.other.noted.ledger.unsure_acks
        return {one for one in updates if one not in delivered and one not in unsure}

    async def send(self, count: int) -> None:
        """One lane: no more than IN_FLIGHT of its updates wait for their ack."""
        content = {"caseId": f"{self.editor.client}.DRFR1", "freetext": "Exercice fictif"}
        waiting: set[str] = set()
        for _ in range(count):
            one = self.editor.outgoing("RS-EDA-MAJ", content, self.to)
            known = str(one.document["distributionID"])
            await self.editor.send(one)
            if self.noted.ledger.sent[known] == "confirmed":
                waiting.add(known)
            while len(waiting) >= IN_FLIGHT:
                waiting = self.open(waiting)
                if len(waiting) >= IN_FLIGHT and not await self.moves(PATIENCE / 4):
                    break
        self.waiting |= waiting

    async def moves(self, within: float) -> bool:
        self.moved.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(within):
                return await self.moved.wait()
        return False

    async def settle(self) -> None:
        """Until every confirmed update is acknowledged, or nothing moves any more."""
        while (left := self.open(self.waiting)) and await self.moves(PATIENCE):
            self.waiting = left


async def reports_taken(address: BrokerAddress) -> LastingConnection:
    """Who reads what the hub tells the hostile client: unread, it would stay in the broker's memory."""
    link = await LastingConnection.open(
        address, name=HOSTILE, watcher=Unmoved(), backoff=AT_HOME, patience=1e9
    )

    async def take(_: Delivery) -> bool:
        return True

    for channel in topology.CHANNELS:
        await link.consume(topology.queue(HOSTILE, channel), take)
    return link


async def hostile(port: int, password: str, chance: Random, done: Counter[str], beside: Side) -> None:
    """Noise before a login, logins that are wrong, and publications that nobody can read; until cancelled.

    No more of them than `beside` gets messages: the dispatcher is not to be busy with them alone.
    """
    kinds = [("publishes", properties, message()) for properties in PROPERTIES.values()]
    kinds += [("publishes", JSON, body) for body in BODIES.values()]
    while True:
        kind, properties, body = chance.choice(
            [*kinds, *[("noise", b"", b"")] * 10, *[("login", b"", b"")] * 10]
        )
        done[kind] += 1
        await beside.moves(5)
        with suppress(
            OSError, AssertionError, asyncio.IncompleteReadError, TimeoutError, ValueError, RuntimeError
        ):
            if kind == "noise":
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.write(chance.choice([b"", b"AMQP\0\0\x09\x01"]) + chance.randbytes(2_000))
                await writer.drain()
                writer.close()
            else:
                word = password if kind == "publishes" else "wrong"
                client = await AmqpClient.open(Peer("127.0.0.1", port, VHOST), HOSTILE, word)
                try:
                    await client.published(topology.CLIENT_EXCHANGE, HOSTILE, body, raw_properties=properties)
                finally:
                    await client.close()
            AmqpClient.opened.clear()


async def trouble(
    ask: Hub, sides: list[Side], ways: dict[str, Proxy], kind: str, chance: Random, done: Counter[str]
) -> None:
    """One trouble after each EVERY messages, until cancelled."""
    least = 0
    while True:
        await asyncio.wait([asyncio.create_task(one.moves(5)) for one in sides])
        moved = sum(one.noted.ledger.came for one in sides)
        if moved < least:
            continue
        least = moved + EVERY
        what = chance.choice(
            ["A", "B", "hub", "dispatcher", "alarm", *(["node"] if kind == "rabbitmq" else [])]
        )
        done[what] += 1
        if what in ways:
            ways[what].cut()
        elif what == "alarm":
            await ask.ask("alarm")
            await asyncio.sleep(chance.random())
            await ask.ask("calm")
        else:
            await ask.ask(what)


async def watched(ask: Hub, sides: list[Side], wanted: int, found: list[tuple[int, float]]) -> None:
    """Memory after each twentieth of all messages, until cancelled."""
    while True:
        await asyncio.wait([asyncio.create_task(one.moves(5)) for one in sides])
        moved = sum(one.noted.ledger.came for one in sides)
        if moved >= (len(found) + 1) * wanted / 20:
            memory = (await ask.ask("figures"))["resident"]
            found.append((moved, memory))
            print(f"{moved} messages, hub {memory:.0f} MB", file=sys.stderr, flush=True)


async def main(wanted: int, kind: str, seed: int) -> int:
    chance, troubles, attacks = Random(seed), Counter[str](), Counter[str]()
    memory: list[tuple[int, float]] = []
    began = time.monotonic()
    async with AsyncExitStack() as stack:
        ask = Hub(await stack.enter_async_context(hub_process(kind)))
        first = await ask.heard()
        port, words = first["port"], first["passwords"]
        ways = {name: await stack.enter_async_context(Proxy.before(port)) for name in ("A", "B", "hub")}
        await ask.ask(str(ways["hub"].port))
        sides = [
            await Side.start(BrokerAddress("127.0.0.1", ways[name].port, VHOST, own, words[own]), own, other)
            for name, own, other in (("A", A, B), ("B", B, A))
        ]
        sides[0].other, sides[1].other = sides[1], sides[0]
        ears = await reports_taken(BrokerAddress("127.0.0.1", port, VHOST, HOSTILE, words[HOSTILE]))
        stack.push_async_callback(ears.close)
        beside = [
            asyncio.create_task(trouble(ask, sides, ways, kind, chance, troubles)),
            asyncio.create_task(watched(ask, sides, wanted, memory)),
            asyncio.create_task(hostile(port, words[HOSTILE], chance, attacks, sides[0])),
        ]
        await asyncio.gather(*(one.send(wanted // 4 // LANES) for one in sides for _ in range(LANES)))
        for one in beside:
            one.cancel()
        ended = await asyncio.gather(*beside, return_exceptions=True)
        for side in sides:
            await side.settle()
        hub_seen = (await ask.ask("figures"))["seen"]
        for side in sides:
            await side.noted.close()
    crashed = [one for one in ended if isinstance(one, Exception)]
    return told(sides, troubles, attacks, memory, hub_seen, time.monotonic() - began, crashed)


def told(
    sides: list[Side], troubles: Counter[str], attacks: Counter[str], memory: list[tuple[int, float]],
    hub_seen: dict[str, int], seconds: float, crashed: list[Exception],
) -> int:  # fmt: skip
    """Print the figures; 1 where something was lost, or came twice without a link that broke."""
    lost = twice = sent = unsure = 0
    unanswered = sum(len(one.open(one.waiting)) for one in sides)
    for one, other in zip(sides, reversed(sides), strict=True):
        got = other.noted.ledger.got
        sent += len(one.noted.ledger.sent)
        unsure += sum(status != "confirmed" for status in one.noted.ledger.sent.values())
        lost += sum(status == "confirmed" and not got[name] for name, status in one.noted.ledger.sent.items())
        twice += sum(count - 1 for count in got.values() if count > 1)
    may = HELD * 3 * sum(troubles[name] for name in ("A", "B", "hub", "dispatcher", "node"))
    settled = memory[len(memory) // 4 :] or [(0, 0.0)]
    growth = settled[-1][1] - settled[0][1]
    print(
        f"{sent} messages en {seconds:.0f} s ({sent / seconds:.0f}/s), dont {unsure} à l'issue inconnue de leur émetteur"
    )
    print(f"incidents : {dict(troubles)} ; attaques : {dict(attacks)} ; vu par le hub : {hub_seen}")
    print(
        f"perdus : {lost} ; sans acquittement : {unanswered} ; en double : {twice} (au plus {may} permis par les liaisons rompues)"
    )
    print(
        f"mémoire du hub après un quart : {settled[0][1]:.0f} Mo, à la fin : {settled[-1][1]:.0f} Mo ({growth:+.0f})"
    )
    for error in crashed:
        print(f"le banc d'essai a échoué : {error!r}")
    return int(bool(lost or unanswered or twice > may or crashed))


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)  # each link that breaks is told by the client library, page after page
    given = [*sys.argv[1:], *("200000", "embedded", "0")[len(sys.argv) - 1 :]]
    sys.exit(asyncio.run(main(int(given[0]), given[1], int(given[2]))))

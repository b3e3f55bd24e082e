"""A relay before a hub that is set up as the agency's, while it disturbs its link: what is lost, what comes twice, its memory.

    python benchmarks/relay_agency.py [seconds] [messages a second] [seconds between incidents]

RabbitMQ with mutual TLS and EXTERNAL, quorum queues that no client may declare, rights and topology of the hub, its dispatcher.
The relay logs in with the editor's certificate; the editor is behind it, its partner is not. Half of the messages go each
way, whole documents that the dispatcher validates. Lost is what the broker confirmed and what never came; doubled is what came
more than once without the broker saying that it hands it over again. Ends with 1 where there is one of either.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from relay import program
from relay_endurance import INCIDENTS, Noted, looked_at, published, relayed

from recette.hub import topology
from recette.hub.address import BrokerAddress
from recette.hub.connection import HubConnection
from recette.hub.lasting import LastingConnection
from recette.hub.tls import TlsFiles, client_tls
from recette.hub.wire import Delivery
from recette.messages.building import envelope, serialise
from recette.messages.dictionary.examples import example
from recette.messages.dictionary.models import model
from recette.messages.extracting import extracted_id
from recette.messages.vhosts import vhost
from recette.sandbox.authority import Authority
from recette.sandbox.definitions import DISPATCHER, definitions
from recette.sandbox.dispatcher import Dispatcher
from recette.sandbox.rabbitmq import NodeTls, RabbitMqNode
from recette.sandbox.standing import Standing

VHOST, EDITOR, PARTNER = "15-15_v1.5", "fr.health.samu991", "fr.health.samu992"
TURNED = "desordre:2"


def documents(sender: str, recipient: str) -> Callable[[int], bytes]:
    """Makes a whole RS-EDA of a number, which is in its distributionID."""
    told = model("RS-EDA", vhost(VHOST).edition)
    now = datetime.now(UTC)
    mark = "000000000000"
    whole = serialise(
        envelope(
            example(told, "maximal"),
            told.key,
            sender=sender,
            recipient=recipient,
            distribution_id=f"{sender}_{mark}",
            sent_at=now,
            expires_at=now + timedelta(hours=20),
        )
    )
    return lambda number: whole.replace(mark.encode(), b"%012d" % number)


async def reads(link: LastingConnection, client: str, noted: Noted) -> None:
    """All that comes for a client; what the hub refuses is told, and ends the measurement."""

    async def take(delivery: Delivery) -> bool:
        number = (extracted_id(delivery.body) or "").rpartition("_")[2]
        noted.took(int(number), redelivered=delivery.redelivered)
        return True

    async def refused(delivery: Delivery) -> bool:
        sys.exit(f"the hub refuses: {delivery.body[:2000]!r}")

    await link.consume(f"{client}.message", take)
    await link.consume(f"{client}.info", refused)


async def main(seconds: float, rate: float, every: float) -> int:
    logging.getLogger("aiormq").setLevel(logging.CRITICAL)
    there, back, memory = Noted(), Noted(), list[float]()
    with tempfile.TemporaryDirectory() as folder:
        authority = Authority.create(Path(folder) / "tls")
        server = authority.server()
        shown = {name: authority.client(name) for name in (EDITOR, PARTNER, DISPATCHER)}
        node = await RabbitMqNode.start(
            definitions([VHOST], dict.fromkeys(shown, ""), quorum=True),
            tls=NodeTls(authority.file, server.certificate, server.key),
        )

        def address(client: str) -> BrokerAddress:
            files = TlsFiles(authority.file, shown[client].certificate, shown[client].key)
            return BrokerAddress("127.0.0.1", node.port, VHOST, client, tls=client_tls(files), external=True)

        serving = Noted()
        start = partial(Dispatcher.start, address(DISPATCHER), lambda _: None)
        dispatcher = await Standing.begin(start, serving)
        login = ("--certificate", str(shown[EDITOR].certificate), "--key", str(shown[EDITOR].key))
        hub = ("--hub", f"amqps://127.0.0.1:{node.port}", "--authority", str(authority.file), *login)
        try:
            async with program(*relayed(folder, every), *hub, "--disturb", *INCIDENTS, TURNED) as (
                relay,
                told,
            ):
                port = int(told.partition("://")[2].partition(",")[0].rpartition(":")[2])
                behind = replace(address(EDITOR), port=port, tls=None, external=False, password="any")
                editor = await LastingConnection.open(behind, name="editor", watcher=there)
                partner = await LastingConnection.open(address(PARTNER), name="partner", watcher=back)
                await reads(partner, PARTNER, there)
                await reads(editor, EDITOR, back)
                looking = asyncio.create_task(looked_at(relay.pid, memory))
                sent = await asyncio.gather(
                    published(editor, there, seconds, rate / 2, EDITOR, documents(EDITOR, PARTNER)),
                    published(partner, back, seconds, rate / 2, PARTNER, documents(PARTNER, EDITOR)),
                )
                await asyncio.gather(there.settled(), back.settled())
                looking.cancel()
                async with await HubConnection.open(address(DISPATCHER), name="look") as look:
                    left = (await look.inspect(topology.DISPATCH_QUEUE)).messages
                await editor.close()
                await partner.close()
        finally:
            await dispatcher.close()
            await node.stop()
    for name, count, noted in (("from", sent[0], there), ("to", sent[1], back)):
        print(
            f"{name} the editor: {count} published in {seconds:.0f} s, {len(noted.confirmed)} confirmed, {noted.unknown} unknown; "
            f"{noted.again} handed over again; lost {len(noted.missing)}, doubled {len(noted.doubled)}"
        )
    print(f"{left} were still the dispatcher's to pass on, which lost its own link {serving.gaps} times")
    print(
        f"{there.gaps} cuts; relay {memory[min(2, len(memory) - 1)]:.1f} MiB early, {memory[-1]:.1f} MiB at the end, "
        f"{max(memory):.1f} MiB at most"
    )
    return 1 if any(one.missing or one.doubled for one in (there, back)) else 0


if __name__ == "__main__":
    given = [float(one) for one in sys.argv[1:]]
    sys.exit(asyncio.run(main(*(given + [3600.0, 25.0, 20.0][len(given) :]))))

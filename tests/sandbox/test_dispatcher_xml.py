"""XML at the hub: read, converted to what the recipient prefers, forced for whom is no health actor (fact sheet 7.4)."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from recette.hub import topology
from recette.hub.connection import HubConnection
from recette.hub.wire import PERSISTENT, Delivery, Properties
from recette.messages.building import envelope, new_distribution_id, serialise
from recette.messages.hub_saw import HubSaw
from recette.messages.reading import JSON_TYPE, XML_TYPE, read
from recette.sandbox.hub import Sandbox
from recette.sandbox.settings import hub_settings

VHOST, A, B, FIRE = "15-15_v1.5", "fr.health.samu991", "fr.health.samu992", "fr.fire.sis099"
LIMIT = 10.0


class Hub:
    """A hub where B prefers XML, with what came to each client's queues and what the dispatcher told."""

    def __init__(self) -> None:
        self.clients: dict[str, HubConnection] = {}
        self.got: dict[str, asyncio.Queue[Delivery]] = {}
        self.told: asyncio.Queue[HubSaw] = asyncio.Queue()

    async def open(self, sandbox: Sandbox, name: str) -> None:
        self.clients[name] = await HubConnection.open(sandbox.address(name, VHOST), name=name)
        for channel in topology.CHANNELS:
            queue = topology.queue(name, channel)
            self.got[queue] = asyncio.Queue()
            await self.clients[name].consume(queue, self._keeper(queue))

    def _keeper(self, queue: str) -> Any:
        async def keep(delivery: Delivery) -> bool:
            self.got[queue].put_nowait(delivery)
            return True

        return keep

    async def send(self, sender: str, body: bytes, content_type: str | None) -> None:
        properties = Properties(content_type, PERSISTENT)
        outcome = await self.clients[sender].publish(topology.CLIENT_EXCHANGE, sender, body, properties)
        assert outcome.status == "confirmed"

    async def next(self, queue: str) -> Delivery:
        async with asyncio.timeout(LIMIT):
            return await self.got[queue].get()


@pytest.fixture
async def hub() -> AsyncIterator[Hub]:
    made = Hub()
    clients = [A, B, FIRE]
    sandbox = await Sandbox.start(
        [VHOST], clients, observer=made.told.put_nowait, settings=hub_settings(xml_clients={B})
    )
    for name in clients:
        await made.open(sandbox, name)
    yield made
    for client in made.clients.values():
        await client.close()
    await sandbox.stop()


def document(sender: str = A, recipient: str = B, key: str = "reference") -> dict[str, Any]:
    now = datetime.now(UTC)
    content: dict[str, Any] = {"distributionID": "x", "refused": False}
    if key == "resourcesStatus":
        content = {
            "caseId": "fr.health.samu991.1",
            "resourceId": "fr.health.samu991.resource.1",
            "datetime": "2026-01-02T03:04:05+01:00",
            "status": "DECISION",
        }
    return envelope(
        content,
        key,
        sender=sender,
        recipient=recipient,
        distribution_id=new_distribution_id(sender),
        sent_at=now,
        expires_at=now + timedelta(hours=1),
    )


@pytest.mark.parametrize(
    ("sender", "recipient", "sent", "given"),
    [
        (A, B, JSON_TYPE, XML_TYPE),
        (A, B, XML_TYPE, XML_TYPE),
        (B, A, XML_TYPE, JSON_TYPE),
        (A, FIRE, JSON_TYPE, XML_TYPE),
        (FIRE, A, XML_TYPE, JSON_TYPE),
    ],
)
async def test_the_recipient_gets_its_format(
    hub: Hub, sender: str, recipient: str, sent: str, given: str
) -> None:
    body = document(sender, recipient)
    await hub.send(sender, serialise(body, sent, 1), sent)
    delivery = await hub.next(f"{recipient}.message")
    assert delivery.properties.content_type == given
    assert read(delivery.body, given, 1).document == body


async def test_a_conversion_writes_dates_with_an_offset(hub: Hub) -> None:
    body = document()
    body["dateTimeSent"] = body["dateTimeSent"].replace("+00:00", ".123Z")
    await hub.send(A, serialise(body), JSON_TYPE)
    message = read((await hub.next(f"{B}.message")).body, XML_TYPE, 1)
    assert message.date_time_sent is not None
    assert message.date_time_sent.endswith(":" + body["dateTimeSent"][17:19] + "+00:00")


async def test_xml_without_a_content_goes_on(hub: Hub) -> None:
    """As measured in 2025; nothing of it names a class that a hub of 2026 could refuse."""
    whole = serialise(document(), XML_TYPE, 1)
    body = re.sub(rb"<content>.*</content>", b"", whole, flags=re.DOTALL)
    assert body != whole
    await hub.send(A, body, XML_TYPE)
    assert b"<content>" not in (await hub.next(f"{B}.message")).body


async def test_who_is_no_health_actor_is_read_as_xml(hub: Hub) -> None:
    await hub.send(FIRE, serialise(document(FIRE, A), XML_TYPE, 1), None)
    assert (await hub.next(f"{A}.message")).properties.content_type == JSON_TYPE


async def test_what_no_xsd_describes_is_written_all_the_same(hub: Hub) -> None:
    """Generation 1 has no XSD for RS-SR; the real one converts it and does not look (fact sheet 7.9)."""
    body = document(key="resourcesStatus")
    await hub.send(A, serialise(body), JSON_TYPE)
    delivery = await hub.next(f"{B}.message")
    assert delivery.properties.content_type == XML_TYPE
    assert read(delivery.body, XML_TYPE, 1).document == body


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        (b"<senderID>", b"<senderId>", 300),
        (b"urn:emergency:cisu:2.0:reference", b"urn:emergency:cisu:3.0:reference", 300),
        (b"<distributionKind>Report", b"<distributionKind>Request", 102),
    ],
)
async def test_a_report_comes_in_the_senders_preference(hub: Hub, old: bytes, new: bytes, code: int) -> None:
    body = serialise(document(B, A), XML_TYPE, 1)
    assert old in body
    await hub.send(B, body.replace(old, new, 1), XML_TYPE)
    delivery = await hub.next(f"{B}.info")
    assert delivery.properties.content_type == XML_TYPE
    assert read(delivery.body, XML_TYPE, 1).error_code == code


async def test_xml_without_descriptor_is_dropped_without_a_report(hub: Hub) -> None:
    body = serialise(document(), XML_TYPE, 1)
    begin, end = body.index(b"<descriptor>"), body.index(b"</descriptor>") + len(b"</descriptor>")
    await hub.send(A, body[:begin] + body[end:], XML_TYPE)
    await hub.send(A, serialise(document()), JSON_TYPE)
    await hub.next(f"{B}.message")
    told = [hub.told.get_nowait() for _ in range(hub.told.qsize())]
    dropped = next(one for one in told if one.action == "refused")
    assert dropped.code is None
    assert "sans rapport" in dropped.reason
    assert hub.got[f"{A}.info"].empty()

"""The dispatcher's checks, in their order, with their codes (fact sheet 7)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from recette.hub import topology
from recette.hub.connection import HubConnection
from recette.hub.wire import PERSISTENT, Delivery, Properties
from recette.messages.building import envelope, format_datetime, new_distribution_id, serialise
from recette.messages.reading import JSON_TYPE, Message, read
from recette.sandbox.dispatcher import ORIGIN_HEADER
from recette.sandbox.error_report import HUB, SENTINEL
from recette.sandbox.hub import Sandbox

VHOST, A, B = "15-15_v1.5", "fr.health.samu991", "fr.health.samu992"
GOOD = Properties(JSON_TYPE, PERSISTENT)
LIMIT = 10.0


class Client:
    """One client with what came to its queues."""

    def __init__(self, hub: HubConnection, name: str) -> None:
        self.hub, self.name = hub, name
        self.got: dict[str, asyncio.Queue[Delivery]] = {
            channel: asyncio.Queue() for channel in topology.CHANNELS
        }
        self.rejects = False

    async def listen(self, channel: topology.Channel) -> None:
        async def keep(delivery: Delivery) -> bool:
            self.got[channel].put_nowait(delivery)
            return not self.rejects

        await self.hub.consume(topology.queue(self.name, channel), keep)

    async def next(self, channel: str) -> tuple[Delivery, Message]:
        async with asyncio.timeout(LIMIT):
            delivery = await self.got[channel].get()
        return delivery, read(delivery.body, JSON_TYPE, 1)


@pytest.fixture
async def pair() -> AsyncIterator[tuple[Client, Client]]:
    sandbox = await Sandbox.start([VHOST], [A, B])
    clients = []
    for name in (A, B):
        client = Client(await HubConnection.open(sandbox.address(name, VHOST), name=name), name)
        for channel in topology.CHANNELS:
            await client.listen(channel)
        clients.append(client)
    yield clients[0], clients[1]
    for client in clients:
        await client.hub.close()
    await sandbox.stop()


def document(**options: Any) -> dict[str, Any]:
    now = datetime.now(UTC)
    content = {"distributionID": "x"}
    made = {
        "sender": A,
        "recipient": B,
        "distribution_id": new_distribution_id(A),
        "kind": "Report",
        **options,
    }
    return envelope(content, "reference", sent_at=now, expires_at=now + timedelta(hours=48), **made)


async def sent(client: Client, body: dict[str, Any] | bytes, properties: Properties = GOOD) -> None:
    data = body if isinstance(body, bytes) else serialise(body)
    outcome = await client.hub.publish(topology.CLIENT_EXCHANGE, client.name, data, properties)
    assert outcome.status == "confirmed"


@pytest.mark.parametrize(("kind", "channel"), [("Report", "message"), ("Ack", "ack"), ("Error", "info")])
async def test_the_kind_decides_the_queue(pair: tuple[Client, Client], kind: str, channel: str) -> None:
    await sent(pair[0], document(kind=kind))
    delivery, message = await pair[1].next(channel)
    assert message.sender_id == A
    assert delivery.properties.headers[ORIGIN_HEADER] == A
    assert delivery.properties.expiration is None


def _without(name: str) -> dict[str, Any]:
    body = document()
    del body[name]
    return body


def _message(**more: Any) -> dict[str, Any]:
    body = document()
    body["content"][0]["jsonContent"]["embeddedJsonContent"]["message"].update(more)
    return body


_PAST = format_datetime(datetime(2020, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    ("body", "properties", "code"),
    [
        (document(), replace(GOOD, content_type="text/plain"), 101),
        (document(), replace(GOOD, content_type=None), 101),
        (document(), replace(GOOD, content_type="application/json; charset=utf-8"), 101),
        (b"nothing", GOOD, 301),
        (_without("dateTimeSent"), GOOD, 300),
        (_message(reference={}), GOOD, 300),
        (_message(unknown=1), GOOD, 300),
        (document(sender=B, distribution_id=new_distribution_id(B)), GOOD, 200),
        (document(), replace(GOOD, delivery_mode=1), 100),
        (document(distribution_id="without-prefix"), GOOD, 300),
        ({**document(), "dateTimeExpires": _PAST}, GOOD, 400),
        (document(recipient="fr.health.nobody"), GOOD, 501),
    ],
)
async def test_each_refusal_has_its_code(
    pair: tuple[Client, Client], body: dict[str, Any] | bytes, properties: Properties, code: int
) -> None:
    await sent(pair[0], body, properties)
    _, report = await pair[0].next("info")
    assert report.error_code == code
    assert report.sender_id == HUB
    assert report.distribution_kind == "Error"
    assert report.header is None
    assert pair[1].got["message"].empty()


async def test_checks_come_in_order(pair: tuple[Client, Client]) -> None:
    """Wrong sender, not persistent, without prefix, expired: the first check speaks."""
    body = {**document(sender=B, distribution_id="x"), "dateTimeExpires": _PAST}
    await sent(pair[0], body, replace(GOOD, delivery_mode=1))
    assert (await pair[0].next("info"))[1].error_code == 200


async def test_an_unknown_recipient_gets_the_sentinel_as_the_real_hub_gives_it(
    pair: tuple[Client, Client],
) -> None:
    refused = document(recipient="fr.health.nobody")
    await sent(pair[0], refused)
    _, report = await pair[0].next("info")
    assert (report.content or {})["referencedDistributionID"] == SENTINEL
    assert report.reference_id == refused["distributionID"]  # told by the message that the report quotes
    assert report.content is not None
    assert "fr.health.nobody.message" in report.content["errorCause"]


async def test_a_short_life_becomes_the_brokers_expiration(pair: tuple[Client, Client]) -> None:
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=60))
    await sent(pair[0], {**document(), "dateTimeExpires": soon})
    delivery, _ = await pair[1].next("message")
    assert 55_000 <= float(delivery.properties.expiration or 0) * 1000 <= 60_000


async def test_a_rejected_message_comes_back_as_500(pair: tuple[Client, Client]) -> None:
    pair[1].rejects = True
    body = document()
    await sent(pair[0], body)
    _, report = await pair[0].next("info")
    assert report.error_code == 500
    assert report.reference_id == body["distributionID"]
    assert report.content is not None
    assert "rejected" in report.content["errorCause"]


async def test_an_expired_message_comes_back_as_500() -> None:
    sandbox = await Sandbox.start([VHOST], [A, B], ttl=0.05)
    async with await HubConnection.open(sandbox.address(A, VHOST), name=A) as hub:
        client = Client(hub, A)
        await client.listen("info")
        await sent(client, document())
        _, report = await client.next("info")
    await sandbox.stop()
    assert report.error_code == 500
    assert "expired" in json.dumps(report.content)


@pytest.mark.parametrize(
    "body",
    [b"x" * 20_000_000, b'{"a":' * 10_000 + b"1" + b"}" * 10_000, b"\xff\xfe", b"{"],
    ids=["20 MB", "10,000 levels", "no UTF-8", "cut off"],
)
async def test_a_hostile_body_is_refused_and_the_hub_goes_on(
    pair: tuple[Client, Client], body: bytes
) -> None:
    a, b = pair
    outcome = await a.hub.publish(topology.CLIENT_EXCHANGE, A, body, GOOD)
    assert outcome.status == "confirmed"
    _, report = await a.next("info")
    assert report.model == "RS-ERROR"
    good = document()
    await a.hub.publish(topology.CLIENT_EXCHANGE, A, serialise(good), GOOD)
    _, came = await b.next("message")
    assert came.distribution_id == good["distributionID"]

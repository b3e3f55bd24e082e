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
from recette.messages.clients import HUB
from recette.messages.profile.reader import PROFILES, profile
from recette.messages.reading import JSON_TYPE, Message, read
from recette.sandbox.hub import Sandbox
from recette.sandbox.settings import hub_settings

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


@pytest.fixture(params=PROFILES)
def hub(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
async def pair(hub: str) -> AsyncIterator[tuple[Client, Client]]:
    sandbox = await Sandbox.start([VHOST], [A, B], settings=hub_settings(hub))
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
async def test_the_kind_decides_the_queue(
    pair: tuple[Client, Client], hub: str, kind: str, channel: str
) -> None:
    await sent(pair[0], document(kind=kind))
    delivery, message = await pair[1].next(channel)
    assert message.sender_id == A
    assert delivery.properties.headers[profile(hub).origin_header] == A
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
        (_message(unknown=1), GOOD, 102),
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


async def test_an_unknown_recipient_is_reported_with_the_id_that_the_profile_still_knows(
    pair: tuple[Client, Client], hub: str
) -> None:
    refused = document(recipient="fr.health.nobody")
    await sent(pair[0], refused)
    _, report = await pair[0].next("info")
    kept = {"2025-03": profile(hub).sentinel, "2026": refused["distributionID"]}[hub]
    assert (report.content or {})["referencedDistributionID"] == kept
    assert report.reference_id == refused["distributionID"]  # told by the message that the report quotes
    assert report.content is not None
    assert "fr.health.nobody.message" in report.content["errorCause"]


async def test_a_short_life_becomes_the_brokers_expiration(pair: tuple[Client, Client]) -> None:
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=60))
    await sent(pair[0], {**document(), "dateTimeExpires": soon})
    delivery, _ = await pair[1].next("message")
    assert 55_000 <= int(delivery.properties.expiration or 0) <= 60_000


async def test_a_rejected_message_comes_back_as_500_or_not_at_all(
    pair: tuple[Client, Client], hub: str
) -> None:
    """2026 sheet 3.4: only what expired is reported."""
    pair[1].rejects = True
    rejected, refused = document(), document(recipient="fr.health.nobody")
    await sent(pair[0], rejected)
    await pair[1].next("message")
    if hub == "2025-03":
        _, report = await pair[0].next("info")
        assert report.error_code == 500
        assert report.reference_id == rejected["distributionID"]
        assert "rejected" in json.dumps(report.content)
    await sent(pair[0], refused)
    assert (await pair[0].next("info"))[1].reference_id == refused["distributionID"]


async def test_the_clients_expiration_is_passed_on_or_reset(pair: tuple[Client, Client], hub: str) -> None:
    await sent(pair[0], document(), replace(GOOD, expiration="600000"))
    delivery, _ = await pair[1].next("message")
    assert delivery.properties.expiration == {"2025-03": "600000", "2026": None}[hub]


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

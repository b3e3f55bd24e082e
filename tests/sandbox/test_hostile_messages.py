"""Whatever one message holds, the hub at home serves the next one, on either broker."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Iterator
from typing import Any

import pytest
from pamqp import commands as amqp

from recette.amqp import tables
from recette.hub import topology
from recette.hub.connection import HubConnection
from recette.hub.wire import Delivery
from recette.messages.building import new_distribution_id, serialise
from recette.sandbox.settings import hub_settings
from tests.hub.false_hub import headers
from tests.hub.test_hostile_hub import arrays, nested
from tests.sandbox.broker.amqp_client import AmqpClient, Peer
from tests.sandbox.test_dispatcher import document
from tests.sandbox.troubled import EDITOR_TOO, PARTNER_TOO, VHOST, Hub

SENDER, TAKER = EDITOR_TOO, PARTNER_TOO
LIMIT = 8.0
JSON = b"\x90\x00\x10application/json\x02"
"""Content type and delivery mode."""


def from_sender(recipient: str = TAKER) -> dict[str, Any]:
    return document(sender=SENDER, recipient=recipient, distribution_id=new_distribution_id(SENDER))


def message(**changes: object) -> bytes:
    return serialise({**from_sender(), **changes})


def with_headers(table: bytes) -> bytes:
    return b"\xb0\x00\x10application/json" + tables.sized(b"", table) + b"\x02"


def addressed(recipient: str) -> bytes:
    return serialise(from_sender(recipient))


def swelling() -> bytes:
    """A few megabytes of JSON that are many more in XML, where each item bears its name twice."""
    body = from_sender()
    body["content"][0]["jsonContent"]["embeddedJsonContent"]["message"]["n" * 200] = [1] * 95_000
    return serialise(body)


def many_headers(size: int) -> bytes:
    """A table that alone fills what a frame can hold."""
    value = b"\x01aS" + struct.pack(">I", size - 7) + b"x" * (size - 7)
    return with_headers(value)


FULL = 131_072 - 8 - 12 - 2 - 17 - 4 - 1
"""What is left of the greatest frame for the headers of `with_headers`."""
PROPERTIES: dict[str, bytes] = {
    "type that is no UTF-8": b"\x90\x20\x10application/json\x02\x03\xff\xfe\xfd",
    "timestamp beyond the calendar": b"\x90\x40\x10application/json\x02" + struct.pack(">Q", 2**63),
    "nested garbage": with_headers(nested(1_000)),
    "a thousand levels of arrays": with_headers(arrays(1_000)),
    "a table of many": with_headers(b"\x01aV" * 30_000),
    "content type that is no UTF-8": b"\x90\x00\x03\xff\xfe\xfd\x02",
    "no properties": b"\x00\x00",
    "headers alone": headers(b"\x01aV"),
    "headers that fill a frame": many_headers(FULL),
    "headers that nearly fill a frame": many_headers(FULL - 40),
}
BODIES: dict[str, bytes] = {
    "dates of the year 0": message(dateTimeSent="0000-01-01T00:00:00Z"),
    "dates that are none": message(dateTimeExpires="2026-02-30T99:99:99+99:99"),
    "dates of the year 9999": message(dateTimeExpires="9999-12-31T23:59:59-14:00"),
    "a date of many digits": message(dateTimeSent="9" * 5_000),
    "a recipient over 255 bytes": addressed("fr.health." + "x" * 300),
    "a recipient of 250 bytes": addressed("fr.health." + "x" * 240),
    "a recipient that is no text": message(descriptor={"explicitAddress": {"explicitAddressValue": [1]}}),
    "a sender over 255 bytes": message(senderID="fr.health." + "x" * 300),
    "an id of a megabyte": message(distributionID=SENDER + "_" + "x" * 1_000_000),
    "an id with controls": message(distributionID=SENDER + "_\x00\x1b[31m\u202e"),
    "half a character": message().replace(b'"Report"', b'"\\ud800"'),
    "deep": b'{"a":' * 800 + b"1" + b"}" * 800,
    "deeper": b"[" * 1_000_000,
    "a long number": b'{"a": ' + b"9" * 100_000 + b"}",
    "a great exponent": b'{"distributionID": 1e999999999}',
    "nothing": b"",
    "blanks": b" " * 100_000,
    "UTF-16": message().decode().encode("utf-16"),
    "entities": b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
    "what swells when it is converted": swelling(),
}  # fmt: skip


@pytest.fixture(scope="module")
def converting(hub: Hub) -> Iterator[Hub]:
    """A hub that writes what it hands to the recipient in XML."""
    hub.revive(hub_settings(xml_clients={TAKER}))
    yield hub
    hub.revive()


async def survives(hub: Hub, properties: bytes, body: bytes) -> None:
    taken: asyncio.Queue[bytes] = asyncio.Queue()

    async def take(delivery: Delivery) -> bool:
        taken.put_nowait(delivery.body)
        return True

    peer = Peer("127.0.0.1", hub.port, VHOST)
    good = serialise(last := from_sender())
    async with await HubConnection.open(hub.address(TAKER), name="taker") as connection:
        await connection.consume(topology.queue(TAKER, "message"), take)
        client = await AmqpClient.open(peer, SENDER, hub.passwords[SENDER])
        try:
            await client.call(1, amqp.Confirm.Select(), amqp.Confirm.SelectOk)
            client.publish(topology.CLIENT_EXCHANGE, SENDER, body, raw_properties=properties)
            await client.writer.drain()
            told = (await client.next(1)).method
            assert isinstance(told, amqp.Basic.Ack), told
            await client.published(topology.CLIENT_EXCHANGE, SENDER, good, raw_properties=JSON)
        finally:
            await client.close()
        async with asyncio.timeout(LIMIT):
            while last["distributionID"].encode() not in await taken.get():
                pass


@pytest.mark.parametrize("kind", PROPERTIES)
def test_properties_stop_no_other_message(converting: Hub, kind: str) -> None:
    converting.run(survives(converting, PROPERTIES[kind], message()))


@pytest.mark.parametrize("kind", BODIES)
def test_a_body_stops_no_other_message(converting: Hub, kind: str) -> None:
    converting.run(survives(converting, JSON, BODIES[kind]))

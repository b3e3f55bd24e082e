"""Byte for byte: what three real clients and a hub say to each other comes out as it went in, however it is split."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import replace
from typing import Any

import pytest
from pamqp import commands as amqp

from recette.amqp import frames, methods
from recette.hub.address import BrokerAddress
from recette.journal.event import RunEvent
from recette.journal.wire_events import WireDelivered, WireOpened, WirePublished, WireUnparsed
from recette.relay.login import WithCertificate
from recette.relay.relay import Relay
from recette.relay.watch import Side, Watch
from recette.sandbox.broker import EmbeddedBroker
from tests.hub.false_hub import false_hub

from .conftest import BODY, LIMIT, Tapped, tap

Client = Callable[[int], Coroutine[Any, Any, None]]
SIDES: tuple[Side, Side] = ("editor", "hub")


async def test_through_the_relay_as_it_is(client: Client, broker: EmbeddedBroker) -> None:
    events: list[RunEvent] = []
    async with tap(broker.port) as (to_broker, behind):
        relay = await Relay.open(
            BrokerAddress("127.0.0.1", to_broker, "", "nobody"), events.append, pytest.fail
        )
        async with tap(relay.port) as (to_relay, before):
            await client(to_relay)
        await relay.close()
    for side in SIDES:
        assert before.of(side) == behind.of(side)
    assert len(before.of("editor")) > len(BODY)
    (published,) = [one for one in events if isinstance(one, WirePublished)]
    (delivered,) = [one for one in events if isinstance(one, WireDelivered)]
    assert published.body == delivered.body == BODY
    assert not [one for one in events if isinstance(one, WireUnparsed)]


async def recorded(client: Client, broker: EmbeddedBroker) -> Tapped:
    async with tap(broker.port) as (port, tapped):
        await client(port)
    return tapped


def halves(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """At every byte of the beginning and the end, and at some of the long body between."""
    for at in (
        *range(min(3_000, len(data))),
        *range(3_000, len(data) - 3_000, 9_973),
        *range(len(data) - 3_000, len(data)),
    ):
        if at > 0:
            yield data[:at], data[at:]


async def test_the_journal_says_the_same_however_bytes_are_split(
    client: Client, broker: EmbeddedBroker
) -> None:
    session = await recorded(client, broker)

    def told(pieces: list[tuple[Side, bytes]]) -> list[RunEvent]:
        events: list[RunEvent] = []
        watch = Watch(1, events.append)
        for side, data in pieces:
            watch.saw(side, data)
        return events

    def shape(pieces: list[tuple[Side, bytes]]) -> list[str]:
        return sorted(repr(one) for one in told(pieces))

    whole: list[tuple[Side, bytes]] = [(side, session.of(side)) for side in SIDES]
    wanted = shape(whole)
    assert len(wanted) > 5
    one_by_one: list[tuple[Side, bytes]] = [
        (side, bytes((octet,))) for side, data in whole for octet in data[:20_000]
    ]
    rest: list[tuple[Side, bytes]] = [(side, data[20_000:]) for side, data in whole]
    assert (
        shape(
            [
                *one_by_one[: min(20_000, len(whole[0][1]))],
                rest[0],
                *one_by_one[min(20_000, len(whole[0][1])) :],
                rest[1],
            ]
        )
        == wanted
    )


async def test_a_login_by_certificate_changes_two_frames_and_nothing_else(
    client: Client, broker: EmbeddedBroker
) -> None:
    session = await recorded(client, broker)
    for side in SIDES:
        data = session.of(side)
        wanted = through(side, [data])
        assert after_login(side, wanted) == after_login(side, data)
        for pair in halves(data):
            assert through(side, pair) == wanted


def through(side: Side, pieces: Any) -> bytes:
    login = WithCertificate()
    pass_on = login.from_editor if side == "editor" else login.from_hub
    return b"".join(pass_on(piece) for piece in pieces)


def after_login(side: Side, data: bytes) -> bytes:
    """All but the frame that the relay writes anew."""
    at = len(frames.PROTOCOL_HEADER) if side == "editor" else 0
    _, _, size = frames.HEAD.unpack_from(data, at)
    return data[:at] + data[at + frames.OVERHEAD + size :]


def start_ok(data: bytes) -> amqp.Connection.StartOk:
    at = len(frames.PROTOCOL_HEADER)
    _, _, size = frames.HEAD.unpack_from(data, at)
    found = methods.decode_method(data[at + 7 : at + 7 + size])
    assert isinstance(found, amqp.Connection.StartOk)
    return found


async def test_the_hub_gets_the_certificate_and_the_editors_own_properties(
    client: Client, broker: EmbeddedBroker
) -> None:
    data = (await recorded(client, broker)).of("editor")
    before, after = start_ok(data), start_ok(through("editor", [data]))
    assert (after.mechanism, after.response) == ("EXTERNAL", "")
    assert (after.client_properties, after.locale) == (before.client_properties, before.locale)
    assert b"secret" not in through("editor", [data])


async def test_an_external_login_through_the_relay() -> None:
    events: list[RunEvent] = []
    async with false_hub() as (address, _):
        relay = await Relay.open(
            replace(address, external=True, user="fr.health.test"), events.append, pytest.fail
        )
        from recette.hub.connection import HubConnection

        own = BrokerAddress("127.0.0.1", relay.port, "v", "anybody", "anything")
        async with await HubConnection.open(own, name="editor") as connection:
            assert (await asyncio.wait_for(connection.inspect("q"), LIMIT)).messages == 0
        await relay.close()
    (opened,) = [one for one in events if isinstance(one, WireOpened)]
    assert (opened.user, opened.mechanism, opened.vhost) == ("fr.health.test", "EXTERNAL", "v")
    assert "anything" not in repr(events)


@pytest.mark.parametrize(
    "frame",
    [
        frames.frame(2, 0, b"\x00\x0a\x00\x0b"),
        frames.frame(1, 0, struct.pack(">I", amqp.Connection.StartOk.index) + b"\x00\x00\xff\xff"),
        frames.frame(1, 0, struct.pack(">I", amqp.Connection.StartOk.index) + b"\x00\x00\x00\x00"),
        frames.frame(1, 0, b""),
        frames.frame(1, 0, b"\x0a\x00\x0b"),
        frames.HEAD.pack(1, 0, 1_000_000),
    ],
)
@pytest.mark.parametrize("split", [0, 1, 8, 12, 15])
def test_what_is_no_login_goes_on_as_it_came(frame: bytes, split: int) -> None:
    """However it is split, nothing of it stays behind."""
    said, login = frames.PROTOCOL_HEADER + frame + b"more", WithCertificate()
    assert login.from_editor(said[:split]) + login.from_editor(said[split:]) == said


@pytest.mark.parametrize(
    ("mechanism", "response", "user"),
    [
        ("PLAIN", "\0editor\0pass-word", "editor"),
        ("PLAIN", "another\0editor\0pass-word", "editor"),
        ("PLAIN", "\0editor\0pass-wordé", "editor"),
        ("PLAIN", "editor\0pass-word", ""),
        ("PLAIN", "\0editor\0pass-word\0", ""),
        ("AMQPLAIN", "\x05LOGINS\0pass-word\0", ""),
    ],
)
def test_whatever_a_hub_takes_for_a_login_no_password_is_told(
    mechanism: str, response: str, user: str
) -> None:
    events: list[RunEvent] = []
    one = Watch(1, events.append)
    start = amqp.Connection.StartOk(client_properties={}, mechanism=mechanism, response=response)
    said = methods.method(0, start).replace("é".encode(), b"\xe9\xe9")  # no UTF-8 any more
    one.saw("editor", frames.PROTOCOL_HEADER + said)
    one.saw("editor", methods.method(0, amqp.Connection.Open(virtual_host="v")))
    one.saw("hub", methods.method(0, amqp.Connection.OpenOk()))
    (opened,) = [each for each in events if isinstance(each, WireOpened)]
    assert opened.user == user
    assert "pass-word" not in repr(events)

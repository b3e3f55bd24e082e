"""What goes in comes out, byte for byte, and the journal says what it was."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import pytest
from pamqp import commands as amqp

from recette.amqp import frames
from recette.amqp.methods import method
from recette.hub.address import BrokerAddress
from recette.hub.connection import HubConnection
from recette.hub.wire import PERSISTENT, Delivery, Properties
from recette.journal.event import RunEvent
from recette.journal.reader import read_journal
from recette.journal.wire_events import (
    RelayStarted,
    WireAsked,
    WireBlocked,
    WireClosed,
    WireDelivered,
    WireOpened,
    WirePublished,
    WireRefused,
    WireReturned,
    WireSettled,
    WireUnparsed,
)
from recette.relay.recording import Recording
from recette.relay.relay import Relay
from recette.relay.watch import Side, Watch
from recette.sandbox.broker import EmbeddedBroker
from tests.relay.told import LIMIT, Told
from tests.sandbox.broker.conftest import own_definitions

Event = TypeVar("Event", bound=RunEvent)


@dataclass(kw_only=True)
class Relayed(Told):
    """A relay before a broker, and what it tells."""

    relay: Relay
    broker: EmbeddedBroker

    def of(self, kind: type[Event]) -> list[Event]:
        return [one for one in self.events if isinstance(one, kind)]

    async def first(self, kind: type[Event], wanted: Callable[[Event], bool] = lambda _: True) -> Event:
        """The first event of that kind, once it is there."""
        found = await self.until(lambda one: isinstance(one, kind) and wanted(one))
        assert isinstance(found, kind)
        return found

    def address(self, user: str = "owner") -> BrokerAddress:
        return BrokerAddress("127.0.0.1", self.relay.port, "own", user, "secret")


@pytest.fixture
async def relayed() -> AsyncIterator[Relayed]:
    broker = await EmbeddedBroker.start(own_definitions(["own"]))
    hub = BrokerAddress(broker.host, broker.port, "own", "nobody")
    found = Relayed(relay=None, broker=broker)  # type: ignore[arg-type]  # it tells what it is given here
    found.relay = await Relay.open(hub, found.tell, found.troubles.append)
    yield found
    await found.relay.close()
    await broker.stop()


async def test_a_conversation_is_told_in_the_protocols_words(relayed: Relayed) -> None:
    taken: asyncio.Queue[Delivery] = asyncio.Queue()

    async def take(delivery: Delivery) -> bool:
        taken.put_nowait(delivery)
        return True

    said = Properties("application/json", PERSISTENT, "60000", {"own": "kept"})
    async with await HubConnection.open(relayed.address(), name="editor") as connection:
        await connection.consume("dispatch", take, prefetch=7)
        assert (await connection.publish("hubsante", "key", b'{"a": 1}', said)).status == "confirmed"
        delivery = await asyncio.wait_for(taken.get(), LIMIT)
        assert delivery.body == b'{"a": 1}'
        await relayed.first(WireSettled, lambda one: one.side == "editor")
        assert (await connection.publish("hubsante", "n" * 200, b"", said)).status == "confirmed"
        assert (await connection.publish("", "nowhere", b"", said)).status == "returned"
    opened = await relayed.first(WireOpened)
    assert (opened.user, opened.vhost, opened.mechanism) == ("owner", "own", "PLAIN")
    assert "aiormq" in opened.product
    published = relayed.of(WirePublished)[0]
    assert (published.exchange, published.routing_key, published.body) == ("hubsante", "key", b'{"a": 1}')
    assert (published.expiration, published.headers) == ("60000", {"own": "kept"})
    delivered = relayed.of(WireDelivered)[0]
    assert (delivered.queue, delivered.body, delivered.redelivered) == ("dispatch", b'{"a": 1}', False)
    settled = {(one.side, one.how, one.tag) for one in relayed.of(WireSettled)}
    assert {("editor", "ack", 1), ("hub", "ack", 1)} <= settled
    asked = {(one.method, one.name) for one in relayed.of(WireAsked)}
    assert {("queue.declare", "dispatch"), ("basic.consume", "dispatch"), ("basic.qos", "")} <= asked
    passive = next(one for one in relayed.of(WireAsked) if one.method == "queue.declare")
    assert passive.arguments == {"passive": True}
    assert relayed.of(WireReturned)[0].code == 312
    closed = await relayed.first(WireClosed)
    assert (closed.side, closed.clean) == ("editor", True)
    assert not relayed.of(WireUnparsed)
    assert not relayed.troubles


def _published(body: bytes) -> bytes:
    announced = method(1, amqp.Basic.Publish(exchange="hubsante", routing_key="key"))
    head = frames.frame(frames.HEADER, 1, frames.CONTENT.pack(60, 0, len(body)) + b"\0\0")
    return announced + head + frames.frame(frames.BODY, 1, body)


@pytest.mark.parametrize("taken", [True, False])
def test_what_is_published_before_the_vhost_is_open_belongs_to_it(taken: bool) -> None:
    """A client need not await the hub's answer: what it said is told after the opening, or where there is none, as it is."""
    events: list[RunEvent] = []
    watch = Watch(1, events.append)
    watch.saw("editor", frames.PROTOCOL_HEADER + method(0, amqp.Connection.Open(virtual_host="own")))
    watch.saw("editor", method(1, amqp.Channel.Open()) + _published(b"early"))
    assert events == []
    watch.saw(
        "hub", method(0, amqp.Connection.OpenOk() if taken else amqp.Connection.Close(530, "no", 10, 40))
    )
    kinds = [type(one) for one in events]
    said = [WireAsked, WirePublished]
    assert kinds == ([WireOpened, *said] if taken else [*said, WireRefused])
    watch.saw("editor", _published(b"later"))
    assert isinstance(events[-1], WirePublished)


async def test_no_password_is_told(relayed: Relayed) -> None:
    async with await HubConnection.open(relayed.address(), name="editor"):
        await relayed.first(WireOpened)
    assert "secret" not in repr(relayed.events)


async def test_what_the_hub_refuses_is_told(relayed: Relayed) -> None:
    async with await HubConnection.open(relayed.address("reader"), name="editor") as connection:
        assert (await connection.publish("hubsante", "k", b"x", Properties())).status == "refused"
    refused = await relayed.first(WireRefused)
    assert (refused.side, refused.code, refused.method) == ("hub", 403, "basic.publish")


async def test_a_block_is_told(relayed: Relayed) -> None:
    async with await HubConnection.open(relayed.address(), name="editor") as connection:
        relayed.broker.alarm("low on disk")
        publishing = asyncio.create_task(connection.publish("hubsante", "k", b"x", Properties()))
        assert (await relayed.first(WireBlocked)).reason == "low on disk"
        relayed.broker.alarm(None)
        await relayed.first(WireBlocked, lambda one: not one.blocked)
        await publishing


async def test_an_editor_that_breaks_off(relayed: Relayed) -> None:
    connection = await HubConnection.open(relayed.address(), name="editor")
    await relayed.first(WireOpened)
    connection._connection.opening.abort()
    closed = await relayed.first(WireClosed)
    assert (closed.side, closed.clean) == ("editor", False)
    await connection.close()


async def test_a_hub_that_goes_away(relayed: Relayed) -> None:
    connection = await HubConnection.open(relayed.address(), name="editor")
    await relayed.first(WireOpened)
    await relayed.broker.stop()
    closed = await relayed.first(WireClosed)
    assert closed.side == "hub"
    refused = WireRefused(
        connection=1, channel=0, side="hub", code=320, text=relayed.of(WireRefused)[0].text, method=""
    )
    assert relayed.of(WireRefused) == [refused]
    await connection.close()


async def test_a_hub_that_is_not_there_is_told_in_a_sentence() -> None:
    troubles: asyncio.Queue[str] = asyncio.Queue()
    gone = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    port = gone.sockets[0].getsockname()[1]
    gone.close()
    await gone.wait_closed()
    relay = await Relay.open(
        BrokerAddress("127.0.0.1", port, "own", "nobody"), lambda _: None, troubles.put_nowait
    )
    reader, writer = await asyncio.open_connection("127.0.0.1", relay.port)
    assert "injoignable" in await asyncio.wait_for(troubles.get(), LIMIT)
    with suppress(ConnectionError):
        assert await asyncio.wait_for(reader.read(), LIMIT) == b""
    writer.close()
    await relay.close()


async def test_what_cannot_be_read_goes_through_and_is_told(relayed: Relayed) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", relayed.relay.port)
    writer.write(b"GET / HTTP/1.1\r\n\r\n")
    assert await asyncio.wait_for(reader.read(), LIMIT) == b"AMQP\x00\x00\x09\x01"
    writer.close()
    told = await relayed.first(WireUnparsed, lambda one: one.side == "editor")
    assert told.data == b""


def handed_from(*said: tuple[Side, bytes], tags: tuple[str, ...]) -> list[str]:
    """The queue that each delivery is told to come from, after what was said, by the tag of its consumer."""
    events: list[RunEvent] = []
    watch = Watch(1, events.append)
    watch.saw("editor", frames.PROTOCOL_HEADER)
    for side, data in said:
        watch.saw(side, data)
    for tag in tags:
        announced = method(1, amqp.Basic.Deliver(tag, 1, False, "", "key"))
        watch.saw("hub", announced + frames.frame(frames.HEADER, 1, frames.CONTENT.pack(60, 0, 0) + b"\0\0"))
    return [one.queue for one in events if isinstance(one, WireDelivered)]


def consume(queue: str, tag: str = "", *, nowait: bool = False) -> tuple[Side, bytes]:
    return "editor", method(1, amqp.Basic.Consume(queue=queue, consumer_tag=tag, nowait=nowait))


def confirmed(tag: str) -> tuple[Side, bytes]:
    return "hub", method(1, amqp.Basic.ConsumeOk(tag))


def test_consumers_that_are_asked_for_at_once_keep_their_queues() -> None:
    asked = consume("a"), consume("b", "mine"), consume("quiet", "q", nowait=True), consume("c")
    answered = confirmed("hub-1"), confirmed("mine"), confirmed("hub-2")
    tags = ("hub-1", "mine", "q", "hub-2", "nobody's")
    assert handed_from(*asked, *answered, tags=tags) == ["a", "b", "quiet", "c", ""]
    polled: tuple[Side, bytes] = ("editor", method(1, amqp.Basic.Get(queue="polled")))
    assert handed_from(asked[0], polled, answered[0], tags=("hub-1",)) == ["a"]


def polled(*queues: str) -> list[tuple[Side, bytes]]:
    return [("editor", method(1, amqp.Basic.Get(queue=one))) for one in queues]


def got(*hub: amqp.Basic.GetOk | amqp.Basic.GetEmpty) -> list[tuple[Side, bytes]]:
    empty = frames.frame(frames.HEADER, 1, frames.CONTENT.pack(60, 0, 0) + b"\0\0")
    return [("hub", method(1, one) + (empty if isinstance(one, amqp.Basic.GetOk) else b"")) for one in hub]


def test_what_is_polled_at_once_comes_from_the_queue_that_was_asked() -> None:
    """A hub answers in the order in which it was asked; one of them may be empty."""
    found, nothing = amqp.Basic.GetOk(1, False, "", "k", 0), amqp.Basic.GetEmpty()
    assert handed_from(*polled("a", "b"), *got(found, found), tags=()) == ["a", "b"]
    assert handed_from(*polled("a", "b", "c"), *got(found, nothing, found), tags=()) == ["a", "c"]
    opened: tuple[Side, bytes] = ("editor", method(1, amqp.Channel.Open()))
    assert handed_from(*polled("refused"), opened, *polled("own"), *got(found), tags=()) == ["own"]


def test_of_more_than_is_remembered_no_queue_is_told_wrongly() -> None:
    found = amqp.Basic.GetOk(1, False, "", "k", 0)
    names = [f"q{number}" for number in range(200)]
    told = handed_from(*polled(*names), *got(*[found] * 200), *polled("last"), *got(found), tags=())
    known = told.index("")
    assert 0 < known < 200
    assert told == [*names[:known], *[""] * (200 - known), "last"]


def test_what_a_closed_channel_asked_for_is_not_confirmed_on_the_next() -> None:
    opened: tuple[Side, bytes] = ("editor", method(1, amqp.Channel.Open()))
    refused: tuple[Side, bytes] = ("hub", method(1, amqp.Channel.Close(403, "no", 60, 20)))
    said = opened, consume("refused"), refused, opened, consume("own"), confirmed("hub-1")
    assert handed_from(*said, tags=("hub-1",)) == ["own"]


PASSWORD = b"s3cr3t-of-the-software"


def unread_logins() -> list[bytes]:
    """A login by PLAIN that cannot be decoded: a table cut short, a frame without its end, a type that is none."""
    index = amqp.Connection.StartOk.index.to_bytes(4, "big")
    response = b"\0editor\0" + PASSWORD
    start_ok = index + b"\0\0\xff\xff" + b"\x05PLAIN" + len(response).to_bytes(4, "big") + response
    whole = frames.frame(frames.METHOD, 0, start_ok)
    return [whole, whole[:-1] + b"\0", frames.frame(77, 0, start_ok), frames.frame(frames.BODY, 0, start_ok)]


@pytest.mark.parametrize("said", unread_logins())
def test_a_login_that_cannot_be_read_leaves_no_password(said: bytes, tmp_path: Path) -> None:
    recording = Recording(tmp_path, pytest.fail)
    recording.tell(RelayStarted(recette="0", hub="amqp://hub", listening="amqp://ici", external=False))
    watch = Watch(1, recording.tell)
    watch.saw("editor", frames.PROTOCOL_HEADER)
    watch.saw("editor", said)
    watch.ended("hub", "refused")
    recording.close()
    (told,) = [
        one.event
        for one in read_journal(tmp_path / "journal.jsonl").entries
        if isinstance(one.event, WireUnparsed)
    ]
    assert "avant la fin de l'identification, non gardés" in told.reason
    for written in (PASSWORD, base64.b64encode(PASSWORD), PASSWORD.hex().encode()):
        assert written not in (tmp_path / "journal.jsonl").read_bytes()
    assert told.data == b""


def test_what_cannot_be_read_once_the_editor_is_in_is_kept() -> None:
    events: list[RunEvent] = []
    watch = Watch(1, events.append)
    watch.saw("editor", frames.PROTOCOL_HEADER + method(0, amqp.Connection.Open(virtual_host="own")))
    watch.saw("hub", method(0, amqp.Connection.OpenOk()))
    watch.saw("editor", frames.frame(77, 0, b"anything"))
    assert [one.data for one in events if isinstance(one, WireUnparsed)] == [b"anything"]

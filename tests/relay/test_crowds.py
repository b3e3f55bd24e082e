"""Whoever is before a relay, or behind it, reaches neither its memory nor the hub with more than was bargained for."""

from __future__ import annotations

import asyncio
import errno
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from pamqp import commands as amqp

from recette.amqp import frames, methods
from recette.hub.address import BrokerAddress
from recette.hub.connection import HubConnection
from recette.hub.errors import HubError
from recette.journal.event import RunEvent
from recette.journal.wire_events import (
    WireAsked,
    WireClosed,
    WireDelivered,
    WireDisturbed,
    WireOpened,
    WirePublished,
    WireSettled,
)
from recette.platform import entrance
from recette.relay import acts, relay, watch
from recette.relay.acts import Acts
from recette.relay.disturbances import TURNED, Disturbance, Turner
from recette.relay.recent import Recent
from recette.relay.relay import End, Link, Relay
from recette.sandbox.authority import Authority
from recette.sandbox.broker import EmbeddedBroker

LIMIT = 20.0


@dataclass
class Told:
    """What a relay tells."""

    events: list[RunEvent] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)
    _woken: asyncio.Event = field(default_factory=asyncio.Event)

    def tell(self, event: RunEvent) -> None:
        self.events.append(event)
        self._woken.set()

    async def until(self, wanted: Callable[[RunEvent], bool]) -> RunEvent:
        async with asyncio.timeout(LIMIT):
            while not any(map(wanted, self.events)):
                self._woken.clear()
                await self._woken.wait()
        return next(filter(wanted, self.events))

    async def closed(self, why: str) -> WireClosed:
        found = await self.until(lambda one: isinstance(one, WireClosed) and why in one.reason)
        assert isinstance(found, WireClosed)
        return found


@pytest.fixture
def told() -> Told:
    return Told()


async def relaying(told: Told, port: int, tls: ssl.SSLContext | None = None) -> Relay:
    return await Relay.open(
        BrokerAddress("127.0.0.1", port, "own", "x"), told.tell, told.troubles.append, tls=tls
    )


@pytest.fixture
async def before(broker: EmbeddedBroker, told: Told) -> AsyncIterator[Relay]:
    found = await relaying(told, broker.port)
    yield found
    await asyncio.wait_for(found.close(), LIMIT)


Idle = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def idle(port: int) -> Idle:
    """Somebody who comes and says nothing."""
    return await asyncio.open_connection("127.0.0.1", port)


async def gone(*those: Idle) -> None:
    """Once the relay has let go of them."""
    for reader, writer in those:
        with suppress(ConnectionError):
            assert not await asyncio.wait_for(reader.read(), LIMIT)
        writer.close()


async def editor(port: int) -> HubConnection:
    return await HubConnection.open(BrokerAddress("127.0.0.1", port, "own", "owner", "secret"), name="editor")


async def test_who_does_not_log_in_gives_way(
    before: Relay, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay, "LINKS_MAX", 3)
    waiting = [await idle(before.port) for _ in range(3)]
    async with await editor(before.port):
        await gone(waiting[0])
        assert (await told.closed("une autre connexion a pris sa place")).connection == 1
        await before.close()
        await gone(*waiting[1:])
    assert not told.troubles


async def test_no_more_than_so_many_at_once(
    before: Relay, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay, "LINKS_MAX", 1)
    async with await editor(before.port) as first:
        await told.until(lambda one: isinstance(one, WireOpened))
        for _ in range(3):
            with pytest.raises(HubError):
                await editor(before.port)
        assert first.address.user == "owner"
    await told.until(lambda one: isinstance(one, WireClosed))
    async with await editor(before.port):
        pass
    assert [one for one in told.events if isinstance(one, WireDisturbed)] == [
        WireDisturbed(connection=0, what="refus", seconds=0.0)
    ]
    assert told.troubles == [
        "Le relais refuse des connexions : 1 sont ouvertes. Voyez quel logiciel en ouvre autant."
    ]


async def test_no_more_than_so_many_in_a_while(
    broker: EmbeddedBroker, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(entrance, "NEW_MAX", 5)
    monkeypatch.setattr(entrance, "NEW_WITHIN", 3_600.0)
    one = await relaying(told, broker.port)
    came = [await idle(one.port) for _ in range(20)]
    await gone(*came[5:])
    await one.close()
    await gone(*came[:5])
    assert len([event for event in told.events if isinstance(event, WireClosed)]) == 5
    assert len(told.troubles) == 1
    assert "plus de 5 sont venues" in told.troubles[0]


async def test_a_login_has_its_time(
    broker: EmbeddedBroker, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay, "LOGIN", 0.05)
    one = await relaying(told, broker.port)
    await gone(await idle(one.port))
    await told.closed("personne ne s'est identifié")
    await one.close()


async def test_tls_that_never_begins_holds_up_nothing(told: Told, tmp_path: Path) -> None:
    """A port scanner, a client without TLS, one that says nothing at all: the relay ends all the same."""
    authority = Authority.create(tmp_path)
    one = await relaying(told, 1, authority.server_context(authority.server()))
    plain = await idle(one.port)
    plain[1].write(b"GET / HTTP/1.1\r\n\r\n" * 20)
    await gone(plain)
    await told.until(lambda event: isinstance(event, WireClosed))
    silent = await idle(one.port)
    await asyncio.wait_for(one.close(), LIMIT)
    await gone(silent)


async def test_a_machine_without_descriptors_takes_connections_again(
    broker: EmbeddedBroker, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(entrance, "_FULL", 0.01)
    loop = asyncio.get_running_loop()
    accept, errors = (
        loop.sock_accept,
        [OSError(errno.EMFILE, ""), ConnectionAbortedError(), OSError(errno.ENFILE, "")],
    )

    async def accepting(listener: socket.socket) -> tuple[socket.socket, Any]:
        if errors:
            raise errors.pop()
        return await accept(listener)

    monkeypatch.setattr(loop, "sock_accept", accepting)
    one = await relaying(told, broker.port)
    async with await editor(one.port):
        await told.until(lambda event: isinstance(event, WireOpened))
    await one.close()
    assert not errors
    assert len(told.troubles) == 1
    assert "la machine n'a plus de quoi en ouvrir une" in told.troubles[0]


async def test_a_port_that_is_taken_is_said(told: Told) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(OSError, match=r".+"):
            await Relay.open(
                BrokerAddress("127.0.0.1", 1, "own", "x"), told.tell, told.troubles.append, port=port
            )


class Transport(asyncio.Transport):
    """Remembers whether it is read."""

    def __init__(self) -> None:
        super().__init__()
        self.reads = True

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None: ...
    def abort(self) -> None: ...
    def is_closing(self) -> bool:
        return False

    def pause_reading(self) -> None:
        self.reads = False

    def resume_reading(self) -> None:
        self.reads = True


async def test_after_a_silence_nothing_is_read_that_the_other_end_does_not_take(told: Told) -> None:
    link = Link(Relay(BrokerAddress("127.0.0.1", 1, "own", "x"), told.tell, told.troubles.append), 1)
    ends = End("editor", link), End("hub", link)
    transports = Transport(), Transport()
    for end, transport in zip(ends, transports, strict=True):
        end.connection_made(transport)
    assert transports[0].reads
    ends[1].pause_writing()
    read = [[each.reads for each in transports]]
    link.disturb(Disturbance("silence", 60.0))
    read.append([each.reads for each in transports])
    link._hush(on=False)
    read.append([each.reads for each in transports])
    ends[1].resume_writing()
    read.append([each.reads for each in transports])
    assert read == [[False, True], [False, False], [False, True], [True, True]]
    link._logging_in.cancel()
    assert link._connecting is not None
    link._connecting.cancel()


class Unread(Transport):
    """To somebody who never reads: it is closed once its buffer is empty, which it never is."""

    def __init__(self, end: End) -> None:
        super().__init__()
        self.end = end

    def close(self) -> None:
        pass

    def abort(self) -> None:
        if not self.end.closed:
            self.end.connection_lost(None)


@pytest.mark.parametrize("first", [0, 1])
async def test_who_never_reads_keeps_no_link(first: int, told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay, "LEAVING", 0.01)
    link = Link(Relay(BrokerAddress("127.0.0.1", 1, "own", "x"), told.tell, told.troubles.append), 1)
    ends = End("editor", link), End("hub", link)
    for end in ends:
        end.connection_made(Unread(end))
    ends[first].connection_lost(ConnectionResetError("gone"))
    assert not link.over.done()
    await asyncio.wait_for(link.over, LIMIT)
    (closed,) = told.events
    assert isinstance(closed, WireClosed)
    assert (closed.side, closed.reason) == (ends[first].side, "gone")


def published(channel: int, size: int, body: bytes) -> bytes:
    method = amqp.Basic.Publish(exchange="hubsante", routing_key="key")
    header = frames.CONTENT.pack(60, 0, size) + b"\0\0"
    return (
        methods.method(channel, method)
        + frames.frame(frames.HEADER, channel, header)
        + frames.frame(frames.BODY, channel, body)
    )


def test_messages_that_never_end_are_not_kept(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "PENDING_MAX", 1_000)
    one = watch.Watch(1, told.tell)
    one.saw("editor", frames.PROTOCOL_HEADER)
    for channel in range(1, 100):
        one.saw("editor", published(channel, 200, b"x" * 100))
        assert sum(len(each.body) for each in one._contents.values()) <= 1_000
    one.saw("editor", b"".join(frames.frame(frames.BODY, each, b"y" * 100) for each in range(1, 100)))
    found = [each for each in told.events if isinstance(each, WirePublished)]
    assert [each.size for each in found] == [200] * 99
    kept = [each.body for each in found if each.body]
    assert kept == [b"x" * 100 + b"y" * 100] * len(kept)
    assert 0 < len(kept) < 99
    for _ in range(3):
        one.saw("editor", published(7, 900, b"z" * 900))
    assert told.events[-1].body == b"z" * 900  # type: ignore[attr-defined]


def test_body_frames_without_a_body_cost_nothing(told: Told) -> None:
    one = watch.Watch(1, told.tell)
    one.saw("editor", frames.PROTOCOL_HEADER + published(1, 1, b""))
    one.saw("editor", frames.frame(frames.BODY, 1, b"") * 50_000)
    assert [len(each.body) for each in one._contents.values()] == [0]
    one.saw("editor", frames.frame(frames.BODY, 1, b"x"))
    assert told.events[-1].body == b"x"  # type: ignore[attr-defined]


def delivered(tag: int, body: bytes, queue: str = "editor.message") -> WireDelivered:
    said: dict[str, Any] = {"content_type": None, "delivery_mode": 2, "expiration": None, "headers": {}}
    return WireDelivered(
        connection=1, channel=1, tag=tag, queue=queue, routing_key=queue, redelivered=False, body=body,
        size=len(body), **said,
    )  # fmt: skip


def opened() -> WireOpened:
    return WireOpened(
        connection=1, user="editor", vhost="15-15_v1.5", mechanism="PLAIN", product="", tls="", heartbeat=0
    )


def gave_back(tag: int) -> WireSettled:
    return WireSettled(
        connection=1, channel=1, side="editor", how="nack", tag=tag, multiple=False, requeue=True
    )


def actions(told_by: Acts, *events: RunEvent) -> list[str]:
    return [seen.action for event in events for seen in told_by.of(event)]


def test_what_needs_no_ack_does_not_hide_what_loops(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(acts, "_HELD_MAX", 50)
    one = Acts()
    unacked = WireAsked(
        connection=1, channel=2, method="basic.consume", name="editor.info", arguments={"no_ack": True}
    )
    actions(one, opened(), unacked)
    actions(one, *[delivered(tag, b"report", "editor.info") for tag in range(1_000, 1_100)])
    actions(one, *[delivered(tag, b"%d" % tag) for tag in range(200, 245)])
    loops = [each for tag in range(acts.LOOP) for each in (delivered(tag, b"again"), gave_back(tag))]
    assert actions(one, *loops) == ["looping"]


def test_what_was_given_back_once_is_forgotten_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(acts, "_HELD_MAX", 50)
    one = Acts()
    actions(one, opened())
    for tag in range(500):
        assert not actions(one, delivered(tag, b"%d" % tag), gave_back(tag))
    assert len(one._returned) == 50


def test_the_latest_are_remembered() -> None:
    one: Recent[int, str] = Recent(3, 100)
    for number in range(5):
        one.put(number, str(number))
    assert list(one) == [2, 3, 4]
    one.put(2, "two", 60)
    one.put(5, "five", 50)
    assert (list(one), 2 in one, one.get(5)) == ([5], False, "five")
    assert (one.pop(5), one.pop(5), len(one)) == ("five", None, 0)
    one.put(6, "six", 101)
    assert not len(one)


def turned(*pieces: bytes, armed: bool = True) -> bytes:
    written = bytearray()
    one = Turner(written.extend)
    if armed:
        one.arm()
    for piece in pieces:
        one(piece)
    return bytes(written)


def handed(tag: int, body: bytes, header: bytes | None = None) -> bytes:
    header = frames.CONTENT.pack(60, 0, len(body)) + b"\0\0" if header is None else header
    method = methods.deliver("c", tag, False, "", "q")
    return (
        frames.frame(frames.METHOD, 1, method)
        + frames.frame(frames.HEADER, 1, header)
        + frames.frame(frames.BODY, 1, body)
    )


async def test_a_hub_that_lies_is_not_turned_round(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = handed(1, b"one"), handed(2, b"two")
    assert turned(first, second) == second + first
    short = handed(1, b"one", b"\0")
    no_frames = b"\x01\x00\x01\x00\x00\x00\x01xx"
    assert (
        turned(first, no_frames[:5], no_frames[5:] + b"more", b"and more")
        == first + no_frames + b"moreand more"
    )
    assert short.startswith(turned(short))
    monkeypatch.setattr("recette.relay.disturbances._HELD_BYTES", 200)
    large = handed(1, b"x" * 500)
    assert turned(large, second) == large + second
    assert TURNED == "desordre"

"""Whoever is before a relay, or behind it, reaches neither its memory nor the hub with more than was bargained for."""

from __future__ import annotations

import asyncio
import errno
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from recette.hub.address import BrokerAddress
from recette.hub.connection import HubConnection
from recette.hub.errors import HubError
from recette.journal.wire_events import (
    WireClosed,
    WireDisturbed,
    WireOpened,
)
from recette.platform import entrance
from recette.relay import relay
from recette.relay.disturbances import Disturbance
from recette.relay.end import End
from recette.relay.relay import Link, Relay
from recette.sandbox.authority import Authority
from recette.sandbox.broker import EmbeddedBroker
from tests.relay.told import LIMIT, Told


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


@pytest.mark.parametrize("refused", [errno.EMFILE, errno.ENFILE, errno.EPERM, errno.EPROTO])
async def test_a_machine_that_gives_no_connection_takes_them_again(
    refused: int, broker: EmbeddedBroker, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever its reason: it is said once, and not tried again and again at once."""
    monkeypatch.setattr(entrance, "_FULL", 0.01)
    loop = asyncio.get_running_loop()
    accept, errors = (
        loop.sock_accept,
        [OSError(refused, ""), ConnectionAbortedError(), OSError(refused, "")],
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

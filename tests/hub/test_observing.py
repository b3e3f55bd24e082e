"""What a hub sees, handed to another process."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import replace

import pytest

from recette.hub.observing import ObservationError, ObservationServer, ObservationStream
from recette.hub.wire import Delivery, Properties
from recette.messages.hub_saw import HubSaw

SEEN = HubSaw(
    vhost="15-15_v1.5", action="refused", client="a", distribution_id="a_1", code=400, body=b"\xff{}"
)


class Heard:
    def __init__(self) -> None:
        self.seen: list[HubSaw] = []
        self.lags: list[tuple[float, float]] = []
        self.lost: asyncio.Future[ObservationError] = asyncio.get_running_loop().create_future()


@pytest.fixture
async def server() -> AsyncIterator[ObservationServer]:
    found = await ObservationServer.open("secret")
    yield found
    await found.close()


async def listening(server: ObservationServer, heard: Heard) -> ObservationStream:
    return await opened(server.port, "secret", heard)


async def opened(
    port: int, password: str, heard: Heard, handed: Callable[[str, Delivery], None] | None = None
) -> ObservationStream:
    def late(seconds: float, over: float) -> None:
        heard.lags.append((seconds, over))

    return await ObservationStream.open(
        port, password, heard.seen.append, heard.lost.set_result, late, handed
    )


async def test_a_process_that_was_held_up_says_so(server: ObservationServer) -> None:
    heard = Heard()
    stream = await listening(server, heard)
    end = time.monotonic() + 0.5
    while time.monotonic() < end:
        pass
    async with asyncio.timeout(30):
        while not heard.lags:
            await stream.caught_up()
    assert heard.lags[0][0] >= 0.25
    assert heard.lags[0][1] >= heard.lags[0][0]
    await stream.close()


async def test_it_is_heard_as_it_was_told_and_in_order(server: ObservationServer) -> None:
    heard = Heard()
    stream = await listening(server, heard)
    await stream.caught_up()
    told = [replace(SEEN, distribution_id=f"a_{number}") for number in range(500)]
    for one in told:
        server.saw(one)
    await stream.caught_up()
    assert heard.seen == told
    await stream.close()


async def test_several_plays_may_wait_at_once(server: ObservationServer) -> None:
    heard = Heard()
    stream = await listening(server, heard)
    await asyncio.gather(*(stream.caught_up() for _ in range(5)))
    await stream.close()


async def test_a_broker_that_is_short_of_something_is_asked_for(server: ObservationServer) -> None:
    stream = await listening(server, Heard())
    assert await stream.shortage() is None

    async def short() -> str | None:
        return "low on memory"

    server.shortage = short
    first, _, second = await asyncio.gather(stream.shortage(), stream.caught_up(), stream.shortage())
    assert (first, second) == ("low on memory", "low on memory")
    await stream.close()


async def test_messages_are_for_those_who_ask_for_them(server: ObservationServer) -> None:
    """With what JSON can say of their headers."""
    said = Properties("application/json", 2, "60000", {"origin": "a", "own": [1]})
    delivery = Delivery("b.message", "", "b.message", True, said, b"\xff{}")
    heard, other = Heard(), Heard()
    taken: list[tuple[str, Delivery]] = []
    mine = await opened(server.port, "secret", heard, lambda *one: taken.append(one))
    its = await listening(server, other)
    await asyncio.gather(mine.caught_up(), its.caught_up())
    server.handed("v", delivery)
    server.saw(SEEN)
    await asyncio.gather(mine.caught_up(), its.caught_up())
    told = replace(delivery, properties=replace(said, headers={"origin": "a"}))
    assert (taken, heard.seen, other.seen) == ([("v", told)], [SEEN], [SEEN])
    await asyncio.gather(mine.close(), its.close())


async def test_whoever_comes_later_hears_what_still_holds(server: ObservationServer) -> None:
    connected = HubSaw(vhost="v", action="connected", client="a", distribution_id=None)
    reading = HubSaw(vhost="v", action="consuming", client="a", distribution_id=None, recipient="a.message")
    gone = HubSaw(vhost="v", action="connected", client="b", distribution_id=None)
    for one in (connected, reading, gone, replace(gone, action="disconnected"), SEEN):
        server.saw(one)
    heard = Heard()
    stream = await listening(server, heard)
    await stream.caught_up()
    assert heard.seen == [connected, reading]
    await stream.close()


async def test_of_several_connections_one_that_breaks_leaves_what_the_others_do(
    server: ObservationServer,
) -> None:
    reading = HubSaw(vhost="v", action="consuming", client="a", distribution_id=None, recipient="a.message")
    for connection in range(1, 20):
        server.saw(replace(reading, connection=connection))
    server.saw(replace(reading, action="disconnected", recipient=None, connection=19))
    heard = Heard()
    stream = await listening(server, heard)
    await stream.caught_up()
    assert [one.connection for one in heard.seen] == list(range(12, 19))
    await stream.close()


@pytest.mark.parametrize("gone", [True, False])
async def test_what_a_client_did_is_told_while_it_is_there(server: ObservationServer, gone: bool) -> None:
    """Whoever comes after it may be another version, which did nothing of the kind."""
    reading = HubSaw(vhost="v", action="consuming", client="a", distribution_id=None, recipient="a.message")
    declared, emptied = (replace(reading, action=one) for one in ("declared", "purged"))
    for one in (reading, declared, emptied):
        server.saw(one)
    if gone:
        server.left("v", "a")
    heard = Heard()
    stream = await listening(server, heard)
    await stream.caught_up()
    assert heard.seen == ([] if gone else [reading, declared, emptied])
    await stream.close()


async def test_an_editor_that_comes_back_for_days_takes_no_more_room(server: ObservationServer) -> None:
    connected = HubSaw(vhost="v", action="connected", client="a", distribution_id=None)
    for number in range(3_000):
        server.saw(connected)
        server.saw(replace(connected, action="consuming", recipient=f"queue {number}"))
    heard = Heard()
    stream = await listening(server, heard)
    await stream.caught_up()
    assert len(heard.seen) == 1_000
    await stream.close()


async def test_a_wrong_password_hears_nothing(server: ObservationServer) -> None:
    heard = Heard()
    with pytest.raises(ObservationError, match="refuse ce mot de passe"):
        await opened(server.port, "autre", heard)
    server.saw(SEEN)
    assert heard.seen == []


async def test_where_nobody_tells_it_is_said_so() -> None:
    server = await ObservationServer.open("secret")
    port = server.port
    await server.close()
    heard = Heard()
    with pytest.raises(ObservationError, match="ne répond pas"):
        await opened(port, "secret", heard)


async def test_a_stream_that_breaks_is_told_and_waits_for_nothing(server: ObservationServer) -> None:
    heard = Heard()
    stream = await listening(server, heard)
    await stream.caught_up()
    await server.close()
    assert "s'est interrompue" in str(await asyncio.wait_for(heard.lost, 60))
    with pytest.raises(ObservationError):
        await stream.caught_up()
    await stream.close()


@pytest.mark.parametrize("line", [b"GET / HTTP/1.1\r\n", b"[1]\n", b"\xff\n", b"{}\n", b""])
async def test_what_does_not_speak_it_is_let_go(server: ObservationServer, line: bytes) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(line)
    if not line:
        writer.write_eof()
    assert await asyncio.wait_for(reader.read(), 60) == b""
    writer.close()
    heard = Heard()
    stream = await listening(server, heard)
    await stream.close()

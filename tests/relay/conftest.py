"""Sessions of real clients, recorded on their way to a broker."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pika
import pytest

from recette.hub.address import BrokerAddress
from recette.hub.connection import HubConnection
from recette.hub.wire import PERSISTENT, Delivery, Properties
from recette.sandbox.broker import EmbeddedBroker
from tests.relay.captured import Said, played
from tests.sandbox.broker.conftest import own_definitions
from tests.sandbox.test_amqplib import modules as modules  # noqa: PLC0414 - a fixture

LIMIT = 30.0
BODY = "é".encode() * 100_000


@dataclass
class Tapped:
    """What one connection said, each way, in the order in which it came."""

    pieces: list[tuple[str, bytes]] = field(default_factory=list)

    def of(self, side: str) -> bytes:
        return b"".join(data for one, data in self.pieces if one == side)


@asynccontextmanager
async def tap(port: int) -> AsyncIterator[tuple[int, Tapped]]:
    """A port that leads to `port`, and what passes."""
    tapped = Tapped()

    async def pump(side: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(65_536):
                tapped.pieces.append((side, data))
                writer.write(data)
                await writer.drain()
        writer.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(pump("editor", reader, back), pump("hub", there, writer))

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1], tapped
    finally:
        server.close()


async def with_aio_pika(port: int) -> None:
    got = asyncio.Event()

    async def take(_: Delivery) -> bool:
        got.set()
        return True

    address = BrokerAddress("127.0.0.1", port, "own", "owner", "secret")
    async with await HubConnection.open(address, name="session") as connection:
        await connection.consume("dispatch", take)
        said = Properties("application/json", PERSISTENT, "60000", {"own": [1, {"deep": True}]})
        assert (await connection.publish("hubsante", "key", BODY, said)).status == "confirmed"
        await asyncio.wait_for(got.wait(), LIMIT)


def _with_pika(port: int) -> None:
    login = pika.PlainCredentials("owner", "secret")
    connection = pika.BlockingConnection(pika.ConnectionParameters("127.0.0.1", port, "own", login))
    channel = connection.channel()
    channel.confirm_delivery()
    channel.basic_qos(prefetch_count=5)
    properties = pika.BasicProperties(content_type="application/json", delivery_mode=2, headers={"own": [1]})
    channel.basic_publish("hubsante", "key", BODY, properties)
    method, _, body = next(channel.consume("dispatch", inactivity_timeout=LIMIT))
    assert body == BODY
    channel.basic_ack(method.delivery_tag)
    channel.cancel()
    connection.close()


async def with_pika(port: int) -> None:
    await asyncio.to_thread(_with_pika, port)


def with_amqplib(folder: Path) -> Callable[[int], Coroutine[Any, Any, None]]:
    script = Path(__file__).with_name("session.mjs")

    async def play(port: int) -> None:
        command = ["node", str(script), str(folder), f"amqp://owner:secret@127.0.0.1:{port}/own"]
        done = await asyncio.to_thread(
            subprocess.run, command, capture_output=True, text=True, timeout=LIMIT, check=False
        )
        assert done.returncode == 0, done.stderr

    return play


CLIENTS = ("aio-pika", "pika", "amqplib")


@pytest.fixture(params=CLIENTS)
def client(request: pytest.FixtureRequest) -> Callable[[int], Coroutine[Any, Any, None]]:
    """Plays one conversation against a port."""
    if request.param == "amqplib":
        return with_amqplib(request.getfixturevalue("modules"))
    return {"aio-pika": with_aio_pika, "pika": with_pika}[request.param]


@pytest.fixture
async def broker() -> AsyncIterator[EmbeddedBroker]:
    found = await EmbeddedBroker.start(own_definitions(["own"]))
    yield found
    await found.stop()


@pytest.fixture(scope="session")
def exchange() -> tuple[Said, ...]:
    return played()

"""A bare AMQP client: it sends what it is told, well formed or not, and shows every method it gets, in order."""

from __future__ import annotations

import asyncio
import contextlib
import struct
from collections import deque
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

import pamqp.frame
from pamqp import commands as amqp
from pamqp.base import Frame
from pamqp.body import ContentBody
from pamqp.header import ContentHeader
from pamqp.heartbeat import Heartbeat

TIMEOUT = 10.0
PREAMBLE = b"AMQP\x00\x00\x09\x01"
CAPABILITIES: dict[str, Any] = {
    "capabilities": {
        "consumer_cancel_notify": True,
        "authentication_failure_close": True,
        "connection.blocked": True,
    }
}


@dataclass
class Received:
    """A method from the broker, with its message if it has one."""

    method: Any
    properties: amqp.Basic.Properties | None = None
    raw_properties: bytes = b""
    body: bytes = b""
    frames: int = 0
    """Of the body."""


@dataclass
class Peer:
    host: str
    port: int
    vhost: str


@dataclass
class AmqpClient:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    opened: ClassVar[list[AmqpClient]] = []
    """Those of the running test, so that a failing one leaves none behind."""
    frame_max: int = 131_072
    heartbeats: int = 0
    _confirming: bool = False
    _waiting: deque[tuple[int, Received]] = field(default_factory=deque)

    @classmethod
    async def open(
        cls,
        peer: Peer,
        user: str = "owner",
        password: str = "secret",
        *,
        vhost: str | None = None,
        heartbeat: int = 0,
        frame_max: int = 131_072,
        channel: bool = True,
    ) -> Self:
        """Connected, with channel 1 open where wanted."""
        client = await cls.connected(peer)
        client.frame_max = frame_max
        await client.start(user, password)
        await client.expect(0, amqp.Connection.Tune)
        client.send(0, amqp.Connection.TuneOk(2047, frame_max, heartbeat))
        client.send(0, amqp.Connection.Open(peer.vhost if vhost is None else vhost))
        await client.expect(0, amqp.Connection.OpenOk)
        if channel:
            await client.open_channel(1)
        return client

    @classmethod
    async def connected(cls, peer: Peer) -> Self:
        client = cls(*await asyncio.open_connection(peer.host, peer.port))
        cls.opened.append(client)
        return client

    async def start(self, user: str, password: str) -> None:
        self.writer.write(PREAMBLE)
        await self.expect(0, amqp.Connection.Start)
        self.start_ok(user, password)

    def start_ok(self, user: str, password: str) -> None:
        self.send(0, amqp.Connection.StartOk(CAPABILITIES, "PLAIN", f"\0{user}\0{password}", "en_US"))

    async def open_channel(self, number: int) -> None:
        await self.call(number, amqp.Channel.Open(), amqp.Channel.OpenOk)

    def send(self, channel: int, frame: Frame) -> None:
        self.writer.write(pamqp.frame.marshal(frame, channel))

    def publish(
        self, exchange: str, key: str, body: bytes = b"", *, channel: int = 1, mandatory: bool = False,
        immediate: bool = False, properties: amqp.Basic.Properties | None = None, raw_properties: bytes | None = None,
    ) -> None:  # fmt: skip
        self.send(channel, amqp.Basic.Publish(0, exchange, key, mandatory, immediate))
        if raw_properties is None:
            header = ContentHeader(0, len(body), properties or amqp.Basic.Properties())
            self.writer.write(pamqp.frame.marshal(header, channel))
        else:
            payload = struct.pack(">HHQ", 60, 0, len(body)) + raw_properties
            self.writer.write(struct.pack(">BHI", 2, channel, len(payload)) + payload + b"\xce")
        step = self.frame_max - 8
        for at in range(0, len(body), step):
            self.writer.write(pamqp.frame.marshal(ContentBody(body[at : at + step]), channel))

    async def published(self, exchange: str, key: str, body: bytes = b"", **options: Any) -> None:
        """Publish on channel 1 and wait for the broker's confirm."""
        if not self._confirming:
            self._confirming = True
            await self.call(1, amqp.Confirm.Select(), amqp.Confirm.SelectOk)
        self.publish(exchange, key, body, **options)
        await self.expect(1, amqp.Basic.Ack)

    async def call(self, channel: int, frame: Frame, answer: type = Frame) -> Any:
        """Send a method, give back its answer; deliveries that come first stay to be read."""
        self.send(channel, frame)
        return await self.expect(channel, answer)

    async def expect(self, channel: int, kind: type) -> Any:
        """The next method on a channel that is no delivery; it must be of this kind."""
        method = (await self.next(channel, passing=amqp.Basic.Deliver)).method
        assert isinstance(method, kind), shown(method)
        return method

    async def next(self, channel: int, passing: type | tuple[()] = ()) -> Received:
        """The next method on a channel, or on channel 0 if that is what comes, `passing` over some."""
        for index, (number, received) in enumerate(self._waiting):
            if number in (channel, 0) and not isinstance(received.method, passing):
                del self._waiting[index]
                return received
        while True:
            number, received = await self._receive()
            if number in (channel, 0) and not isinstance(received.method, passing):
                return received
            self._waiting.append((number, received))

    def delivered(self) -> list[Received]:
        """Deliveries that other reads have passed over."""
        passed = [
            received for _, received in self._waiting if isinstance(received.method, amqp.Basic.Deliver)
        ]
        self._waiting = deque(
            one for one in self._waiting if not isinstance(one[1].method, amqp.Basic.Deliver)
        )
        return passed

    async def refusal(self, channel: int = 1) -> tuple[int, str]:
        """Reply code and text of the close that must come next."""
        method = (await self.next(channel)).method
        assert isinstance(method, amqp.Channel.Close | amqp.Connection.Close), shown(method)
        return method.reply_code or 0, method.reply_text

    async def closed(self) -> bool:
        """Whether the broker ends the connection without another word."""
        async with asyncio.timeout(TIMEOUT):
            try:
                while data := await self.reader.read(65_536):
                    assert data.replace(b"\x08\x00\x00\x00\x00\x00\x00\xce", b"") == b""
            except ConnectionError:
                pass
            return True

    async def close(self) -> None:
        AmqpClient.opened[:] = [one for one in AmqpClient.opened if one is not self]
        self.writer.close()
        with contextlib.suppress(ConnectionError):
            await self.writer.wait_closed()

    async def _receive(self) -> tuple[int, Received]:
        number, frame, _ = await self._frame()
        assert isinstance(frame, Frame), frame
        received = Received(frame)
        if isinstance(frame, amqp.Basic.Deliver | amqp.Basic.GetOk | amqp.Basic.Return):
            _, header, payload = await self._frame()
            assert isinstance(header, ContentHeader)
            received.properties, received.raw_properties = header.properties, payload[12:]
            while len(received.body) < header.body_size:
                _, part, _ = await self._frame()
                assert isinstance(part, ContentBody)
                received.body += part.value
                received.frames += 1
        return number, received

    async def _frame(self) -> tuple[int, Any, bytes]:
        async with asyncio.timeout(TIMEOUT):
            while True:
                head = await self.reader.readexactly(7)
                payload = await self.reader.readexactly(struct.unpack(">I", head[3:])[0] + 1)
                number, frame = pamqp.frame.unmarshal(head + payload)[1:]
                if not isinstance(frame, Heartbeat):
                    return number, frame, payload[:-1]
                self.heartbeats += 1


def shown(method: Any) -> str:
    return f"{method.name} {dict(method)}" if isinstance(method, Frame) else repr(method)

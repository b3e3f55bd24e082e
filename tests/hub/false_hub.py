"""A hub that speaks AMQP as badly as it is told to."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import pamqp.frame
from pamqp import commands as amqp
from pamqp.base import Frame

from recette.amqp import frames, methods, tables
from recette.hub.address import BrokerAddress

HONEST: dict[str, Any] = {"capabilities": {"publisher_confirms": True, "basic.nack": True}}
Script = Callable[["FalseHub"], Coroutine[Any, Any, None]]


_ANSWERS: dict[type, Frame] = {
    amqp.Connection.Open: amqp.Connection.OpenOk(),
    amqp.Connection.Close: amqp.Connection.CloseOk(),
    amqp.Channel.Open: amqp.Channel.OpenOk(),
    amqp.Channel.Close: amqp.Channel.CloseOk(),
    amqp.Confirm.Select: amqp.Confirm.SelectOk(),
    amqp.Basic.Qos: amqp.Basic.QosOk(),
}


class FalseHub:
    """One connection: `script` plays once a client consumes; what else is asked is answered as a broker would."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        script: Script | None,
        options: dict[str, Any],
    ) -> None:
        self.reader, self.writer = reader, writer
        self.script = script
        self.options = options
        self.tags: dict[int, str] = {}
        """Consumer tags by channel."""
        self.settled: asyncio.Queue[tuple[str, int]] = asyncio.Queue()
        self.playing: asyncio.Task[None] | None = None
        self._published = 0
        self._consumed: set[str] = set()

    def send(self, channel: int, frame: Frame) -> None:
        self.writer.write(pamqp.frame.marshal(frame, channel))

    def deliver(
        self,
        properties: bytes,
        body: bytes = b"{}",
        *,
        tag: int = 1,
        announced: int | None = None,
        key: bytes = b"k",
    ) -> None:
        """On the first channel that consumes, whatever it is."""
        channel, consumer = next(iter(self.tags.items()))
        head = methods.deliver(consumer, tag, redelivered=False, exchange="", routing_key="")[:-1]
        self.writer.write(frames.frame(frames.METHOD, channel, head + bytes((len(key),)) + key))
        size = len(body) if announced is None else announced
        self.writer.write(frames.frame(frames.HEADER, channel, struct.pack(">HHQ", 60, 0, size) + properties))
        for at in range(0, len(body), 100_000):
            self.writer.write(frames.frame(frames.BODY, channel, body[at : at + 100_000]))

    async def serve(self) -> None:
        received = frames.FrameReader(10_000_000)
        await self.reader.readexactly(8)
        server = self.options.get("server", HONEST)
        self.send(0, amqp.Connection.Start(0, 9, server, "PLAIN", "en_US"))
        while not self.writer.is_closing() and (data := await self.reader.read(65_536)):
            for kind, channel, payload in received.feed(data):
                if kind == frames.METHOD:
                    await self._answer(channel, methods.decode_method(payload))

    async def _answer(self, channel: int, method: methods.Method) -> None:
        if type(method) in _ANSWERS:
            self.send(channel, _ANSWERS[type(method)])
        match method:
            case amqp.Connection.StartOk() if "instead" in self.options:
                self.writer.write(self.options["instead"] * 1_000)
            case amqp.Connection.StartOk():
                self.send(0, amqp.Connection.Tune(2047, self.options.get("frame_max", 131_072), 60))
            case amqp.Queue.Declare():
                consumers = int(method.queue in self._consumed)
                self.writer.write(methods.declare_ok(channel, method.queue, 0, consumers))
            case amqp.Basic.Consume():
                self.tags[channel] = method.consumer_tag
                self._consumed.add(method.queue)
                said = amqp.Basic.ConsumeOk(method.consumer_tag)
                if not self.options.get("slow"):
                    self.send(channel, said)
                else:
                    asyncio.get_running_loop().call_later(self.options["slow"], self.send, channel, said)
                if self.script is not None and len(self.tags) == self.options.get("consume", 1):
                    self.playing = asyncio.create_task(self.script(self))
            case methods.Publish() if not self.options.get("silent"):
                self._published += 1
                self.writer.write(methods.confirm(channel, self._published))
            case amqp.Basic.Ack() | amqp.Basic.Reject():
                kind = "ack" if isinstance(method, amqp.Basic.Ack) else "reject"
                self.settled.put_nowait((kind, method.delivery_tag or 0))
            case _:
                pass


@asynccontextmanager
async def false_hub(
    script: Script | None = None, **options: Any
) -> AsyncIterator[tuple[BrokerAddress, list[FalseHub]]]:
    """The address of one, and the connections that it has had."""
    met: list[FalseHub] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        hub = FalseHub(reader, writer, script, options)
        met.append(hub)
        try:
            await hub.serve()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()
            if hub.playing is not None:
                hub.playing.cancel()
                await asyncio.gather(hub.playing, return_exceptions=True)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield BrokerAddress("127.0.0.1", server.sockets[0].getsockname()[1], "v", "client", "secret"), met
    finally:
        server.close()


def headers(table: bytes) -> bytes:
    """A property list of a table of headers and no more."""
    return b"\x20\x00" + tables.sized(b"", table)

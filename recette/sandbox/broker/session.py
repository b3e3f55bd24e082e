"""One client connection: handshake, frames, channels, heartbeats, rights."""

from __future__ import annotations

import asyncio
import re
import struct
from dataclasses import dataclass
from typing import Any, Literal

import pamqp.exceptions
import pamqp.frame
from pamqp import commands as amqp
from pamqp.base import Frame
from pamqp.header import ProtocolHeader

from recette.sandbox.broker.channel import BrokerChannel
from recette.sandbox.broker.definitions import Definitions, Rights
from recette.sandbox.broker.errors import AmqpError, access_refused
from recette.sandbox.broker.message import StoredMessage, decode_properties
from recette.sandbox.broker.vhost import BrokerVHost, Exchange

FRAME_MAX = 131072
CHANNEL_MAX = 2047
HEARTBEAT = 60
"""Seconds offered to clients."""
MAX_BODY = 128 * 1024 * 1024
HANDSHAKE_TIMEOUT = 10.0
_HEAD = struct.Struct(">BHI")
_METHOD, _HEADER, _BODY, _HEARTBEAT = 1, 2, 3, 8
_HEARTBEAT_FRAME = b"\x08\x00\x00\x00\x00\x00\x00\xce"
_CAPABILITIES = {
    "publisher_confirms": True,
    "exchange_exchange_bindings": False,
    "basic.nack": True,
    "consumer_cancel_notify": True,
    "connection.blocked": False,
    "authentication_failure_close": True,
    "per_consumer_qos": True,
}


@dataclass(slots=True)
class _Incoming:
    """A publish whose header or body has not come whole yet."""

    method: amqp.Basic.Publish
    properties: bytes = b""
    size: int = -1
    body: bytearray | None = None


class Session:
    """Serves one socket until it closes; garbage closes this connection only."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        definitions: Definitions,
        vhosts: dict[str, BrokerVHost],
    ) -> None:
        self._reader, self._writer = reader, writer
        self._definitions, self._vhosts = definitions, vhosts
        self._channels: dict[int, BrokerChannel] = {}
        self._incoming: dict[int, _Incoming] = {}
        self._closing: set[int] = set()
        self._frame_max = FRAME_MAX
        self._rights: Rights | None = None
        self._topic_write: dict[str, str] = {}
        self.user = ""
        self.client_takes_cancel = False
        self.vhost: BrokerVHost

    async def serve(self) -> None:
        """The whole life of the connection."""
        try:
            async with asyncio.timeout(HANDSHAKE_TIMEOUT):
                heartbeat = await self._handshake()
            await self._loop(heartbeat)
        except AmqpError as error:
            self.send(0, amqp.Connection.Close(error.code, error.text[:255], 0, 0))
        except (asyncio.IncompleteReadError, OSError, TimeoutError, EOFError):
            pass
        except (
            pamqp.exceptions.PAMQPException,
            struct.error,
            ValueError,
            KeyError,
            TypeError,
            AttributeError,
        ):
            self.send(0, amqp.Connection.Close(501, "FRAME_ERROR - cannot decode frame", 0, 0))
        finally:
            for channel in self._channels.values():
                channel.close()
            self._channels.clear()
            self._delete_exclusive()
            self._writer.close()

    def abort(self) -> None:
        self._writer.close()

    def send(self, channel: int, method: Frame) -> None:
        if isinstance(method, amqp.Queue.DeclareOk):
            # pamqp checks queue names on encoding and refuses some that brokers allow.
            name = (method.queue or "").encode()
            payload = struct.pack(">HHB", 50, 11, len(name)) + name
            payload += struct.pack(">II", method.message_count, method.consumer_count)
            self._write(_HEAD.pack(_METHOD, channel, len(payload)) + payload + b"\xce")
        else:
            self._write(pamqp.frame.marshal(method, channel))

    def send_content(self, channel: int, method: Frame, message: StoredMessage) -> None:
        """A method with its message, the body split to the negotiated frame size."""
        header = message.header_payload()
        parts = [
            pamqp.frame.marshal(method, channel),
            _HEAD.pack(_HEADER, channel, len(header)),
            header,
            b"\xce",
        ]
        step = self._frame_max - 8
        for at in range(0, len(message.body), step):
            piece = message.body[at : at + step]
            parts += [_HEAD.pack(_BODY, channel, len(piece)), piece, b"\xce"]
        self._write(b"".join(parts))

    def may(self, what: Literal["configure", "write", "read"], name: str) -> None:
        """Raises AmqpError 403 when this user has no such right on `name`."""
        pattern = getattr(self._rights, what) if self._rights else "^$"
        if not re.search(pattern, name):
            raise access_refused(
                f"{what} access to '{name}' in vhost '{self.vhost.name}' refused for user '{self.user}'"
            )

    def may_publish(self, exchange: Exchange, routing_key: str) -> None:
        """Topic rights: on a topic exchange, the routing key too must be allowed."""
        if exchange.type != "topic" or self._rights is None:
            return
        pattern = self._rights.topic_write.get(exchange.name)
        if pattern is not None and not re.search(pattern, routing_key):
            raise access_refused(
                f"write access to topic '{routing_key}' in exchange '{exchange.name}' in vhost "
                f"'{self.vhost.name}' refused for user '{self.user}'"
            )

    def _write(self, data: bytes) -> None:
        if not self._writer.is_closing():
            self._writer.write(data)

    async def _handshake(self) -> int:
        if await self._reader.readexactly(8) != ProtocolHeader().marshal():
            self._write(ProtocolHeader().marshal())
            raise EOFError
        mechanisms = "PLAIN EXTERNAL" if self._certificate_name() else "PLAIN"
        server: Any = {"product": "recette sandbox", "capabilities": _CAPABILITIES}
        self.send(0, amqp.Connection.Start(0, 9, server, mechanisms, "en_US"))
        start = await self._expect(amqp.Connection.StartOk)
        self._login(start)
        capabilities = (start.client_properties or {}).get("capabilities") or {}
        self.client_takes_cancel = bool(capabilities.get("consumer_cancel_notify"))
        self.send(0, amqp.Connection.Tune(CHANNEL_MAX, FRAME_MAX, HEARTBEAT))
        tuned = await self._expect(amqp.Connection.TuneOk)
        self._frame_max = min(tuned.frame_max or FRAME_MAX, FRAME_MAX)
        opened = await self._expect(amqp.Connection.Open)
        name = opened.virtual_host
        if name not in self._vhosts:
            raise AmqpError(530, f"NOT_ALLOWED - vhost {name} not found", hard=True)
        self._rights = self._definitions.rights.get((name, self.user))
        if self._rights is None:
            text = f"access to vhost '{name}' refused for user '{self.user}'"
            raise AmqpError(530, f"NOT_ALLOWED - {text}", hard=True)
        self.vhost = self._vhosts[name]
        self.send(0, amqp.Connection.OpenOk())
        return int(tuned.heartbeat)

    def _certificate_name(self) -> str | None:
        certificate = self._writer.get_extra_info("peercert")
        if not certificate:
            return None
        names = (
            value for group in certificate.get("subject", ()) for key, value in group if key == "commonName"
        )
        return next(names, None)

    def _login(self, start: amqp.Connection.StartOk) -> None:
        if start.mechanism == "EXTERNAL" and (name := self._certificate_name()):
            self.user = name
            if name in self._definitions.passwords:
                return
        elif start.mechanism == "PLAIN":
            _, self.user, password = (start.response + "\0\0").split("\0")[:3]
            known = self._definitions.passwords.get(self.user)
            if known is not None and known != "" and known == password:
                return
        raise AmqpError(
            403,
            f"ACCESS_REFUSED - Login was refused using authentication mechanism {start.mechanism}. "
            "For details see the broker logfile.",
            hard=True,
        )

    async def _expect(self, kind: type[Frame]) -> Any:  # noqa: ANN401 - the kind asked for
        while True:
            head, payload = await self._frame()
            if head[0] == _HEARTBEAT:
                continue
            method = _unmarshal(head, payload)
            if isinstance(method, kind):
                return method
            raise AmqpError(503, f"COMMAND_INVALID - expected {kind.__name__}", hard=True)

    async def _frame(self) -> tuple[tuple[int, int, int], bytes]:
        head = _HEAD.unpack(await self._reader.readexactly(7))
        if head[2] > self._frame_max:
            raise AmqpError(501, "FRAME_ERROR - frame too large", hard=True)
        payload = await self._reader.readexactly(head[2] + 1)
        if payload[-1] != 0xCE:
            raise AmqpError(501, "FRAME_ERROR - bad frame end", hard=True)
        return head, payload[:-1]

    async def _loop(self, heartbeat: int) -> None:
        beat = asyncio.create_task(self._beat(heartbeat)) if heartbeat else None
        try:
            while True:
                async with asyncio.timeout(heartbeat * 2 if heartbeat else None):
                    head, payload = await self._frame()
                if head[0] == _HEARTBEAT:
                    continue
                if head[1] == 0:
                    if not self._connection_method(_unmarshal(head, payload)):
                        return
                    continue
                self._channel_frame(head, payload)
                if self._writer.transport.get_write_buffer_size() > 4 * FRAME_MAX:
                    await self._writer.drain()
        finally:
            if beat is not None:
                beat.cancel()

    async def _beat(self, every: int) -> None:
        while True:
            await asyncio.sleep(every / 2)
            self._write(_HEARTBEAT_FRAME)

    def _connection_method(self, method: Frame) -> bool:
        if isinstance(method, amqp.Connection.Close):
            self.send(0, amqp.Connection.CloseOk())
        return not isinstance(method, amqp.Connection.Close | amqp.Connection.CloseOk)

    def _channel_frame(self, head: tuple[int, int, int], payload: bytes) -> None:
        kind, number, _ = head
        try:
            if kind == _METHOD:
                self._method(number, _unmarshal(head, payload))
            elif number in self._incoming:
                self._content(number, kind, payload)
            elif number not in self._closing:
                raise AmqpError(505, "UNEXPECTED_FRAME - content without method", hard=True)
        except AmqpError as error:
            if error.hard:
                raise
            self._close_channel(number, error)

    def _close_channel(self, number: int, error: AmqpError) -> None:
        self._incoming.pop(number, None)
        channel = self._channels.pop(number, None)
        if channel is not None:
            channel.close()
        self._closing.add(number)
        self.send(number, amqp.Channel.Close(error.code, error.text[:255], 0, 0))

    def _method(self, number: int, method: Frame) -> None:
        if isinstance(method, amqp.Channel.CloseOk):
            self._closing.discard(number)
            return
        if number in self._closing:
            if isinstance(method, amqp.Channel.Close):
                self._closing.discard(number)
                self.send(number, amqp.Channel.CloseOk())
            return
        if isinstance(method, amqp.Channel.Open):
            if number in self._channels or number > CHANNEL_MAX:
                raise AmqpError(504, "CHANNEL_ERROR - second 'channel.open' seen", hard=True)
            self._channels[number] = BrokerChannel(self, number)
            self.send(number, amqp.Channel.OpenOk())
            return
        channel = self._channels.get(number)
        if channel is None:
            raise AmqpError(504, f"CHANNEL_ERROR - expected 'channel.open' on channel {number}", hard=True)
        if isinstance(method, amqp.Channel.Close):
            self._channels.pop(number).close()
            self.send(number, amqp.Channel.CloseOk())
        elif isinstance(method, amqp.Basic.Publish):
            self._incoming[number] = _Incoming(method)
        else:
            channel.handle(method)

    def _content(self, number: int, kind: int, payload: bytes) -> None:
        incoming = self._incoming[number]
        if kind == _HEADER:
            incoming.size = struct.unpack(">Q", payload[4:12])[0]
            incoming.properties = payload[12:]
            decode_properties(
                incoming.properties
            )  # a malformed table is refused here, not when it is dead-lettered
            incoming.body = bytearray()
            if incoming.size > MAX_BODY:
                raise AmqpError(501, f"FRAME_ERROR - body over {MAX_BODY} bytes", hard=True)
        elif kind == _BODY and incoming.body is not None:
            incoming.body += payload
        if incoming.body is not None and len(incoming.body) >= incoming.size:
            del self._incoming[number]
            self._channels[number].publish(incoming.method, incoming.properties, bytes(incoming.body))

    def _delete_exclusive(self) -> None:
        if hasattr(self, "vhost"):
            for queue in [queue for queue in self.vhost.queues.values() if queue.exclusive_to is self]:
                self.vhost.delete_queue(queue)


def _unmarshal(head: tuple[int, int, int], payload: bytes) -> Frame:
    if head[0] != _METHOD:
        raise AmqpError(505, "UNEXPECTED_FRAME - method expected", hard=True)
    frame = pamqp.frame.unmarshal(_HEAD.pack(*head) + payload + b"\xce")[2]
    if not isinstance(frame, Frame):
        raise AmqpError(505, "UNEXPECTED_FRAME - method expected", hard=True)
    return frame

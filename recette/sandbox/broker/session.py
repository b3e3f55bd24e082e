"""One client's connection: bytes in, frames to channels, bytes out; its errors end it and nothing else."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, cast

from pamqp import commands as amqp
from pamqp.base import Frame

from recette.sandbox.broker import consuming, limits, publishing, topology, wire
from recette.sandbox.broker.acts import Act
from recette.sandbox.broker.channel import Channel
from recette.sandbox.broker.errors import AmqpError
from recette.sandbox.broker.handshake import Handshake

if TYPE_CHECKING:
    from recette.sandbox.broker import EmbeddedBroker
    from recette.sandbox.broker.vhost import VHost

_LOG = logging.getLogger(__name__)
_HANDLERS: Mapping[type, topology.Handler] = {
    **topology.HANDLERS,
    **publishing.HANDLERS,
    **consuming.HANDLERS,
}
_WRITE_BUFFER = 1024 * 1024  # bytes a client may leave unread before it is served no more
Method = Frame | wire.Publish | wire.RecoverAsync


class Session(asyncio.Protocol):
    """Lives in the broker's set of sessions from the first byte to the last."""

    def __init__(self, broker: EmbeddedBroker) -> None:
        self.broker = broker
        self.user = ""
        self.takes_cancel = False  # the client understands a basic.cancel from the broker
        self.congested = False  # the client does not read what it is sent
        self.frame_max = limits.HANDSHAKE_FRAME_MAX
        self.channel_max = limits.CHANNEL_MAX
        self.ended = asyncio.get_running_loop().create_future()
        self._loop = asyncio.get_running_loop()
        self._channels: dict[int, Channel] = {}
        self._closed_channels: set[int] = set()  # closed by the broker, not confirmed by the client
        self._received = b""
        self._out: list[bytes] = []
        self._handshake: Handshake | None = Handshake(self)
        self._closing = False
        self._deadline: asyncio.TimerHandle | None = None
        self._heartbeat = 0.0  # seconds, 0: none
        self._beat: asyncio.TimerHandle | None = None
        self._last_in = self._last_out = self._loop.time()
        self.transport: asyncio.Transport
        self.vhost: VHost

    # Bytes

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.transport.set_write_buffer_limits(high=_WRITE_BUFFER)
        if not self.broker.admit(self):
            self.transport.abort()
            return
        self._deadline = self._loop.call_later(limits.HANDSHAKE_TIMEOUT, self.transport.abort)

    def data_received(self, data: bytes) -> None:
        self._last_in = self._loop.time()
        try:
            self._take(data)
        except AmqpError as error:
            self.fail(error)
        except Exception:  # noqa: BLE001 - whatever a client sends must not reach another's connection
            _LOG.exception("session of user %r", self.user)
            self.fail(AmqpError(541, "the broker's own error, see its log"))
        self.broker.flush()

    def connection_lost(self, _: Exception | None) -> None:
        if not self._closing and self._handshake is None:
            self.broker.observe(Act("disconnected", self.vhost.name, self.user))
        self._closing = True
        self._release()
        for timer in (self._deadline, self._beat):
            if timer is not None:
                timer.cancel()
        self.broker.forget(self)
        self.broker.flush()
        if not self.ended.done():
            self.ended.set_result(None)

    def pause_writing(self) -> None:
        """A client that does not read is asked for nothing more either."""
        self.congested = True
        self.transport.pause_reading()

    def resume_writing(self) -> None:
        if self._closing:
            return
        self.congested = False
        self.transport.resume_reading()
        for channel in list(self._channels.values()):
            channel.wake()
        self.broker.flush()

    def send(self, data: bytes) -> None:
        """Goes out with everything else that this turn of the loop has for the client."""
        if not self._out:
            self.broker.dirty.append(self)
        self._out.append(data)

    def flush(self) -> None:
        data, self._out = b"".join(self._out), []
        if not self.transport.is_closing():
            self._last_out = self._loop.time()
            self.transport.write(data)

    # Frames

    def _take(self, data: bytes) -> None:
        data = self._received + data if self._received else data
        self._received = b""
        at = 0
        if self._handshake is not None and not self._handshake.greeted:
            if len(data) < len(wire.PROTOCOL_HEADER):
                self._received = data
                return
            at = len(wire.PROTOCOL_HEADER)
            if not self._handshake.greet(data[:at]):
                self._end()
                return
        while len(data) - at >= wire.HEAD.size:
            kind, number, size = wire.HEAD.unpack_from(data, at)
            if size > self.frame_max - wire.FRAME_OVERHEAD:
                raise AmqpError(501, f"frame of {size} octets, the maximum is {self.frame_max}")
            start, end = at + wire.HEAD.size, at + wire.HEAD.size + size
            if end >= len(data):
                break
            if data[end] != wire.END[0]:
                raise AmqpError(501, f"frame of type {kind} does not end with octet 206")
            self._take_frame(kind, number, data[start:end])
            if self.transport.is_closing():
                return
            at = end + 1
        self._received = data[at:]

    def _take_frame(self, kind: int, number: int, payload: bytes) -> None:
        if kind == wire.HEARTBEAT:
            return
        if kind not in (wire.METHOD, wire.HEADER, wire.BODY):
            raise AmqpError(501, f"unknown frame type {kind}")
        if self._closing:
            self._take_while_closing(kind, number, payload)
        elif number == 0:
            if kind != wire.METHOD:
                raise AmqpError(505, "content frame on channel 0")
            self._take_connection_method(wire.decode_method(payload))
        elif self._handshake is not None:
            raise AmqpError(503, "channel frame before connection.open")
        else:
            self._take_channel_frame(kind, number, payload)

    def _take_while_closing(self, kind: int, number: int, payload: bytes) -> None:
        if kind != wire.METHOD or number != 0:
            return
        method = wire.decode_method(payload)
        if isinstance(method, amqp.Connection.Close):
            self.send(wire.method(0, amqp.Connection.CloseOk()))
        if isinstance(method, amqp.Connection.Close | amqp.Connection.CloseOk):
            self._end()

    def _take_connection_method(self, method: Method) -> None:
        if isinstance(method, amqp.Connection.Close):
            self._release()
            self.send(wire.method(0, amqp.Connection.CloseOk()))
            self._end()
        elif self._handshake is not None:
            try:
                self._handshake.take(method)
            except AmqpError as error:
                self.fail(error, _index(method) if self._handshake.authenticated else 0)
        elif isinstance(method, amqp.Connection.UpdateSecret):
            self.send(wire.method(0, amqp.Connection.UpdateSecretOk()))
        else:
            raise AmqpError(503, "method not expected on channel 0")

    def _take_channel_frame(self, kind: int, number: int, payload: bytes) -> None:
        if number in self._closed_channels:
            self._take_on_closed(kind, number, payload)
            return
        channel = self._channels.get(number)
        index = amqp.Basic.Publish.index
        try:
            if kind == wire.METHOD:
                method = wire.decode_method(payload)
                index = _index(method)
                self._take_channel_method(number, channel, method)
            elif channel is None:
                raise AmqpError(504, "expected 'channel.open'")
            elif kind == wire.HEADER:
                publishing.take_header(channel, payload)
            else:
                publishing.take_body(channel, payload)
        except AmqpError as error:
            if error.hard or channel is None:
                self.fail(error, index)
            else:
                self._close_channel(channel, error, index)

    def _take_on_closed(self, kind: int, number: int, payload: bytes) -> None:
        if kind != wire.METHOD:
            return
        method = wire.decode_method(payload)
        if isinstance(method, amqp.Channel.Close):
            self.send(wire.method(number, amqp.Channel.CloseOk()))
        if isinstance(method, amqp.Channel.Close | amqp.Channel.CloseOk):
            self._closed_channels.discard(number)

    def _take_channel_method(self, number: int, channel: Channel | None, method: Method) -> None:
        if isinstance(method, amqp.Channel.Open):
            self._open_channel(number)
            return
        if channel is None:
            raise AmqpError(504, "expected 'channel.open'")
        if channel.incoming is not None:
            raise AmqpError(
                505, f"expected content header for class {wire.BASIC_CLASS}, got method frame instead"
            )
        if isinstance(method, amqp.Channel.Close):
            del self._channels[number]
            channel.close()
            self.send(wire.method(number, amqp.Channel.CloseOk()))
            return
        handler = _HANDLERS.get(type(method))
        if handler is None:
            raise AmqpError(540, f"{getattr(method, 'name', 'method')} is not served")
        answer = handler(channel, method)
        if answer is not None and not getattr(method, "nowait", False):
            self.send(answer if isinstance(answer, bytes) else wire.method(number, answer))

    # Life

    def opened(self, heartbeat: int) -> None:
        """The handshake is done; `heartbeat` in seconds, 0 for none."""
        self._handshake = None
        if self._deadline is not None:
            self._deadline.cancel()
        if heartbeat:
            self._heartbeat = float(heartbeat)
            self._beat = self._loop.call_later(self._heartbeat / 2, self._on_beat)

    def fail(self, error: AmqpError, index: int = 0) -> None:
        """Close the connection with AMQP's reason; `index` is the method to blame."""
        if self._closing:
            self.transport.abort()
            return
        self._release()
        self._closing = True
        self.send(wire.method(0, amqp.Connection.Close(error.code, error.text, index >> 16, index & 0xFFFF)))
        self._arm_end(limits.CLOSE_TIMEOUT)

    def shut_down(self) -> None:
        if not self._closing:
            self._release()
            error = AmqpError(320, "broker forced connection closure with reason 'shutdown'")
            self.send(wire.method(0, amqp.Connection.Close(error.code, error.text, 0, 0)))
        self._end()

    def _open_channel(self, number: int) -> None:
        if number in self._channels:
            raise AmqpError(504, "second 'channel.open' seen")
        if number > self.channel_max:
            raise AmqpError(504, f"channel {number} is over the maximum of {self.channel_max}")
        self._channels[number] = Channel(self, number, self.vhost)
        self.send(wire.method(number, amqp.Channel.OpenOk()))

    def _close_channel(self, channel: Channel, error: AmqpError, index: int) -> None:
        del self._channels[channel.number]
        self._closed_channels.add(channel.number)
        channel.close()
        channel.send(amqp.Channel.Close(error.code, error.text, index >> 16, index & 0xFFFF))

    def _release(self) -> None:
        """Give back what the client held: deliveries, consumers, exclusive queues."""
        self.congested = True  # what one channel gives back must not come to the next
        channels, self._channels = self._channels, {}
        for channel in channels.values():
            channel.close()
        if self._handshake is None:
            for queue in [queue for queue in self.vhost.queues.values() if queue.owner is self]:
                self.vhost.delete_queue(queue)

    def _end(self) -> None:
        self._closing = True
        self.broker.flush()
        self.transport.close()
        self._arm_end(limits.CLOSE_TIMEOUT)

    def _arm_end(self, delay: float) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        self._deadline = self._loop.call_later(delay, self.transport.abort)

    def _on_beat(self) -> None:
        now = self._loop.time()
        if now - self._last_in > 2 * self._heartbeat:
            self.transport.abort()
            return
        if now - self._last_out >= self._heartbeat / 4:
            self._last_out = now
            self.transport.write(wire.HEARTBEAT_FRAME)
        self._beat = self._loop.call_later(self._heartbeat / 2, self._on_beat)


def _index(method: Method) -> int:
    return amqp.Basic.Publish.index if isinstance(method, wire.Publish) else method.index

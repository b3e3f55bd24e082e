"""One connection: bytes in, frames to channels, bytes out; its errors end it and nothing else."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Protocol, cast

from pamqp import commands as amqp
from pamqp.base import Frame

from recette.amqp import frames, methods
from recette.amqp.errors import AmqpError
from recette.amqp.methods import Method
from recette.sandbox.broker import limits
from recette.sandbox.broker.channels import Channels
from recette.sandbox.broker.client import Client
from recette.sandbox.broker.handshake import Handshake
from recette.sandbox.broker.state import State

_LOG = logging.getLogger(__name__)
_WRITE_BUFFER = 1024 * 1024  # bytes a client may leave unread before it is served no more


class Register(Protocol):
    """Who keeps count of the connections."""

    def admit(self, session: Session) -> bool: ...
    def forget(self, session: Session) -> None: ...


class Session(asyncio.Protocol):
    """Is in the broker's register from the first byte to the last.

    More than 20 methods: asyncio's protocol alone is six of them.
    """

    def __init__(self, register: Register, state: State) -> None:
        self._register = register
        self._state = state
        self._loop = asyncio.get_running_loop()
        self.ended = self._loop.create_future()
        self._frames = frames.FrameReader(limits.HANDSHAKE_FRAME_MAX)
        self._greeting = b""
        self._handshake: Handshake | None = None
        self._channels: Channels | None = None
        self._closing = False
        self._refused = False
        """Whether its login is wrong, and it is not told yet: nothing that it said after it is heard."""
        self._deadline: asyncio.TimerHandle | None = None
        self._heartbeat = 0.0  # seconds, 0: none
        self._beat: asyncio.TimerHandle | None = None
        self._last_in = self._loop.time()
        self._client: Client

    @property
    def waits(self) -> bool:
        """Whether its client has yet to log in: it may have to give way."""
        return self._channels is None

    @property
    def who(self) -> tuple[str, str] | None:
        """The vHost and the user, once it has logged in."""
        return None if self._channels is None else (self._client.vhost.name, self._client.user)

    # Bytes

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._client = Client(self._state, cast("asyncio.Transport", transport))
        self._client.transport.set_write_buffer_limits(high=_WRITE_BUFFER)
        if not self._register.admit(self):
            self.abort()
            return
        self._arm(limits.HANDSHAKE_TIMEOUT, self.abort)

    def data_received(self, data: bytes) -> None:
        self._last_in = self._loop.time()
        try:
            self._take(data)
        except AmqpError as error:
            self._fail(error)
        except Exception:  # noqa: BLE001 - whatever a client sends must not reach another's connection
            _LOG.exception("session of user %r", self._client.user)
            self._fail(AmqpError(541, "the broker's own error, see its log"))
        self._state.flush()

    def connection_lost(self, _: Exception | None) -> None:
        if not self._closing and self._channels is not None:
            self._client.tell("disconnected")
        self._closing = True
        self._release()
        for timer in (self._deadline, self._beat):
            if timer is not None:
                timer.cancel()
        self._register.forget(self)
        self._state.flush()
        if not self.ended.done():
            self.ended.set_result(None)

    def pause_writing(self) -> None:
        """A client that does not read is asked for nothing more either."""
        self._client.congested = True
        self._client.transport.pause_reading()

    def resume_writing(self) -> None:
        if self._closing:
            return
        self._client.congested = False
        if not self._client.blocked:
            self._client.transport.resume_reading()
        if self._channels is not None:
            self._channels.wake()
        self._state.flush()

    # Frames

    def _take(self, data: bytes) -> None:
        if self._refused:
            return
        if self._handshake is None:
            data = self._greet(data)
        for kind, number, payload in self._frames.feed(data):
            self._take_frame(kind, number, payload)
            if self._refused or self._client.transport.is_closing():
                return

    def _greet(self, data: bytes) -> bytes:
        """Answer the first eight bytes; what comes after them."""
        self._greeting += data
        length = len(frames.PROTOCOL_HEADER)
        greeting = self._greeting
        if len(greeting) < length:
            return b""
        self._greeting = b""
        self._handshake = Handshake(self._client)
        if not self._handshake.greet(greeting[:length]):
            self._end()
            return b""
        return greeting[length:]

    def _take_frame(self, kind: int, number: int, payload: bytes) -> None:
        if kind == frames.HEARTBEAT:
            return
        if kind not in (frames.METHOD, frames.HEADER, frames.BODY):
            raise AmqpError(501, f"unknown frame type {kind}")
        if self._closing:
            self._take_while_closing(kind, number, payload)
        elif number == 0:
            if kind != frames.METHOD:
                raise AmqpError(505, "content frame on channel 0")
            self._take_connection_method(methods.decode_method(payload))
        elif self._channels is None:
            raise AmqpError(503, "channel frame before connection.open")
        else:
            self._channels.take(kind, number, payload)

    def _take_while_closing(self, kind: int, number: int, payload: bytes) -> None:
        if kind != frames.METHOD or number != 0:
            return
        method = methods.decode_method(payload)
        if isinstance(method, amqp.Connection.Close):
            self._send(amqp.Connection.CloseOk())
        if isinstance(method, amqp.Connection.Close | amqp.Connection.CloseOk):
            self._end()

    def _take_connection_method(self, method: Method) -> None:
        if isinstance(method, amqp.Connection.Close):
            self._release()
            self._send(amqp.Connection.CloseOk())
            self._end()
        elif self._channels is None and self._handshake is not None:
            try:
                self._handshake.take(method)
            except AmqpError as error:
                if self._handshake.authenticated:
                    raise
                self._refuse_login(error)
                return
            self._frames.frame_max = self._handshake.frame_max
            if self._handshake.over:
                self._opened(self._handshake.heartbeat)
        elif isinstance(method, amqp.Connection.UpdateSecret):
            self._send(amqp.Connection.UpdateSecretOk())
        else:
            raise AmqpError(503, "method not expected on channel 0")

    def _send(self, method: Frame) -> None:
        self._client.send(methods.method(0, method))

    # Life

    def _opened(self, heartbeat: int) -> None:
        """The handshake is over; `heartbeat` in seconds, 0 for none."""
        self._channels = Channels(self._client)
        if self._deadline is not None:
            self._deadline.cancel()
        if heartbeat:
            self._heartbeat = float(heartbeat)
            self._beat = self._loop.call_later(self._heartbeat / 2, self._on_beat)

    def _refuse_login(self, error: AmqpError) -> None:
        """After a while, in which nothing more is read: guessing takes time."""
        self._refused = True
        self._client.transport.pause_reading()
        self._arm(limits.LOGIN_DELAY, lambda: self._say_refused(error))

    def _say_refused(self, error: AmqpError) -> None:
        self._refused = False
        self._client.transport.resume_reading()
        self._fail(error)
        self._state.flush()

    def _fail(self, error: AmqpError) -> None:
        """Close the connection with AMQP's reason."""
        if self._closing:
            self.abort()
            return
        self._release()
        self._closing = True
        self._send(amqp.Connection.Close(error.code, error.text, error.index >> 16, error.index & 0xFFFF))
        self._arm(limits.CLOSE_TIMEOUT, self.abort)

    def unblock(self) -> None:
        """An alarm is over."""
        self._client.unblock()

    def shut_down(self) -> None:
        if not self._closing:
            self._release()
            error = AmqpError(320, "broker forced connection closure with reason 'shutdown'")
            self._send(amqp.Connection.Close(error.code, error.text, 0, 0))
        self._end()

    def abort(self) -> None:
        """Break off without another word."""
        self._client.transport.abort()

    def _release(self) -> None:
        """Give back what the client held: deliveries, consumers, exclusive queues."""
        self._client.congested = True  # what one channel gives back must not come to the next
        if self._channels is not None:
            self._channels.release()
            self._client.release()

    def _end(self) -> None:
        self._closing = True
        self._state.flush()
        self._client.transport.close()
        self._arm(limits.CLOSE_TIMEOUT, self.abort)

    def _arm(self, delay: float, then: Callable[[], None]) -> None:
        """What comes when nothing else does, in place of what was to come before."""
        if self._deadline is not None:
            self._deadline.cancel()
        self._deadline = self._loop.call_later(delay, then)

    def _on_beat(self) -> None:
        now = self._loop.time()
        if self._client.blocked:
            self._last_in = now  # it is not listened to
        elif now - self._last_in > 2 * self._heartbeat:
            self.abort()
            return
        if now - self._client.last_out >= self._heartbeat / 4:
            self._client.last_out = now
            self._client.transport.write(frames.HEARTBEAT_FRAME)
        self._beat = self._loop.call_later(self._heartbeat / 2, self._on_beat)

"""The door of a connection: what a hub sends is looked at here, before the client library reads any of it.

A delivery's properties are kept as they came and read by us (`reading.py`), since the library ends the whole connection
at the first octet that it does not understand. What no broker may send ends the connection with its reason.
"""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Callable

from pamqp import commands as amqp

from recette.amqp import frames, methods, tables
from recette.amqp.errors import AmqpError, MalformedError
from recette.amqp.values import decoded, legible
from recette.hub.errors import ProtocolError

BODY_MAX = 32 * 1024 * 1024
"""Bytes of a body that is kept; a longer one is read and let go, and its message told as one that cannot be read."""
HEADER_MAX = 2 * frames.FRAME_MAX
"""Bytes of a content header: a broker puts its own fields (x-death, x-delivery-count) to those of the sender, who may
have filled a frame, and does not split it."""
BLOCKS_MAX = 1_000
"""How often a connection may be told that the broker takes no publications, or does again: each is journaled."""
PROPERTIES, METHOD, LET_GO = "properties", "method", "let-go"
"""Headers under which a delivery carries what came: its properties, its method where that is no text, and the size of
a body that was let go."""
Blocked = Callable[[str | None], None]
"""Told why the broker takes no publications, then None once it does again."""

_INDEX = struct.Struct(">I")
_TUNE = struct.Struct(">HIH")
_CHUNK = 65_536  # bytes asked for at a time: what a transport hands over at most before it waits
_TLS_ALERT = b"\x15\x03"
_HEADERS = b"\x20\x00"  # flags of a property list that is a table of headers and no more
_FIXED = {amqp.Basic.Ack.index: 13, amqp.Basic.Nack.index: 13}
_DELIVER_END = 9  # octets of a delivery's tag and of whether it came before


class Door:
    """Reads frames as the library would, and hands over those that it can read."""

    def __init__(self, reader: asyncio.StreamReader, blocked: Blocked) -> None:
        self._reader = reader
        self._blocked = blocked
        self._held = bytearray()
        """What came and is no whole frame yet."""
        self._ready = b""
        self._at = 0
        self._wrong: ProtocolError | ConnectionResetError | None = None
        """What is wrong with what came behind that which is ready."""
        self._blocks = 0
        self._delivered: dict[int, bytes] = {}
        """By channel, the method of a delivery whose header is yet to come, where it had to be rewritten."""
        self._letting_go: dict[int, int] = {}
        """By channel, octets yet to come of a body that is let go."""

    def at_eof(self) -> bool:
        left = self._at < len(self._ready) or self._held or self._wrong is not None
        return not left and self._reader.at_eof()

    async def readexactly(self, count: int) -> bytes:
        """The next bytes of what the library may read. Raises ProtocolError, and IncompleteReadError at the end."""
        while self._at == len(self._ready):
            if self._wrong is not None:
                raise self._wrong
            data = await self._reader.read(_CHUNK)
            if not data:
                raise asyncio.IncompleteReadError(bytes(self._held), count)
            self._held += data
            self._ready, self._at = self._let_in(), 0
        part = self._ready[self._at : self._at + count]
        self._at += len(part)
        return part

    def _let_in(self) -> bytes:
        """All frames that are whole, as the library may read them; the rest is held until more comes."""
        ready, at, data = [], 0, self._held
        try:
            while len(data) - at >= frames.HEAD.size:
                kind, channel, size = _head(data, at)
                end = at + frames.OVERHEAD + size
                if len(data) < end:
                    break
                ready.append(self._frame(kind, channel, bytes(data[at:end])))
                at = end
        except (ProtocolError, ConnectionResetError) as error:
            self._wrong = error
        del data[:at]
        return b"".join(ready)

    def _frame(self, kind: int, channel: int, whole: bytes) -> bytes:
        """One frame, or nothing where it was kept back."""
        if not whole.endswith(frames.END):
            raise ProtocolError(f"trame de type {kind} sans fin de trame")
        size = len(whole) - frames.OVERHEAD
        if kind == frames.BODY:
            return self._body(whole, channel, size)
        if kind == frames.HEARTBEAT and not size:
            return frames.HEARTBEAT_FRAME
        if kind == frames.METHOD:
            return self._method(whole, channel, whole[frames.HEAD.size : -1])
        if kind == frames.HEADER:
            return self._header(whole, channel, whole[frames.HEAD.size : -1])
        raise ProtocolError(f"trame de type {kind}")

    def _method(self, whole: bytes, channel: int, payload: bytes) -> bytes:
        if len(payload) < _INDEX.size:
            raise ProtocolError("trame de méthode trop courte")
        (index,) = _INDEX.unpack_from(payload)
        if index == amqp.Basic.Deliver.index:
            return self._deliver(whole, channel, payload)
        if index in _FIXED and len(payload) == _FIXED[index]:
            return whole
        try:
            method = methods.decode_method(payload)
        except AmqpError as error:
            raise ProtocolError(f"méthode {index >> 16}.{index & 0xFFFF} illisible") from error
        if isinstance(method, amqp.Connection.Blocked | amqp.Connection.Unblocked):
            self._blocks += 1
            if self._blocks > BLOCKS_MAX:
                raise ProtocolError(f"plus de {BLOCKS_MAX} fois connection.blocked ou unblocked")
            self._blocked(method.reason if isinstance(method, amqp.Connection.Blocked) else None)
            return b""
        return _tuned(method) if isinstance(method, amqp.Connection.Tune) else whole

    def _deliver(self, whole: bytes, channel: int, payload: bytes) -> bytes:
        """A name that is no text is written out so that it is one; the bytes go with the message."""
        tag, after = _short(payload, _INDEX.size)
        exchange, key_at = _short(payload, after + _DELIVER_END)
        key, end = _short(payload, key_at)
        if end != len(payload):
            raise ProtocolError("méthode basic.deliver illisible")
        if all(_is_text(name) for name in (tag, exchange, key)):
            self._delivered[channel] = b""
            return whole
        self._delivered[channel] = payload
        middle = payload[after : after + _DELIVER_END]
        legible = payload[: _INDEX.size] + _legible(tag) + middle + _legible(exchange) + _legible(key)
        return frames.frame(frames.METHOD, channel, legible)

    def _header(self, whole: bytes, channel: int, payload: bytes) -> bytes:
        method = self._delivered.pop(channel, None)
        if len(payload) < frames.CONTENT.size + 2:
            raise ProtocolError("en-tête de contenu trop court")
        if method is None:
            return _returned(whole, payload)
        _, _, size = frames.CONTENT.unpack_from(payload)
        carried = _field(PROPERTIES, payload[frames.CONTENT.size :])
        if method:
            carried += _field(METHOD, method)
        if size > BODY_MAX:
            self._letting_go[channel] = size
            carried += _field(LET_GO, str(size).encode())
            size = 0
        properties = _HEADERS + _INDEX.pack(len(carried)) + carried
        head = frames.CONTENT.pack(methods.BASIC_CLASS, 0, size)
        return frames.frame(frames.HEADER, channel, head + properties)

    def _body(self, whole: bytes, channel: int, size: int) -> bytes:
        left = self._letting_go.get(channel)
        if left is None:
            return whole if size else b""
        if size > left:
            raise ProtocolError("corps plus long qu'annoncé")
        if size == left:
            del self._letting_go[channel]
        else:
            self._letting_go[channel] = left - size
        return b""


def _head(data: bytearray, at: int) -> tuple[int, int, int]:
    """Kind, channel and size of the frame that begins there. Raises ProtocolError, and ConnectionResetError."""
    if data.startswith(b"AMQP", at):
        raise ProtocolError("il ne parle pas AMQP 0-9-1")
    if data.startswith(_TLS_ALERT, at):
        raise ConnectionResetError  # it awaited TLS, and closes
    kind, channel, size = frames.HEAD.unpack_from(data, at)
    most = HEADER_MAX if kind == frames.HEADER else frames.FRAME_MAX
    if size > most - frames.OVERHEAD:
        raise ProtocolError(f"trame de {size} octets, la borne est {most}")
    return kind, channel, size


def _tuned(tune: amqp.Connection.Tune) -> bytes:
    """The broker's proposal, cut down to our own bound: the library takes whatever is proposed."""
    frame_max = min(tune.frame_max or frames.FRAME_MAX, frames.FRAME_MAX)
    if frame_max < frames.FRAME_MIN:
        raise ProtocolError(f"trames de {frame_max} octets au plus, AMQP en demande {frames.FRAME_MIN}")
    payload = _TUNE.pack(tune.channel_max or 0, frame_max, tune.heartbeat or 0)
    return frames.frame(frames.METHOD, 0, _INDEX.pack(amqp.Connection.Tune.index) + payload)


def _returned(whole: bytes, payload: bytes) -> bytes:
    """The header of our own message that comes back: the library finds by it which one it was."""
    try:
        properties = tables.Properties.parse(payload[frames.CONTENT.size :])
        decoded(properties.values.get("headers", b"\0\0\0\0")[4:])
    except MalformedError as error:
        raise ProtocolError("en-tête de contenu illisible") from error
    if not properties.is_text():
        raise ProtocolError("en-tête de contenu illisible")
    return whole


def _short(payload: bytes, at: int) -> tuple[bytes, int]:
    """A short string, and where it ends."""
    start = at + 1
    end = start + payload[at] if at < len(payload) else len(payload) + 1
    if end > len(payload):
        raise ProtocolError("méthode basic.deliver illisible")
    return payload[start:end], end


def _is_text(name: bytes) -> bool:
    try:
        name.decode()
    except UnicodeDecodeError:
        return False
    return True


def _legible(name: bytes) -> bytes:
    return methods.short(legible(name))


def _field(name: str, value: bytes) -> bytes:
    return methods.short(name) + tables.sized(b"x", value)

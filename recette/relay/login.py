"""The login, the one thing that a relay may change: with a certificate it logs in at the hub in the editor's place.

Two frames are written anew, the hub's `start` and the editor's `start-ok`; what stands in them besides the login is
carried over byte by byte. Everything before, between and after goes through as it came.
"""

from __future__ import annotations

import struct
from typing import Protocol

from pamqp import commands as amqp

from recette.amqp import frames
from recette.amqp.errors import MalformedError

OFFERED = b"PLAIN AMQPLAIN EXTERNAL"
"""What the relay takes of the editor, whatever it is: the certificate alone logs in."""
_LENGTH = struct.Struct(">I")
_HELD_MAX = 65_536
"""Bytes of a login that are awaited."""


class Login(Protocol):
    """What may still have to be changed of the bytes of a connection."""

    def from_editor(self, data: bytes) -> bytes: ...
    def from_hub(self, data: bytes) -> bytes: ...


class AsItIs:
    """The editor logs in itself."""

    def from_editor(self, data: bytes) -> bytes:
        return data

    def from_hub(self, data: bytes) -> bytes:
        return data


class WithCertificate:
    """The hub takes the relay's certificate for the login (EXTERNAL).

    What is no login goes on as it came: the hub will say what is wrong with it.
    """

    def __init__(self) -> None:
        self._editor: _Awaited | None = _Awaited(
            frames.PROTOCOL_HEADER, amqp.Connection.StartOk.index, _external
        )
        self._hub: _Awaited | None = _Awaited(b"", amqp.Connection.Start.index, _offered)

    def from_editor(self, data: bytes) -> bytes:
        if self._editor is None:
            return data
        passed, over = self._editor.take(data)
        self._editor = None if over else self._editor
        return passed

    def from_hub(self, data: bytes) -> bytes:
        if self._hub is None:
            return data
        passed, over = self._hub.take(data)
        self._hub = None if over else self._hub
        return passed


class _Awaited:
    """Holds a side's first frame back until it is whole, then lets it go, changed."""

    def __init__(self, prelude: bytes, index: int, change: _Change) -> None:
        self._prelude = prelude
        self._index = index
        self._change = change
        self._held = b""

    def take(self, data: bytes) -> tuple[bytes, bool]:
        """What may go on now, and whether that was the frame, or none can come any more."""
        self._held += data
        passed = b""
        if self._prelude:
            if len(self._held) < len(self._prelude):
                return b"", False
            if not self._held.startswith(self._prelude):
                return self._held, True  # no AMQP 0-9-1: the hub will say so
            passed, self._held, self._prelude = self._prelude, self._held[len(self._prelude) :], b""
        if len(self._held) < frames.HEAD.size:
            return passed, False
        kind, channel, size = frames.HEAD.unpack_from(self._held)
        end = frames.HEAD.size + size + len(frames.END)
        if kind != frames.METHOD or channel or size > _HELD_MAX:
            return passed + self._held, True
        if len(self._held) < end:
            return passed, False
        payload = self._held[frames.HEAD.size : end - len(frames.END)]
        if payload[: _LENGTH.size] != _LENGTH.pack(self._index):
            return passed + self._held, True  # a refusal, say
        try:
            changed = frames.frame(kind, channel, self._change(payload))
        except MalformedError:
            return passed + self._held, True
        return passed + changed + self._held[end:], True


class _Change(Protocol):
    def __call__(self, payload: bytes, /) -> bytes: ...


def _offered(start: bytes) -> bytes:
    """connection.start with the relay's own mechanisms; version, properties and locales as they came."""
    table = 4 + 2
    mechanisms = table + 4 + _long(start, table)
    after = mechanisms + 4 + _long(start, mechanisms)
    return start[:mechanisms] + _LENGTH.pack(len(OFFERED)) + OFFERED + start[after:]


def _external(start_ok: bytes) -> bytes:
    """connection.start-ok that logs in by certificate; properties and locale as they came."""
    table = 4
    mechanism = table + 4 + _long(start_ok, table)
    if mechanism >= len(start_ok):
        raise MalformedError("no login")
    response = mechanism + 1 + start_ok[mechanism]
    after = response + 4 + _long(start_ok, response)
    return start_ok[:mechanism] + b"\x08EXTERNAL" + _LENGTH.pack(0) + start_ok[after:]


def _long(payload: bytes, at: int) -> int:
    """How long the string or table is that begins there. Raises MalformedError."""
    if at + 4 > len(payload):
        raise MalformedError("no login")
    length: int = _LENGTH.unpack_from(payload, at)[0]
    if at + 4 + length > len(payload):
        raise MalformedError("no login")
    return length

"""One end of a link, as the event loop serves it: what comes is handed on, and nobody is sent more than they read."""

from __future__ import annotations

import asyncio
from typing import Protocol, cast

from recette.relay.watch import Side

_BUFFER = 1024 * 1024
"""Bytes that one side may leave unread before the other is read no more."""


def opposite(side: Side) -> Side:
    return "hub" if side == "editor" else "editor"


class Carrier(Protocol):
    """What an end belongs to: it carries what comes at one to the other."""

    ends: dict[Side, End]

    def opened(self, end: End) -> None: ...
    def took(self, side: Side, data: bytes) -> None: ...
    def lost(self, side: Side, error: BaseException | None) -> None: ...
    def failed(self, error: BaseException) -> None: ...
    def resume(self, side: Side) -> None: ...


class End(asyncio.Protocol):
    """One end of a link."""

    def __init__(self, side: Side, link: Carrier) -> None:
        self.side: Side = side
        self.closed = False
        self.full = False
        """Whether it leaves unread what it is sent."""
        self.transport: asyncio.Transport
        self.link = link

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.transport.set_write_buffer_limits(high=_BUFFER)
        self.link.opened(self)

    def data_received(self, data: bytes) -> None:
        self.link.took(self.side, data)

    def connection_lost(self, error: Exception | None) -> None:
        self.link.lost(self.side, error)

    def pause_writing(self) -> None:
        """It does not read: the other is not read either."""
        self.full = True
        other = self.link.ends.get(opposite(self.side))
        if other is not None:
            other.transport.pause_reading()

    def resume_writing(self) -> None:
        self.full = False
        other = opposite(self.side)
        if other in self.link.ends:
            self.link.resume(other)

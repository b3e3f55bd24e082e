"""Who may keep a connection to the console: whoever was let in; of all others a few, and for a short while."""

from __future__ import annotations

import asyncio
import ssl
from typing import Self, cast

from aiohttp import web

from recette.platform.entrance import Entrance

OPEN_MAX = 100
"""Connections at once; the oldest on which nobody was let in gives way to another."""
LATE = 20.0
"""Seconds after which a connection on which nobody was let in goes, whatever it is saying."""


class Gate:
    """Listens for the application until closed."""

    def __init__(self, server: web.Server) -> None:
        self._server = server
        self._visitors: dict[object, _Visitor] = {}
        """By what handles their requests, the oldest first."""
        self._entrance: Entrance | None = None

    @classmethod
    async def open(cls, server: web.Server, host: str, port: int, tls: ssl.SSLContext | None) -> Self:
        """Raises OSError."""
        found = cls(server)
        found._entrance = await Entrance.open(found, host, port, tls)
        return found

    @property
    def port(self) -> int:
        assert self._entrance is not None
        return self._entrance.address[1]

    async def close(self) -> None:
        """Take nobody any more; those that are there go with the application."""
        if self._entrance is not None:
            await self._entrance.close()
        for one in self._visitors.values():
            one.stay()

    def let_in(self, handler: object) -> None:
        """Somebody with a seat speaks on that connection: it may stay."""
        if handler in self._visitors:
            self._visitors[handler].stay()

    def room(self) -> str:
        """Why nobody else can come; whoever was not let in makes room."""
        if len(self._visitors) < OPEN_MAX:
            return ""
        strangers = [one for one in self._visitors.values() if one.stranger]
        if not strangers:
            return f"{OPEN_MAX} sont ouvertes"
        strangers[0].go()
        return ""

    def welcome(self) -> asyncio.Protocol:
        """One more connection."""
        handler = self._server()
        self._visitors[handler] = _Visitor(self, cast("asyncio.Protocol", handler))
        return self._visitors[handler]

    def never_began(self, guest: asyncio.Protocol, _: BaseException) -> None:
        """It failed before anything was said on it."""
        if isinstance(guest, _Visitor):
            guest.gone()

    def turned_away(self, why: str) -> None:
        """Whoever opens so many knows; those who are in are not troubled with it."""

    def left(self, handler: object) -> None:
        self._visitors.pop(handler, None)


class _Visitor(asyncio.Protocol):
    """One connection: hands everything to the web server, and goes in time."""

    def __init__(self, gate: Gate, handler: asyncio.Protocol) -> None:
        self.stranger = True
        self._gate = gate
        self._handler = handler
        self._transport: asyncio.Transport | None = None
        self._late = asyncio.get_running_loop().call_later(LATE, self.go)

    def stay(self) -> None:
        self.stranger = False
        self._late.cancel()

    def go(self) -> None:
        """Break it off."""
        self.stay()
        if self._transport is not None:
            self._transport.abort()

    def gone(self) -> None:
        self._late.cancel()
        self._gate.left(self._handler)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._handler.connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self.gone()
        self._handler.connection_lost(error)

    def data_received(self, data: bytes) -> None:
        self._handler.data_received(data)

    def eof_received(self) -> bool | None:
        return self._handler.eof_received()

    def pause_writing(self) -> None:
        self._handler.pause_writing()

    def resume_writing(self) -> None:
        self._handler.resume_writing()

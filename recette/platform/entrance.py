"""Where connections come in: so many at once, so many in a while, and none that keeps anybody waiting."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections import deque
from typing import Protocol, Self

from recette.wording.counting import in_seconds

NEW_MAX, NEW_WITHIN = 200, 10.0
"""Connections that are taken, within so many seconds: each is work, here or where it leads."""
HANDSHAKE = 10.0
"""Seconds that TLS may take to begin."""
_BACKLOG = 100
_TOLD_AGAIN = 60.0
"""Seconds after which it is said once more that connections are refused."""
_FULL = 1.0
"""Seconds until it is tried again where the machine has no descriptor left: nothing tells when there is one."""


class Host(Protocol):
    """Who takes them in."""

    def room(self) -> str:
        """Why nobody else can come in; empty where somebody can."""

    def welcome(self) -> asyncio.Protocol: ...

    def never_began(self, guest: asyncio.Protocol, error: BaseException) -> None:
        """TLS failed, or the entrance was closed meanwhile."""

    def turned_away(self, why: str) -> None:
        """Connections are refused from now on; `why` is half a French sentence."""


class Entrance:
    """Listens until closed."""

    def __init__(self, host: Host, listeners: list[socket.socket], tls: ssl.SSLContext | None) -> None:
        self._host = host
        self._tls = tls
        self._loop = asyncio.get_running_loop()
        self._listeners = listeners
        self._came: deque[float] = deque(maxlen=NEW_MAX)
        """When the last ones were taken."""
        self._told = -_TOLD_AGAIN
        self._tasks = {self._loop.create_task(self._listen(one)) for one in listeners}

    @classmethod
    async def open(cls, host: Host, name: str, port: int, tls: ssl.SSLContext | None) -> Self:
        """At each address of `name` (port 0: any that is free). Raises OSError."""
        found = await asyncio.get_running_loop().getaddrinfo(
            name or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
        listeners: list[socket.socket] = []
        try:
            for family, address in dict.fromkeys((one[0], one[4]) for one in found):
                listeners.append(
                    socket.create_server((str(address[0]), port), family=family, backlog=_BACKLOG)
                )
                listeners[-1].setblocking(False)
        except OSError:
            for one in listeners:
                one.close()
            raise
        return cls(host, listeners, tls)

    @property
    def address(self) -> tuple[str, int]:
        """The first one's."""
        name, port = self._listeners[0].getsockname()[:2]
        return str(name), int(port)

    async def close(self) -> None:
        """Take nobody any more; who has not begun never does."""
        tasks = list(self._tasks)
        for one in tasks:
            one.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for listener in self._listeners:
            listener.close()

    async def _listen(self, listener: socket.socket) -> None:
        while True:
            try:
                came, _ = await self._loop.sock_accept(listener)
            except ConnectionError:
                continue  # gone before it was let in
            except OSError:
                self._refuse("la machine n'a plus de quoi en ouvrir une")
                await asyncio.sleep(_FULL)
                continue
            if why := self._why_not() or self._host.room():
                came.close()
                self._refuse(why)
                continue
            self._came.append(self._loop.time())
            task = self._loop.create_task(self._take(came))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _take(self, came: socket.socket) -> None:
        guest = self._host.welcome()
        try:
            await self._loop.connect_accepted_socket(
                lambda: guest,
                came,
                ssl=self._tls,
                ssl_handshake_timeout=HANDSHAKE if self._tls is not None else None,
            )
        except (OSError, EOFError, asyncio.CancelledError) as error:
            self._host.never_began(guest, error)
            came.close()

    def _why_not(self) -> str:
        if len(self._came) == NEW_MAX and self._loop.time() - self._came[0] < NEW_WITHIN:
            return f"plus de {NEW_MAX} sont venues en {in_seconds(NEW_WITHIN)}"
        return ""

    def _refuse(self, why: str) -> None:
        now = self._loop.time()
        if now - self._told >= _TOLD_AGAIN:
            self._told = now
            self._host.turned_away(why)

"""A TCP relay on the loopback that can be cut, closed and stalled: a bad network, at will."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Self


class Proxy:
    """Relays to `port` until told otherwise."""

    def __init__(self, port: int) -> None:
        self.port = 0
        self._to = port
        self._refusing = False
        self._stalled = False
        self._writers: list[asyncio.StreamWriter] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._losing = False
        self._at: tuple[bytes, Callable[[], None]] | None = None
        self._sent = b""
        self._more = asyncio.Condition()

    @classmethod
    @asynccontextmanager
    async def before(cls, port: int) -> AsyncIterator[Self]:
        found = cls(port)
        server = await asyncio.start_server(found._serve, "127.0.0.1", 0)
        found.port = server.sockets[0].getsockname()[1]
        try:
            yield found
        finally:
            server.close()
            found.cut()
            await asyncio.gather(*found._tasks, return_exceptions=True)

    def cut(self) -> None:
        """Every connection breaks; new ones are let in."""
        self._stalled = self._losing = False
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()

    def refuse(self) -> None:
        """Cut, and break every new connection at once."""
        self._refusing = True
        self.cut()

    def accept(self) -> None:
        self._refusing = False

    def stall_answers(self) -> None:
        """What the broker says is swallowed, on connections that stay open."""
        self._stalled = True

    def lose_requests(self) -> None:
        """What is said to the broker never gets there, on connections that stay open."""
        self._losing = True

    def at(self, part: bytes, act: Callable[[], None]) -> None:
        """Act when `part` is on its way to the broker, before it gets there."""
        self._at = part, act

    async def passed(self, part: bytes) -> None:
        """Until `part` came on its way to the broker, and was relayed unless it is to be lost."""
        async with asyncio.timeout(20), self._more:
            await self._more.wait_for(lambda: part in self._sent)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._refusing:
            writer.transport.abort()
            return
        try:
            back, forth = await asyncio.open_connection("127.0.0.1", self._to)
        except OSError:
            writer.transport.abort()
            return
        self._writers += [writer, forth]
        for source, sink, inward in ((reader, forth, True), (back, writer, False)):
            task = asyncio.create_task(self._relay(source, sink, inward=inward))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _relay(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, *, inward: bool) -> None:
        with suppress(OSError):
            while block := await source.read(65536):
                if inward:
                    async with self._more:
                        self._sent = (self._sent + block)[-65536:]
                        self._more.notify_all()
                    if self._at is not None and self._at[0] in block:
                        self._at[1]()
                        self._at = None
                if self._losing if inward else self._stalled:
                    continue
                sink.write(block)
                await sink.drain()
        sink.close()

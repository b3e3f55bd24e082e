"""Software that is restarted is waited for; what only looks like a restart is none."""

from __future__ import annotations

import asyncio

import pytest

from recette.campaign import returning
from recette.campaign.returning import NobodyTellsError, hook_again, readers_again
from recette.hub.errors import HubError


class Hook:
    """A listening port, with the links that others opened to it."""

    def __init__(self) -> None:
        self.came = asyncio.Event()
        self._links: list[asyncio.StreamWriter] = []
        self._server: asyncio.Server | None = None

    async def start(self, port: int = 0) -> int:
        self._server = await asyncio.start_server(self._take, "127.0.0.1", port)
        taken: int = self._server.sockets[0].getsockname()[1]
        return taken

    async def _take(self, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._links.append(writer)
        self.came.set()

    def drop_links(self) -> None:
        self.came.clear()
        while self._links:
            self._links.pop().close()

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        self.drop_links()
        await self._server.wait_closed()


async def test_a_restart_is_seen_and_a_link_closed_for_want_of_use_is_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hook, gone = Hook(), asyncio.Event()
    connected = returning._connected

    async def watched(host: str, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        found = await connected(host, port)
        if found is None:
            gone.set()
        return found

    monkeypatch.setattr(returning, "_connected", watched)
    port = await hook.start()
    waits = asyncio.create_task(hook_again(f"http://127.0.0.1:{port}/agir"))
    async with asyncio.timeout(60):
        await hook.came.wait()
        hook.drop_links()
        await hook.came.wait()  # it is held again, not taken for a restart
        assert not waits.done()
        await hook.stop()
        await gone.wait()
        again = Hook()
        await again.start(port)
        await waits
        await again.stop()


async def test_software_that_is_not_there_yet_is_waited_for() -> None:
    hook = Hook()
    port = await hook.start()
    await hook.stop()
    waits = asyncio.create_task(hook_again(f"http://127.0.0.1:{port}/agir"))
    async with asyncio.timeout(60):
        await hook.start(port)
        await waits
    await hook.stop()


async def test_a_queue_that_lost_its_reader_finds_one() -> None:
    seen = iter([1, 1, 0, 0, 2])

    async def readers() -> int:
        return next(seen)

    async with asyncio.timeout(60):
        await readers_again(readers)
    assert list(seen) == []


async def test_a_queue_that_may_not_be_looked_at_tells_nothing() -> None:
    async def readers() -> int:
        raise HubError("refusé")

    with pytest.raises(NobodyTellsError, match="refusé"):
        await readers_again(readers)

"""What changes in an open page, sent as it changes (server-sent events)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping

from aiohttp import web

from recette.console.bell import Bell
from recette.report.markup import Markup

GATHERED = 0.03
"""Seconds in which changes are gathered before they are sent."""
_BEAT = 15.0
"""Seconds after which a silent stream shows that it is there, and notices that nobody reads it."""

Parts = Callable[[], Mapping[str, Markup]]


class Streams:
    """All open pages; they end with the console."""

    def __init__(self, bell: Bell) -> None:
        self._bell = bell
        self._open: set[asyncio.Task[object]] = set()

    async def send(self, request: web.Request, parts: Parts) -> web.StreamResponse:
        """Send the parts that differ from what was sent before, until the page is closed."""
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        try:
            await response.prepare(request)
            await self._follow(response, parts)
        except ConnectionError:
            pass
        finally:
            self._open.discard(task)
        return response

    async def _follow(self, response: web.StreamResponse, parts: Parts) -> None:
        sent: dict[str, str] = {}
        rings = -1
        while True:
            rings = self._bell.rings
            news = {name: one.text for name, one in parts().items() if sent.get(name) != one.text}
            for name, html in news.items():
                data = json.dumps({"id": name, "html": html}, ensure_ascii=False)
                await response.write(f"event: part\ndata: {data}\n\n".encode())
            sent |= news
            if await self._bell.heard(rings, _BEAT) == rings:
                await response.write(b": la\n\n")
            else:
                await asyncio.sleep(GATHERED)

    async def close(self, _: web.Application) -> None:
        """End every stream, so that the server can."""
        for one in list(self._open):
            one.cancel()

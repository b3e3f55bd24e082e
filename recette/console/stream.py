"""What changes in an open page, sent as it changes (server-sent events)."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from aiohttp import web

from recette.console.bell import Bell
from recette.report.markup import Markup

GATHERED = 0.01
"""Seconds in which changes are gathered before they are sent."""
_BEAT = 15.0
"""Seconds after which a silent stream shows that it is there, and notices that nobody reads it."""

_SHARE = 0.1
"""How much of the time, at most, goes into making what one page shows: the pause after each time is for that, and waits for nothing."""

Parts = Callable[[], Mapping[str, Markup]]


@dataclass(frozen=True, slots=True)
class Added:
    """A line that is new in a list, or takes the place of the one of that id."""

    list: str
    id: str
    told: str
    """By what it is found."""
    html: Markup

    def document(self) -> dict[str, str]:
        """As the script takes it."""
        return {"list": self.list, "id": self.id, "told": self.told, "html": self.html.text}


@dataclass(frozen=True, slots=True)
class News:
    """What is new in a list of lines since the last time."""

    added: Sequence[Added]
    mark: str
    """What a page that comes back says to have."""
    gone: bool = False
    """Whether the page is about something that is not there any more."""


class Streams:
    """All open pages; they end with the console."""

    def __init__(self, bell: Bell) -> None:
        self._bell = bell
        self._open: set[asyncio.Task[object]] = set()

    async def send(
        self, request: web.Request, parts: Parts, lines: Callable[[], News] | None = None
    ) -> web.StreamResponse:
        """Send the parts that differ from what was sent before, and the lines that are new, until the page is closed."""
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        try:
            await response.prepare(request)
            await self._follow(response, parts, lines)
        except ConnectionError:
            pass
        finally:
            self._open.discard(task)
        return response

    async def _follow(
        self, response: web.StreamResponse, parts: Parts, lines: Callable[[], News] | None
    ) -> None:
        sent: dict[str, str] = {}
        rings = -1
        while True:
            rings, begun = self._bell.rings, time.perf_counter()
            told = _lines(lines()) if lines is not None else ""
            news = {name: one.text for name, one in parts().items() if sent.get(name) != one.text}
            for name, html in news.items():
                told += f"event: part\ndata: {_json({'id': name, 'html': html})}\n\n"
            sent |= news
            spent = time.perf_counter() - begun
            if told:
                await response.write(told.encode())
            if await self._bell.heard(rings, _BEAT) == rings:
                await response.write(b": la\n\n")
            else:
                await asyncio.sleep(max(GATHERED, spent / _SHARE))

    async def close(self, _: web.Application) -> None:
        """End every stream, so that the server can."""
        for one in list(self._open):
            one.cancel()


def _lines(news: News) -> str:
    if news.gone:
        return "event: gone\ndata: \n\n"
    if not news.added:
        return ""
    told = _json([one.document() for one in news.added])
    return f"event: lines\nid: {news.mark}\ndata: {told}\n\n"


def _json(told: object) -> str:
    return json.dumps(told, ensure_ascii=False)

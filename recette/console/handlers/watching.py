"""« Observer »: the hub at home of the run, or of the exchange, that is on; and a relay."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

from aiohttp import web

from recette.console.door import SEAT
from recette.console.pages.layout import who
from recette.console.pages.watch import dossiers_part, relay_part, watch_page
from recette.console.state import Console
from recette.console.watching import Watch, latest
from recette.report.markup import Markup


class Watching:
    """One page, live."""

    def __init__(self, console: Console, exchange: Callable[[], Watch | None]) -> None:
        """`exchange` gives what the hub of the open exchange sees."""
        self._console = console
        self._exchange = exchange
        self._following: asyncio.Task[None] | None = None

    async def begin(self, _: web.Application) -> None:
        """Follow the relay, where there is one."""
        if self._console.relay is not None:
            self._following = asyncio.create_task(self._console.relay.follow())

    async def close(self, _: web.Application) -> None:
        """With the console."""
        if self._following is not None:
            self._following.cancel()
            await asyncio.gather(self._following, return_exceptions=True)
        if self._console.relay is not None:
            self._console.relay.close()

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/observer", self.page), web.get("/observer/flux", self.flow)]

    def _watch(self) -> Watch | None:
        """That of the run while it is on; else of the exchange; else of the run that was."""
        runs = self._console.runs
        run = runs.going.watch if runs.going is not None else None
        return latest((run, self._exchange()) if runs.busy else (self._exchange(), run))

    async def page(self, request: web.Request) -> web.StreamResponse:
        content = watch_page(self._watch(), self._console.relay)
        return self._console.page(request, "Observer", content, room="/observer", flow="/observer/flux")

    async def flow(self, request: web.Request) -> web.StreamResponse:
        seat = request[SEAT]
        before: tuple[object, ...] = ()
        found: dict[str, Markup] = {}

        def parts() -> Mapping[str, Markup]:
            nonlocal before, found
            watch, relay = self._watch(), self._console.relay
            now = (watch, watch and watch.count, relay and (relay.news, relay.watch.count))
            if now != before:
                before, found = now, {"dossiers": dossiers_part(watch)}
                if relay is not None:
                    found["relais"] = relay_part(relay)
            return {**found, "qui": who(seat, self._console.seats)}

        return await self._console.streams.send(request, parts)

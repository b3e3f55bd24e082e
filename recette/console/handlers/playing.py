"""« Jouer »: choose, begin, follow, stop, go on, play again what failed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace

from aiohttp import web

from recette.campaign.folder import new_folder
from recette.console.door import SEAT
from recette.console.launching import prepare
from recette.console.orders import Order, OrderError, order_of
from recette.console.pages.layout import notice, who
from recette.console.pages.play import HOME, play_page, wanted
from recette.console.pages.run import Drawing, Shown, cells_of, followed, plays_table, run_page, run_parts
from recette.console.runs import NoSuchRunError
from recette.console.state import Console, one, sent, to
from recette.journal.interrupted import Interrupted, read_interrupted
from recette.messages.roles import ROLES
from recette.play.permitted import ProductionError
from recette.report.markup import Markup


class Playing:
    """The pages of a run, and what is clicked there."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/", self.choose),
            web.post("/jouer", self.begin),
            web.get("/campagnes/{name}", self.run),
            web.get("/campagnes/{name}/flux", self.flow),
            web.post("/campagnes/{name}/arreter", self.stop),
            web.post("/campagnes/{name}/reprendre", self.resume),
            web.post("/campagnes/{name}/rejouer", self.again),
        ]

    async def choose(self, request: web.Request) -> web.StreamResponse:
        console = self._console
        default = next(iter(console.targets), HOME)
        chosen = request.query.get("cible", default)
        target = await asyncio.to_thread(console.target, chosen)
        try:
            choices = await asyncio.to_thread(console.choices, target)
        except ProductionError as error:
            return console.page(request, "Jouer", notice(str(error), "bad"), room="/")
        content = play_page(choices, console.targets, chosen, target, request[SEAT].name)
        going = console.runs.going
        if console.runs.busy and going is not None:
            content.insert(0, notice("Une campagne se joue en ce moment : voyez « Campagnes »."))
        return console.page(request, "Jouer", content, room="/")

    async def begin(self, request: web.Request) -> web.StreamResponse:
        console, seat = self._console, self._console.acts(request)
        fields = await sent(request)
        chosen = one(fields, "cible")
        if chosen != HOME and chosen not in console.targets:
            raise OrderError(f"La console ne connaît pas la cible « {chosen} ».")
        target = await asyncio.to_thread(console.target, chosen)
        choices = await asyncio.to_thread(console.choices, target)
        names = wanted(fields, choices)
        if not names and one(fields, "quoi") != "tout":
            raise OrderError("Cochez d'abord au moins un scénario, ou choisissez « Tout jouer ».")
        role = one(fields, "role")
        order = Order(
            names=names,
            target=console.targets.get(chosen),
            role=role if target is None and role in ROLES else None,
            fault=(one(fields, "faute") or None) if target is None else None,
            harmful=one(fields, "nuisible") == "oui",
            attest_received=one(fields, "attester") == "oui"
            and target is not None
            and target.driver.kind == "operator",
            by=seat.name,
        )
        return await self.launch(order)

    async def launch(self, order: Order, resumes: Interrupted | None = None) -> web.Response:
        """Begin what was ordered, or go on with it. Raises OrderError, SelectionError, ScenarioError, TargetError."""
        console = self._console
        async with console.beginning:
            if console.runs.busy:
                raise OrderError("Une campagne se joue déjà : attendez sa fin, ou arrêtez-la.")
            folder = new_folder(console.runs.folder) if resumes is None else resumes.path.parent
            prepared = await asyncio.to_thread(prepare, order, folder, console.book, resumes)
            console.runs.going = prepared.begin(console.bell)
        return to(f"/campagnes/{folder.name}")

    async def _shown(self, request: web.Request) -> Shown:
        """Raises NoSuchRunError, UnreadableJournalError."""
        name = request.match_info["name"]
        here = self._console.runs.begun_here(name)
        return here if here is not None else await asyncio.to_thread(self._console.runs.read, name)

    async def run(self, request: web.Request) -> web.StreamResponse:
        shown = await self._shown(request)
        asked = request.query.get("passage", "")
        play = asked or followed(shown.view, "")
        flow = f"{shown.address}/flux?passage={asked}" if shown.going is not None else None
        return self._console.page(
            request, f"Campagne {shown.name}", run_page(shown, play), room="/campagnes", flow=flow
        )

    async def flow(self, request: web.Request) -> web.StreamResponse:
        name, asked = request.match_info["name"], request.query.get("passage", "")
        if self._console.runs.begun_here(name) is None:
            raise NoSuchRunError(f"La campagne « {name} » ne se joue pas ici.")
        return await self._console.streams.send(request, self._parts(request, name, asked))

    def _parts(self, request: web.Request, name: str, asked: str) -> Callable[[], Mapping[str, Markup]]:
        """What changes in the page of a run; of the plays only those in which something happened."""
        seat, console = request[SEAT], self._console
        seen = {"version": -1, "plays": -1}
        looked_at, drawing = asked, Drawing()

        def parts() -> Mapping[str, Markup]:
            nonlocal looked_at
            shown = console.runs.begun_here(name)
            if shown is None:
                return {}
            looked_at = asked or followed(shown.view, looked_at)
            found = {**run_parts(shown, looked_at, drawing), "qui": who(seat, console.seats)}
            plays = list(shown.view.plays.values())
            if len(plays) != seen["plays"]:
                found["passages"] = plays_table(shown, looked_at)
            else:
                found |= {
                    f"v{index}-etat": cells_of(play)
                    for index, play in enumerate(plays)
                    if play.version > seen["version"]
                }
            seen["version"], seen["plays"] = shown.view.version, len(plays)
            return found

        return parts

    async def stop(self, request: web.Request) -> web.StreamResponse:
        self._console.acts(request)
        name = request.match_info["name"]
        shown = self._console.runs.begun_here(name)
        if shown is None or shown.going is None:
            return to(f"/campagnes/{self._console.runs.path(name).name}")
        shown.going.stop()
        return to(f"/campagnes/{shown.name}")

    async def resume(self, request: web.Request) -> web.StreamResponse:
        console, seat = self._console, self._console.acts(request)
        path = console.runs.path(request.match_info["name"])
        interrupted = await asyncio.to_thread(read_interrupted, path)
        order = order_of(interrupted.header.asked, path, console.targets, seat.name)
        return await self.launch(order, interrupted)

    async def again(self, request: web.Request) -> web.StreamResponse:
        console, seat = self._console, self._console.acts(request)
        shown = await self._shown(request)
        header = shown.view.header
        wrong = [
            play.name
            for play in shown.view.plays.values()
            if play.result is not None and play.result.verdict not in {"pass", "none"}
        ]
        if not wrong or header is None:
            raise OrderError("Tout ce qui a été joué est conforme : il n'y a rien à rejouer.")
        before = order_of(header.asked, console.runs.path(shown.name), console.targets, seat.name)
        return await self.launch(replace(before, names=tuple(wrong)))

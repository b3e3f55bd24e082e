"""« Écrire »: a scenario's source, checked and completed as it is typed, kept, played."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from pathlib import Path

from aiohttp import web

from recette.console.orders import Order, OrderError
from recette.console.pages.play import HOME
from recette.console.pages.writing import draft_page, drafts_page, problems_part, unsaved_page
from recette.console.state import Console, number, one, sent, to
from recette.console.writing.completing import offered
from recette.console.writing.drafts import DraftError, one_kind_of_lines
from recette.platform.places import from_here

Launch = Callable[[Order], Awaitable[web.Response]]
_MOST_LINES = 100_000


class Writing:
    """The folder of one's own scenarios."""

    def __init__(self, console: Console, launch: Launch) -> None:
        """`launch` begins a run."""
        self._console = console
        self._launch = launch

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/ecrire", self.all),
            web.post("/ecrire", self.new),
            web.get("/ecrire/{name}", self.page),
            web.post("/ecrire/{name}", self.save),
            web.post("/ecrire/{name}/verifier", self.check),
            web.post("/ecrire/{name}/completer", self.complete),
        ]

    async def all(self, request: web.Request) -> web.StreamResponse:
        console = self._console
        names = await asyncio.to_thread(console.drafts.names)
        content = drafts_page(names, console.drafts.folder, self._samples())
        return console.page(request, "Écrire", content, room="/ecrire")

    def _samples(self) -> list[tuple[str, str]]:
        return list({each.id: each.title for each in self._console.book.scenarios}.items())

    async def new(self, request: web.Request) -> web.StreamResponse:
        """Begin a scenario, from one of the cahier where that is asked. Raises DraftError, OrderError, OSError."""
        console = self._console
        console.acts(request)
        fields = await sent(request)
        name, sample = one(fields, "fichier").strip(), one(fields, "modele")
        editions = [each for each in console.book.scenarios if each.id == sample]
        if sample and not editions:
            raise OrderError(f"La console ne connaît pas le scénario « {sample} ».")
        await asyncio.to_thread(console.drafts.begin, name, editions)
        return to(f"/ecrire/{name}")

    async def page(self, request: web.Request) -> web.StreamResponse:
        draft = await asyncio.to_thread(self._console.drafts.read, request.match_info["name"])
        found = await asyncio.to_thread(self._console.drafts.problems, draft.name, draft.text)
        content = draft_page(draft, found, self._console.targets)
        return self._console.page(request, draft.name, content, room="/ecrire", script="/editeur.js")

    async def save(self, request: web.Request) -> web.StreamResponse:
        """Write what was typed, and play it where that is asked. Raises DraftError, OrderError, TargetError."""
        console, seat = self._console, self._console.acts(request)
        name, fields = request.match_info["name"], await sent(request)
        text = one_kind_of_lines(one(fields, "source"))
        try:
            await asyncio.to_thread(console.drafts.write, name, text, one(fields, "etat"))
        except DraftError as error:
            content = unsaved_page(text, str(error))
            return console.page(request, "Rien n'a été écrit", content, room="/ecrire", status=409)
        if one(fields, "geste") != "jouer":
            return to(f"/ecrire/{name}")
        found = await asyncio.to_thread(console.drafts.problems, name, text)
        wrong = next((each for each in found if each.severity == "error"), None)
        if wrong is not None:
            raise DraftError(f"C'est enregistré, mais ne se joue pas encore. Corrigez d'abord {wrong}")
        target = one(fields, "cible")
        if target != HOME and target not in console.targets:
            raise OrderError(f"La console ne connaît pas la cible « {target} ».")
        path = from_here(console.drafts.path(name))
        return await self._launch(Order((path,), target=console.targets.get(target), by=seat.name))

    async def check(self, request: web.Request) -> web.StreamResponse:
        """What is wrong in what is typed; nothing is written."""
        name, fields = request.match_info["name"], await sent(request)
        text = one_kind_of_lines(one(fields, "source"))
        found = await asyncio.to_thread(self._console.drafts.problems, name, text)
        own = [asdict(each) for each in found if Path(each.file).name == name]
        return web.json_response({"problems": own, "html": problems_part(name, found).text})

    async def complete(self, request: web.Request) -> web.StreamResponse:
        """What can stand where the cursor is."""
        fields = await sent(request)
        line, column = _number(one(fields, "ligne")), _number(one(fields, "colonne"))
        data = await asyncio.to_thread(self._console.drafts.data)
        text = one_kind_of_lines(one(fields, "source"))
        begins, found = await asyncio.to_thread(offered, text, line, column, data)
        return web.json_response({"column": begins, "options": [asdict(each) for each in found]})


def _number(text: str) -> int:
    return min(number(text) or 0, _MOST_LINES)

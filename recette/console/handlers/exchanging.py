"""« Échanger »: open, write, send, answer, acknowledge, refuse, close."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace

from aiohttp import web

from recette.campaign.home import home_targets
from recette.console.door import SEAT
from recette.console.exchange.bench import Bench, Place
from recette.console.exchange.composing import Draft, Language, draft_of, drafted, first_draft
from recette.console.exchange.letters import Letter
from recette.console.exchange.shaping import ShapeError, change_of, shaped
from recette.console.orders import OrderError
from recette.console.pages.exchange import (
    Composing,
    added,
    bench_parts,
    composed_part,
    exchange_page,
    older_lines,
    places_page,
)
from recette.console.pages.layout import notice, who
from recette.console.pages.letter import letter_page
from recette.console.state import Console, number, one, sent, to
from recette.console.stream import News
from recette.console.watching import Watch
from recette.console.writing.keeping import EDITOR, PARTNER, Kept, Sides, as_json, keep_scenario
from recette.messages.dictionary.examples import Size
from recette.messages.dictionary.models import MessageModel, model, models
from recette.messages.error_codes import error_codes
from recette.messages.roles import Role
from recette.messages.vhosts import used_on
from recette.play.target import UNKNOWN_CLIENT, Target
from recette.report.markup import Markup
from recette.wording.values import plain

_CLOSED = "Aucun échange n'est ouvert : ouvrez-en un d'abord."
_GONE = "Ce message n'est plus en mémoire : le fichier de l'échange le garde."
_FIRST = ("RS-EDA", "RS-DR", "RS-RI")
"""The messages that one begins with, where the vHost has them."""


class Exchanging:
    """The exchange that is open, and its pages."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._bench: Bench | None = None
        self._serial = 0
        """Another one for each exchange that is opened."""
        self._opening = asyncio.Lock()
        """Held by whoever opens one: of two at once, nobody would close the first."""

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/echanger", self.page),
            web.get("/echanger/flux", self.flow),
            web.get("/echanger/lignes", self.older),
            web.get("/echanger/messages/{number}", self.letter),
            web.post("/echanger/ouvrir", self.open),
            web.post("/echanger/permuter", self.swap),
            web.post("/echanger/fermer", self.leave),
            web.post("/echanger/verifier", self.check),
            web.post("/echanger/envoyer", self.send),
            web.post("/echanger/repondre", self.answer),
            web.post("/echanger/acquittement", self.acknowledging),
            web.post("/echanger/garder", self.keep),
        ]

    @property
    def watch(self) -> Watch | None:
        """What the hub of the open exchange sees."""
        return self._bench.watch if self._bench is not None else None

    async def close(self, _: web.Application | None = None) -> None:
        """Leave the hub; with the console at the latest."""
        bench, self._bench = self._bench, None
        if bench is not None:
            await bench.close()

    async def page(self, request: web.Request) -> web.StreamResponse:
        bench = self._bench
        if bench is None:
            places = await asyncio.to_thread(self._places)
            return self._console.page(request, "Échanger", places_page(places.values()), room="/echanger")
        composing = await asyncio.to_thread(self._composing, bench, request.query)
        flow = f"/echanger/flux?depuis={self._serial}.{bench.letters.version}"
        content = exchange_page(bench, composing)
        return self._console.page(request, "Échanger", content, room="/echanger", flow=flow)

    async def flow(self, request: web.Request) -> web.StreamResponse:
        seat = request[SEAT]
        serial, _, version = (
            request.headers.get("Last-Event-ID") or request.query.get("depuis", "")
        ).partition(".")
        seen = number(version) or 0

        def lines() -> News:
            nonlocal seen
            bench = self._bench
            if bench is None or serial != str(self._serial):
                return News((), "", gone=True)
            now = bench.letters.version
            found = [added(each) for each in bench.letters.since(seen)]
            seen = now
            return News(found, f"{serial}.{now}")

        def parts() -> Mapping[str, Markup]:
            found = bench_parts(self._bench) if self._bench is not None else {}
            return {**found, "qui": who(seat, self._console.seats)}

        return await self._console.streams.send(request, parts, lines)

    async def older(self, request: web.Request) -> web.StreamResponse:
        """Lines of a queue before one that the page has."""
        bench, asked = self._open_bench(), request.query
        before = number(asked.get("avant", ""))
        if before is None:
            raise OrderError(_GONE)
        found, more = older_lines(bench, asked.get("file", ""), before)
        return web.json_response({"lines": [each.document() for each in found], "more": more})

    async def letter(self, request: web.Request) -> web.StreamResponse:
        """One message, whole."""
        bench = self._open_bench()
        letter = await _letter(bench, request.match_info["number"])
        title = f"Message n° {letter.number} : {letter.message.model or 'illisible'}"
        content = await asyncio.to_thread(letter_page, bench, letter)
        return self._console.page(request, title, content, room="/echanger")

    def _places(self) -> dict[str, Place]:
        """Where one can exchange, by name; reads target files. Raises TargetError."""
        found: dict[str, Place] = {}
        for name in self._console.targets:
            target = self._console.target(name)
            if target is not None and target.home is None:
                for partner in target.addresses:
                    place = _on(f"{name} {partner}", target, partner)
                    found[place.name] = place
        for target in home_targets():
            ids = next(iter(target.partners.values()))
            place = Place(
                f"{target.vhost.name} {target.editor}", target.vhost, ids[0], target.editor, target.role
            )
            found[place.name] = place
        return found

    async def open(self, request: web.Request) -> web.StreamResponse:
        self._console.acts(request)
        wanted = one(await sent(request), "lieu")
        places = await asyncio.to_thread(self._places)
        if wanted not in places:
            raise OrderError("La console ne connaît pas ce lieu d'échange.")
        await self._open(places[wanted])
        return to("/echanger")

    async def _open(self, place: Place) -> None:
        async with self._opening:
            await self.close()
            folder = self._console.runs.folder / "echanges"
            self._bench = await Bench.open(place, folder, self._console.bell.ring)
            self._serial += 1
        self._console.bell.ring()

    async def swap(self, request: web.Request) -> web.StreamResponse:
        """At home, each becomes the other."""
        self._console.acts(request)
        place = self._open_bench().place
        if place.target is not None:
            raise OrderError("Les rôles ne se permutent qu'ici, où les deux comptes sont ceux de la recette.")
        role = _role_of_own(place)
        await self._open(replace(place, own=place.partner, partner=place.own, partner_role=role))
        return to("/echanger")

    async def leave(self, request: web.Request) -> web.StreamResponse:
        self._console.acts(request)
        await self.close()
        self._console.bell.ring()
        return to("/echanger")

    def _open_bench(self) -> Bench:
        if self._bench is None:
            raise OrderError(_CLOSED)
        return self._bench

    def _composing(self, bench: Bench, asked: Mapping[str, str]) -> Composing:
        place = bench.place
        letter = _numbered(bench, asked.get("repond", ""))
        known = self._model(bench, asked.get("modele", ""), letter)
        size: Size = "maximal" if asked.get("taille") == "maximal" else "minimal"
        draft = first_draft(known, place.own, size, letter.message if letter is not None else None)
        sender = letter.message.sender_id if letter is not None else None
        return Composing(known, draft, sender or place.partner, letter.number if letter is not None else 0)

    def _model(self, bench: Bench, wanted: str, letter: Letter | None) -> MessageModel:
        place = bench.place
        known = {
            each.name: each
            for each in models(place.vhost.edition)
            if used_on(each.name, place.vhost.perimeter)
        }
        if wanted in known:
            return known[wanted]
        if letter is not None and letter.message.model in known:
            return known[letter.message.model]
        return next((known[name] for name in _FIRST if name in known), next(iter(known.values())))

    async def check(self, request: web.Request) -> web.StreamResponse:
        """What is typed, in the other language, and what is wrong with it; nothing is done."""
        bench = self._open_bench()
        known = self._model(bench, request.query.get("modele", ""), None)
        draft = await asyncio.to_thread(_draft, await sent(request), known)
        return web.json_response(
            {"json": draft.json, "xml": draft.xml, "html": composed_part(draft, known).text}
        )

    async def send(self, request: web.Request) -> web.StreamResponse:
        """Send what was written, right or wrong: what is wrong is what one may want to try."""
        self._console.acts(request)
        bench, fields = self._open_bench(), await sent(request)
        known = model(one(fields, "modele"), bench.place.vhost.edition)
        draft = await asyncio.to_thread(_draft, fields, known)
        if not draft.readable:
            raise OrderError(f"Ce contenu ne peut pas être lu : {draft.problems[0].message}")
        recipient = plain(one(fields, "vers"), 200)
        seen = {letter.message.sender_id for letter in bench.letters.all}
        if recipient not in {bench.place.partner, UNKNOWN_CLIENT, *seen}:
            raise OrderError("La console n'envoie qu'au partenaire, à qui lui a écrit, ou au client inconnu.")
        await bench.send(
            known,
            draft.content,
            recipient,
            xml=one(fields, "en-xml") == "oui",
            exercise=one(fields, "exercice") == "oui",
        )
        self._console.bell.ring()
        return to("/echanger")

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self._console.acts(request)
        bench, fields = self._open_bench(), await sent(request)
        letter = await _letter(bench, one(fields, "numero"))
        if letter.way != "received":
            raise OrderError(_GONE)
        if one(fields, "geste") == "refuser":
            known = {str(each): each for each in error_codes(bench.place.vhost.edition)}
            if one(fields, "code") not in known:
                raise OrderError("Choisissez un code d'erreur de cette édition.")
            cause = plain(one(fields, "cause"), 300)
            await bench.refuse(letter, known[one(fields, "code")], cause)
        else:
            await bench.acknowledge(letter)
        self._console.bell.ring()
        return to("/echanger")

    async def keep(self, request: web.Request) -> web.StreamResponse:
        """Keep a message as test data, or as a scenario. Raises DraftError, OrderError, OSError."""
        self._console.acts(request)
        bench, fields, drafts = self._open_bench(), await sent(request), self._console.drafts
        letter = await _letter(bench, one(fields, "numero"))
        name, how, sides = one(fields, "nom").strip(), one(fields, "geste"), _sides(bench.place)
        if how == "donnees":
            text = as_json(Kept(sides).data(letter.message))
            kept = await asyncio.to_thread(drafts.keep_data, f"{name}.json", text)
            self._console.bell.ring()
            told = notice(f"Gardé dans {drafts.folder / kept} : un scénario de ce dossier le nomme {kept}.")
            return self._console.page(request, "Données gardées", told, room="/echanger")
        found = [letter]
        if how == "dossier":
            case = letter.message.case_id
            found = [
                each
                for each in bench.letters.all
                if each.number == letter.number
                or (case and each.number < letter.number and each.message.case_id == case)
            ]
        messages = [each.message for each in found]
        await asyncio.to_thread(keep_scenario, drafts, f"{name}.yaml", messages, sides)
        return to(f"/ecrire/{name}.yaml")

    async def acknowledging(self, request: web.Request) -> web.StreamResponse:
        self._console.acts(request)
        bench = self._open_bench()
        bench.acknowledging = not bench.acknowledging
        return to("/echanger")


def _numbered(bench: Bench, text: str) -> Letter | None:
    """The message of that number. Reads the file where it is not kept whole."""
    found = number(text)
    return bench.letters.numbered(found) if found is not None else None


async def _letter(bench: Bench, text: str) -> Letter:
    """The same, where there is one. Raises OrderError, OSError, ValueError."""
    letter = await asyncio.to_thread(_numbered, bench, text)
    if letter is None:
        raise OrderError(_GONE)
    return letter


def _role_of_own(place: Place) -> Role:
    """The role of who one is."""
    targets = [place.target] if place.target is not None else home_targets()
    return next(
        role
        for target in targets
        if place.vhost.name in {target.meeting.name, target.vhost.name}
        for role, ids in [*target.partners.items(), (target.role, (target.editor,))]
        if place.own in ids
    )


def _sides(place: Place) -> Sides:
    clients = {place.own: PARTNER, place.partner: EDITOR}
    return Sides(place.vhost, clients, {PARTNER: _role_of_own(place), EDITOR: place.partner_role})


def _on(name: str, target: Target, partner: str) -> Place:
    return Place(name, target.vhost, partner, target.editor, target.role, target)


def _draft(fields: Mapping[str, list[str]], known: MessageModel) -> Draft:
    """What was typed; the language that was typed in last where both were sent. Raises OrderError for a change of no place."""
    language: Language = "xml" if one(fields, "langue") == "xml" or not one(fields, "json") else "json"
    draft = drafted(one(fields, language), language, known)
    change = one(fields, "changement")
    if not change or not draft.readable:
        return draft
    try:
        return draft_of(shaped(draft.content, change_of(change), known), known)
    except ShapeError as error:
        raise OrderError(str(error)) from error

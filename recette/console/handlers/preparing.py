"""« Préparer »: the checks of a link, and a target file written."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from aiohttp import web

from recette.console.door import SEAT
from recette.console.orders import OrderError
from recette.console.pages.layout import who
from recette.console.pages.prepare import (
    DRIVERS,
    ENVIRONMENTS,
    FORMATS,
    Checked,
    checks_part,
    prepare_page,
    written_page,
)
from recette.console.state import Console, one, sent, to
from recette.hub.errors import HubError
from recette.messages.roles import ROLES
from recette.messages.vhosts import vhost
from recette.platform.places import from_here
from recette.play.target import Target
from recette.play.target_error import TargetError
from recette.play.target_file import load_target
from recette.play.target_template import Certificate, Wanted, target_text
from recette.preflight.checks import Check, verdict_of
from recette.preflight.preflight import announcement, preflight
from recette.report.markup import Markup

_FILE = re.compile(r"[\w-]{1,60}\.ya?ml")


class Preparing:
    """One link is checked at a time."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._checked: Checked | None = None
        self._task: asyncio.Task[None] | None = None

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/preparer", self.page),
            web.get("/preparer/flux", self.flow),
            web.post("/preparer/verifier", self.check),
            web.post("/preparer/cible", self.write),
        ]

    async def close(self, _: web.Application) -> None:
        """End the checks with the console."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def page(self, request: web.Request) -> web.StreamResponse:
        announced = await asyncio.to_thread(self._announced)
        content = prepare_page(announced, self._checked, {})
        return self._console.page(request, "Préparer", content, room="/preparer", flow="/preparer/flux")

    def _announced(self) -> dict[str, str]:
        """What checking each target would do; one that is no link has nothing to be checked. Reads files."""
        found: dict[str, str] = {}
        for name in self._console.targets:
            try:
                target = self._console.target(name)
            except TargetError as error:
                found[name] = str(error)
                continue
            if target is not None and target.home is None:
                found[name] = f"{target.vhost.name}, {target.environment.title}. {announcement(target)}"
        return found

    async def flow(self, request: web.Request) -> web.StreamResponse:
        seat = request[SEAT]

        def parts() -> Mapping[str, Markup]:
            return {"verification": checks_part(self._checked), "qui": who(seat, self._console.seats)}

        return await self._console.streams.send(request, parts)

    async def check(self, request: web.Request) -> web.StreamResponse:
        """Begin to check a link. Raises OrderError, TargetError."""
        self._console.acts(request)
        name = one(await sent(request), "cible")
        target = await asyncio.to_thread(self._console.target, name)
        if target is None or target.home is not None:
            raise OrderError("Cette cible n'a pas de lien à vérifier.")
        if self._task is not None and not self._task.done():
            raise OrderError("Une vérification est déjà en cours : attendez sa fin.")
        self._checked = Checked(name, announcement(target))
        self._task = asyncio.get_running_loop().create_task(self._make(self._checked, target))
        return to("/preparer#verification")

    async def _make(self, begun: Checked, target: Target) -> None:
        def tell(made: Check) -> None:
            if self._checked is not None:
                self._checked = replace(self._checked, checks=(*self._checked.checks, made))
            self._console.bell.ring()

        try:
            checks = await preflight(target, tell)
            self._checked = replace(begun, checks=tuple(checks), verdict=verdict_of(checks))
        except (HubError, OSError, ValueError, RuntimeError) as error:
            self._checked = replace(begun, failure=str(error))
        self._console.bell.ring()

    async def write(self, request: web.Request) -> web.StreamResponse:
        """Write a target file where there is none, and say what is still missing in it. Raises OrderError."""
        self._console.acts(request)
        fields = {name: values[-1].strip() for name, values in (await sent(request)).items()}
        name = fields.get("fichier", "")
        if not _FILE.fullmatch(name):
            raise OrderError(
                "Un nom de fichier est fait de lettres, de chiffres et de tirets, et finit par .yaml."
            )
        path, text = Path(name), target_text(_wanted(fields))
        problems = await asyncio.to_thread(_written, path, text)
        if not problems:
            self._console.targets[from_here(path)] = path
        return self._console.page(
            request, "Cible écrite", written_page(name, text, problems), room="/preparer"
        )


def _written(path: Path, text: str) -> list[str]:
    """Write it where nothing is yet; what is wrong in it. Raises OrderError, OSError."""
    try:
        with path.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except FileExistsError as error:
        raise OrderError(f"{path} existe déjà : donnez un autre nom.") from error
    try:
        load_target(path)
    except TargetError as error:
        return [str(problem) for problem in error.problems]
    return []


def _wanted(fields: Mapping[str, str]) -> Wanted:
    """What the form asks for. Raises OrderError, UnknownVHostError."""
    for name, known in (
        ("environnement", ENVIRONMENTS),
        ("role", ROLES),
        ("role-partenaire", ROLES),
        ("format", FORMATS),
        ("pilote", DRIVERS),
    ):
        if fields.get(name) not in known:
            raise OrderError(f"« {fields.get(name, '')} » n'est pas une réponse à « {name} ».")
    for name in ("editeur", "partenaire"):
        value = fields.get(name, "")
        if not value or any(letter.isspace() for letter in value):
            raise OrderError("Il faut les identifiants clients que l'ANS a donnés, sans espace.")
    broker = fields.get("broker", "")
    if broker and not broker.startswith(("amqp://", "amqps://")):
        raise OrderError("Une adresse de broker s'écrit amqps://hôte:5671 ; demandez-la à l'ANS.")
    return Wanted(
        environment=fields["environnement"],
        broker=broker,
        vhost=vhost(fields.get("vhost", "")).name,
        editor=fields["editeur"],
        role=fields["role"],
        partners=((fields["partenaire"], fields["role-partenaire"]),),
        format=fields["format"],
        driver=fields["pilote"],
        url=fields.get("url", ""),
        authority=fields.get("autorite", ""),
        certificates=(Certificate(fields.get("certificat", ""), fields.get("cle", "")),),
    )

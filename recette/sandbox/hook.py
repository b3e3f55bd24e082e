"""The HTTP hook by which another process drives a reference editor: the contract of the `http` driver."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import urlsplit

from aiohttp import web

from recette.messages.dictionary.models import UnknownModelError
from recette.messages.json.parsing import MAX_BODY, parse_object
from recette.sandbox.broker.errors import PortTakenError
from recette.sandbox.editor import Order, ReferenceEditor
from recette.wording.os_errors import reason

PATH = "/agir"
LOOK = 2.0
"""Seconds that the editor's screen is looked at, until it shows what is asked for."""
_HERE = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True, slots=True)
class Hook:
    """A listening hook of one editor, on loopback."""

    url: str
    _runner: web.AppRunner

    @classmethod
    async def open(cls, editor: ReferenceEditor, port: int = 0) -> Self:
        """Take POSTs at `url`: 202 when the editor has done it, 4xx with one sentence when it cannot.

        Raises PortTakenError.
        """

        async def act(request: web.Request) -> web.Response:
            refused = _not_ours(request)
            if refused is not None:
                return refused
            try:
                document, problems = parse_object(await request.read())
            except web.RequestPayloadError:
                return web.Response(status=400, text="Le corps n'est pas ce que son en-tête en dit.\n")
            if document is None:
                return web.Response(status=400, text=f"{problems[0].message}\n")
            try:
                if document.get("action") == "check":
                    return web.json_response(await _screen(editor, document))
                await editor.perform(_order(document))
            except (UnknownModelError, ValueError) as error:
                return web.Response(status=422, text=f"L'éditeur de référence ne peut pas : {error}\n")
            except (AttributeError, KeyError, TypeError):
                text = "L'éditeur de référence ne peut pas : « data » n'a pas la forme de ce message.\n"
                return web.Response(status=422, text=text)
            return web.Response(status=202)

        # What is no HTTP is answered, and no news.
        logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)
        application = web.Application(client_max_size=MAX_BODY)
        application.router.add_post(PATH, act)
        runner = web.AppRunner(application)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", port).start()
        except OSError as error:
            await runner.cleanup()
            raise PortTakenError(
                f"L'éditeur de référence ne peut pas attendre ses ordres sur 127.0.0.1:{port} ({reason(error)}) : "
                "choisissez un autre --hook-port."
            ) from error
        return cls(f"http://127.0.0.1:{runner.addresses[0][1]}{PATH}", runner)

    async def close(self) -> None:
        await self._runner.cleanup()


def _not_ours(request: web.Request) -> web.Response | None:
    """What a web page can send without being asked for leave, or under a name that leads here, is refused."""
    if request.content_type != "application/json":
        return web.Response(status=415, text="Le pilote envoie du JSON : Content-Type: application/json.\n")
    origin = request.headers.get("Origin")
    if not _here(f"//{request.host}") or (origin is not None and not _here(origin)):
        return web.Response(
            status=403, text="Ce pilote ne répond qu'à cette machine, et à aucune page web.\n"
        )
    return None


def _here(address: str) -> bool:
    """Whether an address is of this machine; what is none is not."""
    try:
        parts = urlsplit(address)
        named = parts.port  # which raises for what is none
    except ValueError:
        return False
    return parts.hostname in _HERE and parts.username is None and named != 0


async def _screen(editor: ReferenceEditor, asked: Mapping[str, Any]) -> dict[str, Any]:
    """What the editor's screen shows of what a check asks for. Raises ValueError."""
    data = asked.get("data")
    check = data.get("check") if isinstance(data, dict) else None
    if not isinstance(check, str) or not check:
        raise ValueError("il manque « data.check », le nom de ce qu'il faut regarder")
    shown = await editor.shows(check, LOOK)
    return {"shown": shown, "values": {check: "affiché" if shown else "absent"}}


def _order(asked: Mapping[str, Any]) -> Order:
    """The order that a POST carries. Raises ValueError."""
    known, to, case, data = (asked.get(name) for name in ("model", "to", "caseId", "data"))
    if not isinstance(known, str) or not isinstance(to, str) or not isinstance(data, dict):
        raise ValueError("il manque « model », « to » (textes) ou « data » (objet)")  # noqa: TRY004 - likewise
    if case is not None and not isinstance(case, str):
        raise ValueError("« caseId » est un texte ou null")
    return Order(known, to, case, data)

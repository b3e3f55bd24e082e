"""The HTTP hook by which another process drives a reference editor: the contract of the `http` driver."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Self

from aiohttp import web

from recette.messages.dictionary.models import UnknownModelError
from recette.sandbox.broker.errors import PortTakenError
from recette.sandbox.editor import Order, ReferenceEditor
from recette.wording.os_errors import reason
from recette.wording.syntax_errors import in_json

PATH = "/agir"


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
            try:
                order = _order(await request.read())
                await editor.perform(order)
            except (UnknownModelError, ValueError) as error:
                return web.Response(status=422, text=f"L'éditeur de référence ne peut pas : {error}\n")
            except (AttributeError, KeyError, TypeError):
                text = "L'éditeur de référence ne peut pas : « data » n'a pas la forme de ce message.\n"
                return web.Response(status=422, text=text)
            return web.Response(status=202)

        application = web.Application()
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


def _order(body: bytes) -> Order:
    """The order that a POST carries. Raises ValueError."""
    try:
        asked: Any = json.loads(body)
    except json.JSONDecodeError as error:
        raise ValueError(f"le corps du POST n'est pas du JSON ({in_json(error)})") from error
    except (ValueError, RecursionError) as error:
        raise ValueError("le corps du POST n'est pas du JSON") from error
    if not isinstance(asked, dict):
        raise ValueError("le corps du POST n'est pas un objet")  # noqa: TRY004 - the sender's mistake, not ours
    known, to, case, data = (asked.get(name) for name in ("model", "to", "caseId", "data"))
    if not isinstance(known, str) or not isinstance(to, str) or not isinstance(data, dict):
        raise ValueError("il manque « model », « to » (textes) ou « data » (objet)")  # noqa: TRY004 - likewise
    if case is not None and not isinstance(case, str):
        raise ValueError("« caseId » est un texte ou null")
    return Order(known, to, case, data)

"""« Faire »: what the operator clicks; and who they are."""

from __future__ import annotations

from typing import cast

from aiohttp import web

from recette.console.desk import Act, Click
from recette.console.door import SEAT
from recette.console.pages.operator import COMMENT, AnswerError, attested
from recette.console.state import Console, one, sent, to
from recette.wording.values import plain

_ACTS = frozenset({"done", "again", "more", "impossible", "why"})
_GONE = "Cette étape n'est plus celle qui est en cours : voyez ce qui est demandé maintenant."


class Acting:
    """The operator's desk, and the seats."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def routes(self) -> list[web.RouteDef]:
        return [web.post("/poste", self.desk), web.post("/nom", self.name), web.post("/main", self.take_over)]

    async def desk(self, request: web.Request) -> web.StreamResponse:
        """A click on the sheet that lies there. Raises AnswerError."""
        self._console.acts(request)
        fields = {name: values[-1] for name, values in (await sent(request)).items()}
        going = self._console.runs.going
        sheet = going.desk.sheet if going is not None else None
        if going is None or sheet is None or fields.get("feuille") != str(sheet.serial):
            raise AnswerError(_GONE)
        act = fields.get("geste", "")
        if fields.get("plus") == "oui":
            click = Click("more")
        elif fields.get("passer") == "oui":
            click = Click("pass")
        elif act == "attest":
            click = Click("attest", *attested(sheet, fields))
        elif act in _ACTS:
            click = Click(cast("Act", act), comment=plain(fields.get("commentaire", ""), COMMENT).strip())
        else:
            raise AnswerError("La console ne connaît pas ce bouton.")
        if not going.desk.click(sheet.serial, click):
            raise AnswerError(_GONE)
        return to(f"/campagnes/{going.folder.name}#poste")

    async def name(self, request: web.Request) -> web.StreamResponse:
        """Whoever sits there says who they are, once."""
        self._console.seats.name(request[SEAT], one(await sent(request), "nom"))
        self._console.bell.ring()
        return _back(request)

    async def take_over(self, request: web.Request) -> web.StreamResponse:
        """Whoever looked on acts from now on."""
        self._console.seats.take_over(request[SEAT])
        self._console.bell.ring()
        return _back(request)


def _back(request: web.Request) -> web.Response:
    """To the page that this was clicked on, which is the console's own."""
    origin = request.headers.get("Origin", "")
    page = request.headers.get("Referer", "")
    path = page.removeprefix(origin) if origin and page.startswith(f"{origin}/") else ""
    return to(f"/{path.lstrip('/')}")  # with two of them it would be another host's

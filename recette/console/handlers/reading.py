"""« Relire »: past runs, and the files they left."""

from __future__ import annotations

import asyncio
from pathlib import Path

from aiohttp import web

from recette.console.door import FILE_POLICY
from recette.console.orders import OrderError
from recette.console.pages.run import REPORTS
from recette.console.pages.runs import runs_page, verified_page
from recette.console.runs import NoSuchRunError
from recette.console.state import Console, to
from recette.proof.keys import private_key, sign
from recette.proof.telling import verdict
from recette.proof.verification import Verification, verify
from recette.report.difference import differences
from recette.report.html import difference
from recette.report.recorded import read_results

_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".pdf": "application/pdf",
    ".xml": "text/plain; charset=utf-8",
    ".json": "text/plain; charset=utf-8",
    ".jsonl": "text/plain; charset=utf-8",
}
"""What a browser is to take a file for: nothing but reports is interpreted."""


class Reading:
    """The pages about runs that are over."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/campagnes", self.past),
            web.get("/comparaison", self.compare),
            web.get("/campagnes/{name}/verification", self.verified),
            web.post("/campagnes/{name}/signer", self.sign),
            web.get("/campagnes/{name}/fichiers/{file}", self.report),
        ]

    async def past(self, request: web.Request) -> web.StreamResponse:
        runs = self._console.runs
        found = await asyncio.to_thread(runs.past)
        going = runs.going.folder.name if runs.busy and runs.going is not None else ""
        return self._console.page(
            request, "Campagnes", runs_page(found, going, runs.folder), room="/campagnes"
        )

    async def compare(self, request: web.Request) -> web.StreamResponse:
        """What changes from one run to another, as the page that `recette diff` writes."""
        paths = [self._console.runs.path(request.query.get(name, "")) for name in ("avant", "apres")]

        def rendered() -> str:
            before, after = map(read_results, paths)
            return difference.render(before, after, differences(before.judgement, after.judgement))

        text = await asyncio.to_thread(rendered)
        return web.Response(
            text=text, content_type="text/html", headers={"Content-Security-Policy": FILE_POLICY}
        )

    async def verified(self, request: web.Request) -> web.StreamResponse:
        """Whether a run is what was written; it is judged again from its journal."""
        name = request.match_info["name"]
        found = await asyncio.to_thread(verify, self._console.runs.path(name))
        content = verified_page(name, found, can_sign=self._console.key is not None)
        return self._console.page(request, f"Vérification de {name}", content, room="/campagnes")

    async def sign(self, request: web.Request) -> web.StreamResponse:
        """Sign a run that verifies, with the key that the console was started with. Raises KeyFileError, OrderError."""
        self._console.acts(request)
        name, key = request.match_info["name"], self._console.key
        path, runs = self._console.runs.path(name), self._console.runs
        if key is None:
            raise OrderError("La console a été lancée sans --key : elle ne signe rien.")
        if runs.busy and runs.going is not None and runs.going.folder.name == name:
            raise OrderError("Cette campagne se joue encore : elle se signe une fois finie.")
        found = await asyncio.to_thread(_signed, path, key)
        if found.problems or found.redacted or found.interrupted:
            raise OrderError(f"Rien n'est signé. {verdict(found)}")
        return to(f"/campagnes/{name}/verification")

    async def report(self, request: web.Request) -> web.StreamResponse:
        """A file of a run's folder, which runs nothing wherever it comes from."""
        path, name = self._console.runs.path(request.match_info["name"]), request.match_info["file"]
        if name not in REPORTS or not (path / name).is_file():
            raise NoSuchRunError(f"Il n'y a pas de « {name} » dans {path}.")
        return web.FileResponse(
            path / name,
            headers={
                "Content-Type": _TYPES[Path(name).suffix],
                "Content-Security-Policy": FILE_POLICY,
                "Content-Disposition": f'inline; filename="{path.name}-{name}"',
            },
        )


def _signed(path: Path, key: Path) -> Verification:
    """Sign what verifies, as `recette sign` does; what was found before. Raises KeyFileError, SealError, OSError."""
    private = private_key(key)
    found = verify(path)
    if not (found.problems or found.redacted or found.interrupted):
        sign(path, private)
    return found

"""« Relire »: past runs, and the files they left."""

from __future__ import annotations

import asyncio
from pathlib import Path

from aiohttp import web

from recette.console.door import FILE_POLICY
from recette.console.pages.run import REPORTS
from recette.console.pages.runs import runs_page
from recette.console.runs import NoSuchRunError
from recette.console.state import Console

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
            web.get("/campagnes/{name}/fichiers/{file}", self.report),
        ]

    async def past(self, request: web.Request) -> web.StreamResponse:
        runs = self._console.runs
        found = await asyncio.to_thread(runs.past)
        going = runs.going.folder.name if runs.busy and runs.going is not None else ""
        return self._console.page(
            request, "Campagnes", runs_page(found, going, runs.folder), room="/campagnes"
        )

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

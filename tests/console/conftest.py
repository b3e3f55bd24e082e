"""A console in the test's own loop, and somebody who has it open."""

from __future__ import annotations

import asyncio
import html
import re
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest

from recette.console.book import Book
from recette.console.server import served
from recette.console.state import Console

FEW = ("15-15-partage-simple", "15-15-destinataire-inconnu", "15-15-ressource-refusee", "ecran-dossier-recu")
"""Scenarios of the tests' own cahier, each of which makes one play."""


@dataclass
class Visitor:
    """A browser without a window: what it gets is text."""

    session: aiohttp.ClientSession
    base: str

    async def get(self, path: str, **headers: str) -> tuple[int, str]:
        async with self.session.get(self.base + path, headers=headers, allow_redirects=False) as found:
            return found.status, html.unescape(await found.text())

    async def post(self, path: str, fields: object = None, **headers: str) -> tuple[int, str]:
        """The status, and where it leads or what it says."""
        sent = {"Origin": self.base, **headers}
        async with self.session.post(
            self.base + path, data=fields, headers=sent, allow_redirects=False
        ) as found:
            return found.status, found.headers.get("Location") or html.unescape(await found.text())


@dataclass
class Opened:
    """A console that answers."""

    console: Console
    address: str

    @property
    def base(self) -> str:
        return self.address.partition("/entrer")[0]

    @asynccontextmanager
    async def visitor(self, name: str = "") -> AsyncIterator[Visitor]:
        """Somebody who was let in by the token."""
        async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
            one = Visitor(session, self.base)
            status, _ = await one.get(self.address.removeprefix(self.base))
            assert status == 303
            if name:
                assert (await one.post("/nom", {"nom": name}))[0] == 303
            yield one

    async def until(self, seen: Callable[[], bool], seconds: float = 60.0) -> None:
        """Wait, ring by ring, until it holds."""
        async with asyncio.timeout(seconds):
            while not seen():
                await self.console.bell.heard(self.console.bell.rings, 1.0)

    async def over(self) -> None:
        """Until the run that was begun is over, reports and all."""
        going = self.console.runs.going
        assert going is not None
        await self.until(lambda: going.phase == "over", 60.0)


@pytest.fixture(scope="session")
def few(scenarios_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cahier of a few scenarios, so that it is read in no time."""
    folder = tmp_path_factory.mktemp("cahier") / "scenarios"
    wanted = [path for path in scenarios_folder.rglob("*.yaml") if _id(path) in FEW]
    for path in wanted:
        place = folder / path.relative_to(scenarios_folder)
        place.parent.mkdir(parents=True, exist_ok=True)
        text = path.read_text(encoding="utf-8")
        if "generations:" not in text:
            text = re.sub(r"^(perimeter: .*)$", r"\1\ngenerations: [1]", text, flags=re.MULTILINE)
        text = re.sub(r"^generations: .*$", "generations: [1]", text, flags=re.MULTILINE)
        text = re.sub(r"^editor: .*origine.*$", "editor: [origine]", text, flags=re.MULTILINE)
        place.write_text(text, encoding="utf-8")
    for data in scenarios_folder.rglob("donnees"):
        shutil.copytree(data, folder / data.relative_to(scenarios_folder), dirs_exist_ok=True)
    shutil.copyfile(scenarios_folder / "cahier.toml", folder / "cahier.toml")
    return folder


def _id(path: Path) -> str:
    found = re.search(r"^id: *(\S+)", path.read_text(encoding="utf-8"), re.MULTILINE)
    return found[1] if found else ""


@pytest.fixture(scope="session")
def book(few: Path) -> Book:
    return Book((few,))


@pytest.fixture
async def opened(book: Book, tmp_path: Path) -> AsyncIterator[Opened]:
    """A console at home, with no run behind it."""
    console = Console(book, [], tmp_path / "reports", tmp_path / "miens")
    async with served(console) as address:
        yield Opened(console, address)

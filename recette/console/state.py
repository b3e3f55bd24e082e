"""Everything that the console's pages show and change."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from aiohttp import web

from recette.console.bell import Bell
from recette.console.book import Book, Choice
from recette.console.door import SEAT, Door
from recette.console.orders import OrderError
from recette.console.pages import layout
from recette.console.relayed import RelayWatch
from recette.console.runs import Runs
from recette.console.seats import Seat, Seats
from recette.console.stream import Streams
from recette.console.writing.drafts import Drafts
from recette.platform.places import from_here
from recette.play.target import Target
from recette.play.target_file import load_target
from recette.report.markup import Node

_DIGITS = 10
"""Of a number that a page sends."""


class NotYoursError(ValueError):
    """Somebody else acts; the text says who."""


class Console:
    """To be made within the event loop that it serves in."""

    def __init__(
        self,
        book: Book,
        targets: list[Path],
        reports: Path,
        drafts: Path = Path("mes-scenarios"),
        key: Path | None = None,
        relay: Path | None = None,
    ) -> None:
        """`targets` are the files that can be chosen, `reports` the folder that runs are written in.

        `drafts` is the folder of scenarios that are written here, `key` the private key that runs can be signed with,
        `relay` the folder of a relay that is looked at.
        """
        self.seats = Seats()
        self.book = book
        self.targets = {from_here(one): one for one in targets}
        self.runs = Runs(reports, book.titles)
        self.drafts = Drafts(drafts)
        self.key = key
        self.bell = Bell()
        self.relay = RelayWatch(relay, self.bell.ring) if relay is not None else None
        self.streams = Streams(self.bell)
        self.door = Door(self.seats)
        self.beginning = asyncio.Lock()
        """Held while a run is begun: there is one at a time."""
        self._at_home: list[Choice] | None = None

    def target(self, name: str) -> Target | None:
        """The target of that name; None for home. Raises TargetError. Reads files."""
        path = self.targets.get(name)
        return load_target(path) if path is not None else None

    def choices(self, target: Target | None) -> list[Choice]:
        """What can be played. Raises ProductionError. Takes its time: not to be called in the event loop."""
        if target is not None:
            return self.book.on(target)
        if self._at_home is None:
            self._at_home = self.book.at_home()
        return self._at_home

    def page(self, request: web.Request, title: str, content: Node, **more: object) -> web.Response:
        """A page for whoever asks."""
        return layout.page(title, content, seat=request[SEAT], seats=self.seats, **more)  # type: ignore[arg-type]

    def acts(self, request: web.Request) -> Seat:
        """Whoever asks is the one who acts. Raises NotYoursError."""
        seat = request[SEAT]
        if not self.seats.may_act(seat):
            acting = self.seats.acting
            raise NotYoursError(
                f"{acting.called if acting else 'Quelqu’un'} a la main : prenez-la d'abord, en bas de la page."
            )
        self.bell.ring()
        return seat


async def sent(request: web.Request) -> Mapping[str, list[str]]:
    """The fields of a form, each with all its values as text. Raises OrderError for what is none."""
    try:
        fields = await request.post()
    except (ValueError, LookupError, web.RequestPayloadError) as error:
        raise OrderError("Ce formulaire ne peut pas être lu : rechargez la page, et recommencez.") from error
    found: dict[str, list[str]] = {}
    for name, value in fields.items():
        if isinstance(value, str):
            found.setdefault(name, []).append(value)
    return found


def one(fields: Mapping[str, list[str]], name: str) -> str:
    """A field's only value; empty where it has none."""
    return next(iter(fields.get(name, ())), "")


def number(text: str) -> int | None:
    """A number that a page sends; None for what is none, or is longer than any that a page has."""
    return int(text) if text.isdecimal() and len(text) < _DIGITS else None


def to(address: str) -> web.Response:
    """Go and look there, at an address of the console's own."""
    return web.Response(status=303, headers={"Location": quote(address, safe="/?=&#%+:,;@~")})

"""A person in front of the software, whose partners live on another vHost: what they are told, shown and asked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import pytest

from recette.campaign import home_run
from recette.campaign.campaign import play_at_home
from recette.campaign.options import Options
from recette.journal.reader import read_journal
from recette.judge.judging import judge
from recette.play.drivers.driver import Driver, Request
from recette.play.drivers.operator import OperatorDriver
from recette.play.target import Target
from recette.sandbox.hub import Sandbox
from recette.scenario.selection import select

ROOT = Path(__file__).parents[2]
PLAYS = ("conversion-ressources-du-samu", "conversion-ressources-des-pompiers")


class Screen:
    """A terminal whose person types what they are given to type."""

    def __init__(self) -> None:
        self.shown: list[str] = []
        self.typed: asyncio.Queue[str] = asyncio.Queue()

    @contextmanager
    def listening(self) -> Iterator[None]:
        yield

    def show(self, *lines: str) -> None:
        self.shown += lines

    def fresh(self) -> list[str]:
        return []

    async def line(self) -> str:
        return await self.typed.get()


class Attended(OperatorDriver):
    """The person acts in the software as soon as they are told, and says so."""

    def __init__(self, inner: Driver, screen: Screen, target: Target) -> None:
        terminal: Any = screen
        super().__init__(
            terminal, target.vhost, target.editor, by="Zoé Essai", patience=30.0, meeting=target.meeting
        )
        self._inner, self._screen = inner, screen

    async def ask(self, request: Request) -> int:
        await super().ask(request)
        self._screen.typed.put_nowait("f")
        return await self._inner.ask(request)


@pytest.fixture(scope="module")
def attended(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """The journal of two plays across vHosts, and all that was shown of them."""
    screens: list[tuple[Attended, Screen]] = []
    reference_editor = home_run.reference_editor

    @asynccontextmanager
    async def with_a_person(
        sandbox: Sandbox, target: Target, options: Options, *more: Any
    ) -> AsyncIterator[Driver]:
        async with reference_editor(sandbox, target, options, *more) as inner:
            screen = Screen()
            screens.append((Attended(inner, screen, target), screen))
            yield screens[-1][0]

    path = tmp_path_factory.mktemp("attended") / "journal.jsonl"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(home_run, "reference_editor", with_a_person)
        judgement = play_at_home(select(list(PLAYS), ROOT / "scenarios").scenarios, (), path, Options())
    assert {one.verdict for one in judgement.scenarios} == {"pass"}, judgement
    assert judge(read_journal(path)) == judgement
    shown: list[str] = []
    for entry in read_journal(path).entries:
        vhost = getattr(entry.event, "vhost", None)
        for driver, screen in screens:
            if vhost is not None or driver is screens[0][0]:
                driver.saw(entry)
                shown += screen.shown
                screen.shown.clear()
    return path, shown


def test_a_person_is_told_what_their_software_says_and_not_what_the_hub_makes_of_it(
    attended: tuple[Path, list[str]],
) -> None:
    shown = "\n".join(attended[1])
    assert "doit envoyer RS-SR" in shown
    assert "doit envoyer RC-RI" not in shown


def test_what_the_hub_converts_is_not_to_be_found_as_it_was_sent(attended: tuple[Path, list[str]]) -> None:
    told = [one for one in attended[1] if "envoie RC-RI" in one]
    assert told
    assert all("que le hub convertit" in one for one in told)
    assert not any("À retrouver à l'écran" in one for one in attended[1])

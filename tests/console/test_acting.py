"""A certification by clicking: the same journal, and the same verdicts, as at the operator's terminal."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from recette.campaign.campaign import play_on_target
from recette.campaign.options import Options
from recette.console.book import Book
from recette.console.desk import Sheet
from recette.console.pages.operator import AnswerError, attested
from recette.console.server import served
from recette.console.state import Console
from recette.journal.events import Attested, DeadlineExtended, DriverAsked, StepDone
from recette.journal.reader import read_journal
from recette.play.drivers.driver import Request
from recette.play.drivers.operator import OperatorDriver
from recette.play.drivers.terminal import Terminal
from recette.play.target import Target
from recette.play.target_file import load_target
from recette.report.results import as_document
from tests.console.conftest import Opened, Visitor
from tests.play.conftest import Served, operated
from tests.play.conftest import served as hub  # noqa: F401 - a fixture, asked for by this name

LOOKED_AT, REFUSED = "ecran-dossier-recu", "15-15-destinataire-inconnu"
WRONG = "accents-affiches"
"""The step whose screen is not as it must be."""


async def acts(port: int, request: object) -> None:
    """Does in the software under test what was asked."""
    where = f"http://127.0.0.1:{port}/agir"
    async with aiohttp.ClientSession() as session, session.post(where, json=request) as found:
        assert found.status == 202


@pytest.fixture
def target(tmp_path: Path, hub: Served, monkeypatch: pytest.MonkeyPatch) -> Path:  # noqa: F811
    monkeypatch.setenv("MDP", hub.password)
    return operated(tmp_path, hub)


@asynccontextmanager
async def opened_on(book: Book, target: Path, folder: Path) -> AsyncIterator[Opened]:
    console = Console(book, [target], folder)
    async with served(console) as address:
        yield Opened(console, address)


async def begin(one: Visitor, opened: Opened, *names: str) -> tuple[int, str]:
    fields = [("cible", next(iter(opened.console.targets))), ("quoi", "coches")]
    return await one.post("/jouer", [*fields, *(("scenario", name) for name in names)])


async def next_sheet(opened: Opened, after: int) -> Sheet | None:
    """The next thing that is asked of the operator; None once the run is over."""
    going = opened.console.runs.going
    assert going is not None

    def there() -> bool:
        sheet = going.desk.sheet
        return going.phase == "over" or (sheet is not None and sheet.serial > after)

    await opened.until(there)
    return going.desk.sheet


async def play_by_clicking(opened: Opened, one: Visitor, hook: int) -> str:
    """Every step of both scenarios; returns the address of the run."""
    status, where = await begin(one, opened, LOOKED_AT, REFUSED)
    assert status == 303, where
    serial = 0
    while (sheet := await next_sheet(opened, serial)) is not None:
        serial = sheet.serial
        said = {"feuille": str(serial), "geste": "attest", "reponse": "conforme"}
        if sheet.kind == "do":
            _, page = await one.get(where)
            assert "Malaise (code C02.07.01)" in page
            await one.post("/poste", {"feuille": str(serial), "geste": "more"})
            await acts(hook, asked(opened, where))
            status, _ = await one.post("/poste", {"feuille": str(serial), "geste": "done"})
            assert status == 303
        elif sheet.kind == "look":
            if sheet.step == WRONG:
                line = next(n for n, text in enumerate(sheet.data) if "Mélèzes" in text)
                worse = {f"valeur-{line}": "non-conforme", f"valeur-{line}-c": "accents perdus"}
                status, told = await one.post("/poste", said | worse)
                assert status == 400
                assert "ne peut pas être conforme" in told
                said |= {"reponse": "non-conforme", **worse}
            status, told = await one.post("/poste", said)
            assert status == 303, told
    await opened.over()
    return where


def asked(opened: Opened, where: str) -> dict[str, Any]:
    events = [one.event for one in read_journal(folder_of(opened, where) / "journal.jsonl").entries]
    return dict([one.request for one in events if isinstance(one, DriverAsked)][-1])


def folder_of(opened: Opened, where: str) -> Path:
    return opened.console.runs.folder / where.rpartition("/")[2]


class Typed(Terminal):
    """A terminal at which answers are typed as soon as they are asked for."""

    def __init__(self) -> None:
        self.typed: asyncio.Queue[str] = asyncio.Queue()

    def listening(self) -> Any:
        return asynccontextless()

    def show(self, *lines: str) -> None:
        text = "\n".join(lines)
        if "Est-ce ce qu'il montre ?" in text:
            self.typed.put_nowait("n" if "Crèche des Mélèzes" in text and "accents" in text else "c")
        elif "commentaire obligatoire" in text:
            self.typed.put_nowait("accents perdus")

    def fresh(self) -> list[str]:
        return []

    async def line(self) -> str:
        return await self.typed.get()


class asynccontextless:  # noqa: N801 - reads as what it is
    def __enter__(self) -> None: ...

    def __exit__(self, *_: object) -> None: ...


class AtTerminal(OperatorDriver):
    """Who does at once what is asked, and says so."""

    def __init__(self, target: Target, hook: int) -> None:
        self._typed, self._hook = Typed(), hook
        super().__init__(self._typed, target.vhost, target.editor, by="Zoé Essai", patience=60)

    async def ask(self, request: Request) -> int:
        times = await super().ask(request)
        await acts(self._hook, request.to_json())
        self._typed.typed.put_nowait("f")
        return times


def verdicts(document: dict[str, Any]) -> list[Any]:
    """A results.json without ids, times and texts that hold them."""
    return [
        [
            one["id"],
            one["verdict"],
            [(step["id"], step["verdict"]) for step in one["steps"]],
            [(f["rule"], f["verdict"], f["attributed_to"], f["step"], f["path"]) for f in one["findings"]],
        ]
        for one in document["scenarios"]
    ]


async def test_a_certification_by_clicking_is_the_one_at_the_terminal(
    book: Book,
    target: Path,
    hub: Served,  # noqa: F811
    tmp_path: Path,
) -> None:
    async with opened_on(book, target, tmp_path / "reports") as opened, opened.visitor() as one:
        status, told = await begin(one, opened, LOOKED_AT)
        assert status == 400
        assert "Dites votre nom" in told
        assert "Dites d'abord votre nom" in (await one.get("/"))[1]
        await one.post("/nom", {"nom": "Zoé Essai"})
        _, page = await one.get("/")
        assert "Dites d'abord votre nom" not in page
        assert "une personne, guidée (pilote operator)" in page
        where = await play_by_clicking(opened, one, hub.hook)
        folder = folder_of(opened, where)
    journal = read_journal(folder / "journal.jsonl")
    events = [entry.event for entry in journal.entries]
    attestations = [one for one in events if isinstance(one, Attested)]
    assert {one.by for one in attestations} == {"Zoé Essai"}
    wrong = next(one for one in attestations if one.step == WRONG)
    assert wrong.answer == "non-conforme"
    assert "Mélèzes" in wrong.comment
    assert wrong.comment.endswith("non conforme (accents perdus)")
    assert [one.seconds for one in events if isinstance(one, DeadlineExtended)] == [300]
    assert [one.by for one in events if isinstance(one, StepDone)] == ["Zoé Essai"]
    assert (folder / "pv.pdf").read_bytes().startswith(b"%PDF")
    by_clicking = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    assert by_clicking["verdict"] == "fail"

    played = load_target(target)
    at_terminal = await asyncio.to_thread(
        play_on_target,
        played,
        book.chosen((LOOKED_AT, REFUSED)).scenarios,
        (),
        tmp_path / "j.jsonl",
        Options(operator=lambda on: AtTerminal(on, hub.hook)),
    )
    assert verdicts(by_clicking) == verdicts(as_document(at_terminal, read_journal(tmp_path / "j.jsonl")))


async def test_what_is_impossible_or_old_says_so(book: Book, target: Path, tmp_path: Path) -> None:
    async with opened_on(book, target, tmp_path / "reports") as opened, opened.visitor("Zoé Essai") as one:
        status, where = await begin(one, opened, REFUSED)
        assert status == 303
        sheet = await next_sheet(opened, 0)
        assert sheet is not None
        for said, told in (
            ({"feuille": "0", "geste": "done"}, "n'est plus celle"),
            ({"feuille": str(sheet.serial), "geste": "rien"}, "ne connaît pas ce bouton"),
            ({"feuille": str(sheet.serial), "geste": "attest"}, "Dites d'abord"),
        ):
            status, page = await one.post("/poste", said)
            assert status == 400
            assert told in page
        await one.post("/poste", {"feuille": str(sheet.serial), "geste": "why"})
        going = opened.console.runs.going
        assert going is not None
        await opened.until(lambda: going.desk.sheet is not None and bool(going.desk.sheet.why))
        _, page = await one.get(where)
        assert "Rien n'arrive ? Dans l'ordre :" in page
        await one.post(
            "/poste",
            {"feuille": str(sheet.serial), "geste": "impossible", "commentaire": "bouton <b>grisé</b>"},
        )
        await opened.over()
        async with one.session.get(opened.base + where) as found:
            page = await found.text()
    assert "bouton &lt;b&gt;grisé&lt;/b&gt;" in page
    assert "<b>" not in page


SHEET = Sheet("look", "s", "e", "t", "?", 0.0, data=("Patient", "  Nom : FICTIF", "  Prénom : Zoé"))


@pytest.mark.parametrize(
    ("said", "answer", "comment"),
    [
        ({"reponse": "conforme"}, "conforme", ""),
        ({"reponse": "conforme", "valeur-1": "conforme"}, "conforme", "1 valeur conforme, regardée seule"),
        ({"reponse": "approche", "commentaire": " tronqué "}, "approche", "tronqué"),
        ({"reponse": "approche", "valeur-1": "approche"}, "approche", "Patient › Nom : FICTIF : approché"),
        (
            {
                "reponse": "non-conforme",
                "valeur-1": "approche",
                "valeur-2": "non-conforme",
                "valeur-2-c": "vide",
            },
            "non-conforme",
            "Patient › Nom : FICTIF : approché ; Patient › Prénom : Zoé : non conforme (vide)",
        ),
    ],
)
def test_values_are_told_in_the_comment(said: dict[str, str], answer: str, comment: str) -> None:
    assert attested(SHEET, said) == (answer, comment)


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"reponse": "parfait"},
        {"reponse": "approche"},
        {"reponse": "non-conforme", "commentaire": "  ", "valeur-1": "conforme"},
        {"reponse": "conforme", "valeur-1": "approche"},
        {"reponse": "approche", "commentaire": "x", "valeur-2": "non-conforme"},
    ],
)
def test_what_contradicts_itself_or_says_too_little_is_asked_again(said: dict[str, str]) -> None:
    with pytest.raises(AnswerError):
        attested(SHEET, said)

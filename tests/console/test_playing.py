"""A run that is chosen, played, followed, stopped, resumed and played again through the pages."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from recette.console.book import Book, Choice
from recette.console.pages.play import wanted
from recette.console.server import served
from recette.console.state import Console
from recette.journal.reader import read_journal
from recette.judge.judging import judge
from recette.proof.verification import verify
from recette.report.results import as_document
from tests.console.conftest import Opened, Visitor

PLAY, ANSWERED = "15-15-partage-simple", "15-15-ressource-refusee"
SILENT = "sans-acquittement"


async def begin(one: Visitor, *names: str, **fields: str) -> str:
    """Click; returns the address of the run."""
    status, where = await one.post(
        "/jouer",
        [("cible", "ici"), ("quoi", "coches"), *(("scenario", name) for name in names), *fields.items()],
    )
    assert status == 303, where
    return where


async def test_what_can_be_played_is_shown_and_played_to_its_reports(opened: Opened) -> None:
    async with opened.visitor() as one:
        _, page = await one.get("/")
        assert "Le hub refuse un message dont le destinataire n'existe pas" in page
        where = await begin(one, PLAY, role="LRM")
        await opened.over()
        _, seen = await one.get("/observer")
        assert "Ce que le hub a fait pour fr.health.samu991" in seen
        assert "RIEN DE REFUSÉ" in seen
        _, page = await one.get(where)
    assert "CONFORME" in page
    assert f"{where}/fichiers/pv.pdf" in page
    assert "Arrêter" not in page
    folder = opened.console.runs.folder / where.rpartition("/")[2]
    journal = read_journal(folder / "journal.jsonl")
    written = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    assert written == json.loads(json.dumps(as_document(judge(journal), journal)))
    assert written["verdict"] == "pass"
    assert {one.split(".")[0] for one in journal.header.plan} == {PLAY}
    assert verify(folder).problems == []


async def test_a_fault_is_shown_with_what_was_expected_and_what_to_do(opened: Opened) -> None:
    async with opened.visitor() as one:
        where = await begin(one, ANSWERED, faute=SILENT)
        async with one.session.get(f"{opened.base}{where}/flux") as stream:
            seen = ""
            async with asyncio.timeout(60):
                async for line in stream.content:
                    seen += line.decode()
                    if "Rejouer" in seen:
                        break
        await opened.over()
        _, page = await one.get(f"{where}?passage={ANSWERED}.g1@origine")
        assert "NON CONFORME" in page
        assert "Attendu" in page
        assert "À faire : " in page
        assert "AC-01" in page
        status, again = await one.post(f"{where}/rejouer")
        assert status == 303
        await opened.over()
    assert "La campagne se joue." in seen
    assert "En attente : " in seen
    assert "au logiciel testé" in seen
    first, second = (
        read_journal(opened.console.runs.folder / name.rpartition("/")[2] / "journal.jsonl")
        for name in (where, again)
    )
    assert set(second.header.plan) == set(first.header.plan)
    assert second.header.asked["fault"] == SILENT


async def test_stopped_it_is_shown_where_it_was_and_goes_on_in_another_console(
    opened: Opened, book: Book
) -> None:
    """As after a kill: the second console knows nothing but the files."""
    async with opened.visitor() as one:
        where = await begin(one, PLAY, ANSWERED, faute=SILENT)
        going = opened.console.runs.going
        assert going is not None
        await opened.until(lambda: bool(going.view.plays) and bool(going.view.current))
        left = max(going.view.plays.values(), key=lambda play: play.state == "waiting")
        assert (await one.post("/jouer", {"cible": "ici", "quoi": "tout"}))[0] == 400
        await one.post(f"{where}/arreter")
        await opened.over()
        _, page = await one.get(where)
        assert "Arrêtée : le journal garde ce qui a été joué" in page
    folder = opened.console.runs.folder
    console = Console(book, [], folder)
    async with served(console) as address:
        other = Opened(console, address)
        async with other.visitor() as one:
            _, page = await one.get(where)
            assert "interrompue" in page
            assert "<dt>à jouer</dt><dd>1</dd>" in page
            assert left.title in page
            assert "Reprendre où elle s'arrête" in page
            status, again = await one.post(f"{where}/reprendre")
            assert (status, again) == (303, where)
            await other.over()
            _, page = await one.get(where)
            assert "Reprendre" not in page
    journal = read_journal(folder / where.rpartition("/")[2] / "journal.jsonl")
    assert journal.complete
    assert judge(journal).verdict == "fail"


async def test_what_cannot_be_played_says_why(opened: Opened, book: Book, tmp_path: Path) -> None:
    target = tmp_path / "cible.yaml"
    target.write_text(
        "broker: home\nvhost: 15-15_v1.5\neditor: {id: fr.health.samu991, role: LRM}\n"
        "partners: [{id: fr.health.portail992, role: PORTAIL}]\ndriver: {kind: operator, name: Zoé}\n",
        encoding="utf-8",
    )
    console = Console(book, [target], tmp_path / "r")
    async with served(console) as address, Opened(console, address).visitor() as one:
        _, page = await one.get("/")
        assert "Ce passage demande un partenaire LRM, et la cible en a 0 : ajoutez-en à « partners »." in page
    async with opened.visitor() as one:
        for fields, said in (
            ({"cible": "ici", "quoi": "coches"}, "Cochez d'abord"),
            ({"cible": "ailleurs", "quoi": "tout"}, "ne connaît pas la cible"),
            ({"cible": "ici", "quoi": "tout", "faute": "rien-de-tel"}, "rien-de-tel"),
        ):
            status, text = await one.post("/jouer", fields)
            assert status == 400
            assert said in text


@pytest.mark.parametrize(
    ("sent", "names"),
    [
        ({"quoi": ["coches"], "scenario": ["c", "a", "no", "x"]}, ("c", "a")),
        ({"perimetre": ["15-15"], "scenario": ["c"]}, ("a", "b")),
        ({"perimetre": ["x"]}, ()),
        ({"quoi": ["tout"], "scenario": ["a"]}, ()),
        ({}, ()),
    ],
)
def test_what_is_asked_for_is_what_is_ticked_or_a_whole_perimeter(
    sent: dict[str, list[str]], names: tuple[str, ...]
) -> None:
    def choice(name: str, perimeter: str, plays: int = 1) -> Choice:
        return Choice(name, name, "", perimeter, ("LRM",), 1, 0, (), harmful=False, plays=plays)

    choices = [choice("a", "15-15"), choice("b", "15-15"), choice("no", "15-15", 0), choice("c", "15-smur")]
    assert wanted(sent, choices) == names


async def test_one_acts_at_a_time_and_the_others_see_who(opened: Opened) -> None:
    async with opened.visitor("Zoé Essai") as first, opened.visitor("Ali Test") as second:
        where = await begin(first, PLAY, role="LRM")
        status, text = await second.post(f"{where}/arreter")
        assert status == 409
        assert "Zoé Essai a la main" in text
        _, page = await second.get(where)
        assert "Zoé Essai a la main ; vous regardez." in page
        await second.post("/main")
        assert (await first.post(f"{where}/arreter"))[0] == 409
        assert (await second.post(f"{where}/arreter"))[0] == 303
        await opened.over()


async def test_a_run_that_nobody_reads_to_its_end_is_ended_with_the_console(
    book: Book, tmp_path: Path
) -> None:
    console = Console(book, [], tmp_path / "reports")
    async with served(console) as address:
        opened = Opened(console, address)
        async with opened.visitor() as one:
            where = await begin(one, ANSWERED, faute=SILENT)
            going = console.runs.going
            assert going is not None
            async with one.session.get(f"{opened.base}{where}/flux") as stream:
                assert stream.status == 200
                await opened.until(lambda: bool(going.view.current))
    assert going.phase == "over"
    journal = read_journal(tmp_path / "reports" / where.rpartition("/")[2] / "journal.jsonl")
    assert not journal.complete

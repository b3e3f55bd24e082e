"""A free exchange at home: written, checked while typed, sent, answered, refused, judged, and still there afterwards."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from recette.console.book import Book
from recette.console.exchange.bench import Bench, Place
from recette.console.exchange.composing import draft_of, drafted, first_draft
from recette.console.exchange.fields import form_of
from recette.console.exchange.letters import Letter, Letters
from recette.console.exchange.shaping import Change, ShapeError, change_of, changes, shaped
from recette.console.handlers.exchanging import Exchanging
from recette.console.pages.exchange import older_lines, queue_part
from recette.console.pages.letter import letter_page
from recette.console.server import served
from recette.console.state import Console
from recette.messages.dictionary.models import model
from recette.messages.vhosts import vhost
from recette.play.environments import PRODUCTION
from recette.play.permitted import ProductionError
from recette.play.target_file import load_target
from recette.report.markup import joined
from tests.console.conftest import Opened, Visitor

PLACE, OWN, EDITOR = "15-15_v2.1 fr.health.samu991", "fr.health.samu992", "fr.health.samu991"
EDITION = vhost("15-15_v2.1").edition
ON = vhost("15-15_v2.1")


def letters(opened: Opened) -> list[Letter]:
    """Those of the file that the exchange writes."""
    path = opened.console.runs.folder / "echanges" / f"15-15_v2.1-{OWN}.jsonl"
    return Letters(path, EDITION).all


async def until(opened: Opened, seen: Callable[[list[Letter]], bool]) -> list[Letter]:
    await opened.until(lambda: seen(letters(opened)))
    return letters(opened)


async def send(one: Visitor, content: object, name: str = "RS-EDA", **fields: str) -> tuple[int, str]:
    said = {"modele": name, "json": json.dumps(content), "vers": EDITOR, "exercice": "oui", **fields}
    return await one.post("/echanger/envoyer", said)


async def test_a_message_is_sent_answered_and_judged(opened: Opened, book: Book) -> None:
    content = first_draft(model("RS-EDA", EDITION), OWN, "minimal", None).content
    async with opened.visitor("Zoé Essai") as one:
        _, page = await one.get("/echanger")
        assert "Ouvrir l'échange" in page
        assert (await one.post("/echanger/ouvrir", {"lieu": PLACE}))[0] == 303
        _, page = await one.get("/echanger?modele=RS-EDA")
        assert "CONFORME AU MODÈLE" in page
        assert (await send(one, content))[0] == 303
        found = await until(opened, lambda all_: any(each.message.model == "RC-REF" for each in all_))
        assert [(each.way, each.channel, each.message.model) for each in found] == [
            ("sent", "", "RS-EDA"),
            ("received", "ack", "RC-REF"),
        ]
        assert found[0].problems == ()
        assert found[0].message.distribution_status == "Exercise"
        assert found[1].about == found[0].message.distribution_id
        _, page = await one.get("/echanger")
        assert "· RC-REF après " in page

        wrong = {**content, "caseId": 3, "<script>": "<img src=x>"}
        assert (await send(one, wrong, **{"en-xml": ""}))[0] == 303
        await send(one, content, vers="fr.health.inconnu")
        found = await until(opened, lambda all_: sum(each.channel == "info" for each in all_) >= 2)
        assert any(each.severity == "error" for each in found[2].problems)
        assert {each.message.model for each in found if each.channel == "info"} == {"RS-ERROR"}
        for path in ("", f"/messages/{found[2].number}"):
            async with one.session.get(f"{opened.base}/echanger{path}") as answer:
                raw = await answer.text()
            assert "<script>" not in raw
            assert "<img" not in raw
        assert "&lt;img src=x&gt;" in raw
        assert (await one.get("/echanger/messages/999"))[0] == 400
        async with one.session.get(f"{opened.base}/echanger/flux?depuis=1.0") as stream:
            assert await stream.content.readline() == b"event: lines\n"
            assert (await stream.content.readline()).startswith(b"id: 1.")
            told = json.loads((await stream.content.readline()).removeprefix(b"data: "))
            assert {each["id"] for each in told} == {f"l{each.number}" for each in letters(opened)}
        async with one.session.get(f"{opened.base}/echanger/flux?depuis=0.3") as stream:
            assert await stream.content.readline() == b"event: gone\n"
        for fields, told in (
            ({"vers": "fr.health.autre"}, "n'envoie qu'au partenaire"),
            ({"json": "{"}, "ne peut pas être lu"),
        ):
            status, page = await send(one, content, **fields)
            assert status == 400
            assert told in page
        case = found[0].message.case_id
        _, page = await one.get("/observer")
        assert f"Ce que le hub a fait pour {case}" in page
        assert "transmis" in page
        assert "501" in page
        assert "Hors dossier" in page
        async with one.session.get(f"{opened.base}/observer/flux") as stream:
            assert b"event: part" in await stream.content.readline()
        await keeps(opened, one, found[0])
        await one.post("/echanger/fermer")
        assert (await send(one, content))[0] == 400
    console = Console(book, [], opened.console.runs.folder)
    async with served(console) as address, Opened(console, address).visitor() as one:
        await one.post("/echanger/ouvrir", {"lieu": PLACE})
        _, page = await one.get("/echanger")
        sent = sum(each.way == "sent" for each in found)
        assert re.search(rf"Envoyés<span[^>]*> \({sent}\)", page)


async def keeps(opened: Opened, one: Visitor, letter: Letter) -> None:
    """A message kept as test data, and as a scenario that lint has nothing against and that plays as it was exchanged."""
    drafts = opened.console.drafts
    said = {"numero": str(letter.number), "nom": "garde"}
    status, told = await one.post("/echanger/garder", {**said, "geste": "donnees"})
    assert status == 200
    assert "donnees/garde.json" in told
    kept = json.loads((drafts.folder / "donnees" / "garde.json").read_text(encoding="utf-8"))
    assert kept["caseId"] == "${caseId}"
    assert kept["owner"] == "${partenaire}"
    assert (await one.post("/echanger/garder", {**said, "geste": "donnees"}))[0] == 400
    assert await one.post("/echanger/garder", {**said, "geste": "etape"}) == (303, "/ecrire/garde.yaml")
    text = drafts.read("garde.yaml").text
    assert [str(each) for each in drafts.problems("garde.yaml", text) if each.severity == "error"] == []
    assert "from: partenaire" in text
    assert "case: partenaire" in text
    status, where = await one.post(
        "/ecrire/garde.yaml",
        {"source": text, "etat": drafts.read("garde.yaml").state, "cible": "ici", "geste": "jouer"},
    )
    assert status == 303, where
    await opened.over()
    going = opened.console.runs.going
    assert going is not None
    assert going.failure == ""
    assert [each.result.verdict for each in going.view.plays.values() if each.result] == ["pass"]


async def test_a_received_message_is_answered_acknowledged_or_refused_by_hand(tmp_path: Path) -> None:
    """Two exchanges face each other on one hub: what one sends, the other answers by hand."""
    opened: list[str] = []
    place = Place("x", ON, OWN, EDITOR, "LRM")
    bench = await Bench.open(place, tmp_path, lambda: opened.append(""))
    try:
        assert bench.acknowledging
        bench.acknowledging = False
        heard = model("RS-EDA", EDITION)
        body = json.dumps(_envelope(heard.key, first_draft(heard, EDITOR, "minimal", None).content)).encode()
        letter = bench.letters.write("received", f"{OWN}.message", "application/json", body)
        assert letter.problems == ()
        await bench.acknowledge(letter)
        assert "parti : le broker l'a pris" in bench.news
        await bench.refuse(letter, 400, "trop <tard>")
        assert (bench.news, bench.broken) == ("Message n° 3 parti : le broker l'a pris.", False)
        names = [each.message.model for each in bench.letters.answers(letter)]
        assert names == ["RC-REF", "RS-ERROR"]
        assert all(each.problems == () for each in bench.letters.answers(letter))
        unreadable = bench.letters.write("received", f"{OWN}.message", "application/json", b"\xff{")
        await bench.acknowledge(unreadable)
        assert "rien ne peut y répondre" in bench.news
        answer = first_draft(model("RS-EDA-MAJ", EDITION), OWN, "minimal", letter.message)
        assert answer.content["caseId"] == letter.message.case_id
    finally:
        await bench.close()


def _envelope(key: str, content: object) -> object:
    from recette.messages.dictionary.examples import example_message

    document = json.loads(json.dumps(example_message(model("RS-EDA", EDITION), "minimal")))
    document["content"][0]["jsonContent"]["embeddedJsonContent"]["message"][key] = content
    document["senderID"] = EDITOR
    document["distributionID"] = f"{EDITOR}_7c0e3fd9-0000-4000-8000-000000000000"
    return document


@pytest.mark.parametrize("name", ["RS-EDA", "RS-RI", "RS-DR", "RS-SR"])
@pytest.mark.parametrize("size", ["minimal", "maximal"])
def test_json_and_xml_say_the_same(name: str, size: str) -> None:
    known = model(name, EDITION)
    first = first_draft(known, OWN, "maximal" if size == "maximal" else "minimal", None)
    assert first.problems == ()
    assert OWN in first.json or "fr.health" not in first.json
    back = drafted(first.xml, "xml", known)
    assert back.content == first.content
    assert back.xml == first.xml
    assert drafted(first.json, "json", known).xml == first.xml


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("{", "json"),
        ("[]", "json"),
        ("<a", "xml"),
        ("", "xml"),
        ('<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "xml"),
        ("[" * 5000, "json"),
    ],
)
def test_what_cannot_be_read_is_kept_and_said(text: str, language: str) -> None:
    found = drafted(text, "xml" if language == "xml" else "json", model("RS-EDA", EDITION))
    assert not found.readable
    assert found.problems
    assert (found.xml if language == "xml" else found.json) == text


def test_fields_have_labels_cardinalities_and_code_lists() -> None:
    known = model("RS-EDA", EDITION)
    form = form_of(first_draft(known, OWN, "maximal", None).content, known).text
    assert "Nature de fait" in form
    assert "ou plus)" in form
    assert "<select" in form
    assert "data-at='" not in form
    assert 'data-at="[&quot;caseId&quot;]"' in form
    hostile = draft_of({"<b>": "</select><script>"}, known)
    assert "<b>" not in form_of(hostile.content, known).text
    assert "<script" not in form_of(hostile.content, known).text


@pytest.mark.parametrize("name", ["RS-EDA", "RS-DR", "RS-RI", "RC-REF"])
def test_whatever_the_form_offers_leaves_a_message_that_conforms(name: str) -> None:
    """Each field that can be added is, in turn, and what can be taken out of the whole goes."""
    known = model(name, EDITION)
    content = first_draft(known, OWN, "minimal", None).content
    for change, _, _ in list(changes(content, known.fields, known.edition, ())):
        content = shaped(content, change, known)
        assert draft_of(content, known).problems == (), change
    for change, _, _ in list(changes(content, known.fields, known.edition, ())):
        if not change.adds:
            content = shaped(content, change, known)
            assert draft_of(content, known).problems == (), change


def test_a_list_of_nothing_can_be_taken_out() -> None:
    known = model("RS-EDA", EDITION)
    content = {**first_draft(known, OWN, "minimal", None).content, "medicalNote": []}
    offered = [
        one for one, _, name in changes(content, known.fields, known.edition, ()) if name == "medicalNote"
    ]
    assert [one.adds for one in offered] == [True, False]
    assert "medicalNote" not in shaped(content, offered[1], known)


def test_a_list_grows_and_shrinks_by_an_item() -> None:
    known = model("RS-EDA", EDITION)
    content = first_draft(known, OWN, "minimal", None).content
    one = shaped(content, Change(adds=True, at=("patient",)), known)
    two = shaped(one, Change(adds=True, at=("patient",)), known)
    assert len(two["patient"]) == 2
    inside = shaped(two, Change(adds=True, at=("patient", 1, "detail")), known)
    assert inside["patient"][0] == one["patient"][0]
    assert "detail" in inside["patient"][1]
    assert shaped(two, Change(adds=False, at=("patient", 1)), known) == one
    assert shaped(one, Change(adds=False, at=("patient", 0)), known) == content


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[",
        "[1]",
        '{"adds": true}',
        '{"adds": true, "at": []}',
        '{"adds": true, "at": [{}]}',
        '{"adds": true, "at": ["rien"]}',
        '{"adds": true, "at": ["caseId"]}',
        '{"adds": true, "at": ["caseId", "x"]}',
        '{"adds": false, "at": ["rien"]}',
        '{"adds": false, "at": ["location", 0]}',
        '{"adds": false, "at": ["caseId", -1]}',
    ],
)
def test_a_change_of_no_place_is_refused(text: str) -> None:
    known = model("RS-EDA", EDITION)
    with pytest.raises(ShapeError):
        shaped(first_draft(known, OWN, "minimal", None).content, change_of(text), known)


def test_a_flood_and_a_huge_message_leave_the_page_bounded(tmp_path: Path) -> None:
    """2,000 letters, one of 8 MiB of markup: the page shows the latest, and no more of each than it can hold."""
    held = Letters(tmp_path / "x.jsonl", EDITION)
    bench = Bench(Place("x", ON, OWN, EDITOR, "LRM"), held, lambda: None)
    huge = json.dumps({"<script>" * 1000: "\u202e<img src=x>" * 500_000}).encode()
    assert len(huge) > 8 << 20
    for number in range(2000):
        body = huge if number == 1990 else b'{"x": "<script>"}'
        held.write("received", f"{OWN}.message", "application/json", body)
    assert held.count == 2000
    assert len(held.all) == 1000
    page = "".join(queue_part(bench, name).text for name in ("message", "ack", "info", ""))
    assert len(page) < 1_000_000
    assert "<script" not in page
    assert "\u202e" not in page
    assert (
        "Trop long pour la page"
        in joined(*letter_page(bench, next(one for one in held.all if len(one.body) > 8 << 20))).text
    )
    assert "1940 plus anciens" in page
    assert " (2000)" in page
    older, more = older_lines(bench, "message", 100)
    assert [each.id for each in older] == [f"l{number}" for number in range(99, 0, -1)]
    assert not more
    assert older_lines(bench, "message", 1000)[1]
    assert held.numbered(3) == Letters(tmp_path / "x.jsonl", EDITION).numbered(3)
    assert held.numbered(3) is not None
    assert held.numbered(2001) is None


async def test_whoever_clicks_twice_opens_one_exchange(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Held:
        async def close(self) -> None:
            there.remove(self)

    there: list[Held] = []

    async def opens(*_: object) -> Held:
        there.append(held := Held())
        await asyncio.sleep(0)  # where the other click would come in
        return held

    monkeypatch.setattr(Bench, "open", opens)
    exchanging = Exchanging(opened.console)
    place = Place("x", ON, OWN, EDITOR, "LRM")
    await asyncio.gather(exchanging._open(place), exchanging._open(place))
    assert len(there) == 1
    await exchanging.close()
    assert not there


@pytest.mark.parametrize("kept", [20, -1])
def test_a_letter_that_was_cut_off_while_it_was_written_costs_no_other(kept: int, tmp_path: Path) -> None:
    """At -1 it lacks no more than its line feed, and is whole."""
    path = tmp_path / "x.jsonl"
    for body in (b"{}", b'{"a": 1}'):
        Letters(path, EDITION).write("sent", "routed", "application/json", body)
    first, second = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(first + second[:kept])
    Letters(path, EDITION).write("sent", "routed", "application/json", b"[]")
    bodies = [one.body for one in Letters(path, EDITION).all]
    assert bodies == [b"{}", *([b'{"a": 1}'] if kept == -1 else []), b"[]"]


async def test_nothing_is_published_in_production(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MDP", "x")
    path = tmp_path / "cible.yaml"
    path.write_text(
        "broker: amqp://127.0.0.1:1\nvhost: 15-15_v2.1\n"
        f"editor: {{id: {EDITOR}, role: LRM}}\npartners: [{{id: {OWN}, role: LRM, password_env: MDP}}]\n"
        "driver: {kind: operator, name: Zoé}\n",
        encoding="utf-8",
    )
    target = replace(load_target(path), environment=PRODUCTION)
    assert target.environment.production
    with pytest.raises(ProductionError, match="rien n'y est publié"):
        await Bench.open(Place("x", ON, OWN, EDITOR, "LRM", target), tmp_path, lambda: None)
    assert not (tmp_path / "x").exists()

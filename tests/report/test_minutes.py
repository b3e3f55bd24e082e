"""The procès-verbal: two pages and annexes, whatever was played; the same run gives the same bytes."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import typst

from recette.campaign.campaign import play_at_home
from recette.campaign.options import Options
from recette.journal.events import Attested, RunStarted
from recette.journal.reader import Journal, read_journal
from recette.judge.judging import judge
from recette.judge.verdicts import Judgement
from recette.report.minutes.content import content
from recette.report.minutes.rendering import render, template
from recette.report.minutes.typesettable import typesettable
from recette.report.story import Story, tell
from recette.sandbox.faults import FAULTS
from recette.scenario.selection import select
from tests.judge.journal_builder import JournalBuilder

ROOT = Path(__file__).parents[2]
HOSTILE = '#panic("x") *gras* <b>&amp;</b> $x$ \\ \u202e\u0000 @a 😀漢字\ue000\ud800e\u0301 #link("http://example.org")'


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Judgement, Journal]:
    path = tmp_path_factory.mktemp("run") / "journal.jsonl"
    names = ["15-15-partage-simple", "15-15-destinataire-inconnu"]
    scenarios = select(names, ROOT / "scenarios").scenarios
    options = Options(misbehaviour=FAULTS["code-hors-liste"].misbehaviour, vhost="15-15_v1.5")
    play_at_home(scenarios, (), path, options)
    journal = read_journal(path)
    return judge(journal), journal


def annexes_begin_on(data: dict[str, Any]) -> int:
    """The page; the layout must have settled without a warning."""
    inputs = {"pv": json.dumps(data, ensure_ascii=False)}
    _, warnings = typst.compile_with_warnings(template(), ignore_system_fonts=True, sys_inputs=inputs)
    assert [one.message for one in warnings] == []
    found = typst.query(
        template(), "<annexes>", field="value", one=True, ignore_system_fonts=True, sys_inputs=inputs
    )
    return int(json.loads(found))


def test_what_an_agency_files_is_there(run: tuple[Judgement, Journal]) -> None:
    shown = content(tell(run[1]))
    assert shown["verdict_word"] == "NON CONFORME"
    assert shown["fingerprint"] == run[1].fingerprint
    assert shown["reasons"][0].startswith("3 passages : ")
    assert {one["rule"] for one in shown["reservations"]} >= {"DA-03"}
    assert {one["id"] for one in shown["requirements"]} >= {"DA-03", "ER-06"}
    assert [one["verdict"] for one in shown["requirements"] if one["id"] == "DA-03"] == ["fail"]
    assert {one["by"] for one in shown["attestations"]} == {"éditeur de référence"}
    assert len(shown["plays"]) == 3
    assert annexes_begin_on(shown) == 3


def test_it_is_an_archivable_pdf_and_always_the_same(run: tuple[Judgement, Journal]) -> None:
    made = render(tell(run[1]))
    assert made.startswith(b"%PDF-1.7")
    assert b"<pdfaid:part>2</pdfaid:part><pdfaid:conformance>A" in made
    assert b"<pdfuaid:part>1" in made
    assert render(tell(run[1])) == made


def _named(journal: Journal, identity: dict[str, str], attested: int) -> Journal:
    """The same journal with names, and with more attestations."""
    entries = list(journal.entries)
    header = entries[0].event
    assert isinstance(header, RunStarted)
    entries[0] = replace(entries[0], event=replace(header, identity=identity))
    at = next(index for index, one in enumerate(entries) if isinstance(one.event, Attested))
    said = entries[at].event
    assert isinstance(said, Attested)
    by = replace(entries[at], event=replace(said, by=identity["vendor"], comment=HOSTILE, answer="approche"))
    return replace(journal, entries=[*entries[:at], *[by] * attested, *entries[at:]])


def _judged(judgement: Judgement, journal: Journal) -> Story:
    """The story of a journal with another judgement."""
    results = {one.id: one for one in judgement.scenarios}
    story = tell(journal)
    plays = tuple(
        replace(one, result=results[one.result.id]) for one in story.plays if one.result.id in results
    )
    return replace(story, judgement=judgement, plays=plays)


@pytest.mark.parametrize("attested", [1, 40])
def test_main_part_is_two_pages_however_much_there_is(run: tuple[Judgement, Journal], attested: int) -> None:
    judgement, journal = run
    many = [
        replace(
            one, rule=f"XX-{number:02}", explanation="Une explication assez longue pour deux lignes. " * 5
        )
        for number in range(40)
        for one in judgement.scenarios[0].findings[:1]
    ]
    first = replace(judgement.scenarios[0], findings=(*judgement.scenarios[0].findings, *many))
    loaded = replace(
        judgement,
        scenarios=(first, *judgement.scenarios[1:]),
        notes=("Une note qui tient en une ligne.",) * 20,
    )
    names = dict.fromkeys(
        ("vendor", "product", "version", "pilot", "level"), "Nom d'usage un peu long, 3e éd."
    )
    shown = content(_judged(loaded, _named(journal, names, attested)))
    assert annexes_begin_on(shown) == 3
    assert shown["more_reservations"].endswith("voir annexe A et C.")
    assert bool(shown["all_attestations"]) is True


def test_hostile_text_is_text(run: tuple[Judgement, Journal]) -> None:
    judgement, journal = run
    names = dict.fromkeys(("vendor", "product", "version", "pilot", "level"), HOSTILE)
    finding = replace(judgement.scenarios[0].findings[0], actual=HOSTILE * 1000, explanation=HOSTILE)
    bad = replace(
        judgement, scenarios=(replace(judgement.scenarios[0], findings=(finding,)), *judgement.scenarios[1:])
    )
    shown = content(_judged(bad, _named(journal, names, 1)))
    assert annexes_begin_on(shown) == 3
    assert b"example.org" not in render(_judged(bad, _named(journal, names, 1)))


def test_nothing_judged_is_said_so(run: tuple[Judgement, Journal]) -> None:
    empty = Judgement("error", (), 0, ("Ce journal n'est plus celui qui a été écrit.",))
    assert content(_judged(empty, run[1]))["reasons"] == [
        "Rien n'a été jugé : cette campagne ne prouve rien."
    ]
    assert render(_judged(empty, run[1])).startswith(b"%PDF")


def test_every_character_there_is_can_be_typeset() -> None:
    """Emoji, private and unassigned characters, halves of a pair: what the fonts lack is written as its code point."""
    shown = sorted(
        {one for code in (*range(0x3000), 0xE000, 0x1F600, 0x10FFFF) for one in typesettable(chr(code))}
    )
    assert typesettable("e\u0301\n😀") == "é [U+1F600]"
    page = """#let data = json(bytes(sys.inputs.at("pv")))
    #set document(title: "x")
    #set text(font: "Libertinus Serif", lang: "fr")
    #show raw: set text(font: "DejaVu Sans Mono")
    #data.join([ ]) #strong(data.join([ ])) #emph(data.join([ ])) #data.map(raw).join([ ])"""
    made = typst.compile(
        page.encode(), format="pdf", ignore_system_fonts=True, pdf_standards=["a-2a", "ua-1"],
        sys_inputs={"pv": json.dumps(shown, ensure_ascii=False)},
    )  # fmt: skip
    assert len(shown) > 1000
    assert made.startswith(b"%PDF")


def test_what_was_said_of_a_received_message_is_named_by_its_step() -> None:
    play = JournalBuilder("15-15-partage-simple.g3@destinataire")
    play.until("second-patient")
    play.write(Attested(scenario=play.casting.name, step="partage", answer="approche", by="Zoé", comment="x"))
    (shown,) = content(tell(play.rest().journal()))["attestations"]
    assert shown["asked"] == "Le SAMU d'origine partage le dossier : les valeurs de RS-EDA à l'écran"
    assert (shown["word"], shown["by"], shown["comment"]) == ("approché", "Zoé", "x")

"""What a person says of a screen, for each requirement that only a person sees."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from recette.campaign.campaign import play_at_home
from recette.campaign.options import Options
from recette.journal.codec import ORIGIN, encode
from recette.journal.events import Attested, Entry
from recette.journal.reader import read_journal
from recette.judge.judging import judge
from recette.judge.rules.screen import ATTESTED
from recette.judge.verdicts import Judgement
from recette.scenario.requirements import catalogue
from recette.scenario.selection import select
from recette.scenario.steps import AttestStep
from tests.judge.journal_builder import JournalBuilder

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def entries(tmp_path_factory: pytest.TempPathFactory) -> list[Entry]:
    """Every attestation scenario of one generation, played without a fault."""
    path = tmp_path_factory.mktemp("run") / "journal.jsonl"
    found = select([str(ROOT / "scenarios")], ROOT / "scenarios").scenarios
    chosen = [
        one
        for one in found
        if one.generation == 3 and any(isinstance(step, AttestStep) for step in one.steps)
    ]
    assert play_at_home(chosen, (), path, Options(jobs=4)).verdict == "pass"
    return list(read_journal(path).entries)


def judged(entries: list[Entry], tmp_path: Path, answer: str) -> Judgement:
    path, previous = tmp_path / "journal.jsonl", ORIGIN
    with path.open("wb") as file:
        for entry in entries:
            event = entry.event
            if isinstance(event, Attested):
                event = replace(event, answer=answer, by="Zoé", comment="vu à l'écran")
            line, previous = encode(replace(entry, event=event), previous)
            file.write(line + b"\n")
    return judge(read_journal(path))


def found(judgement: Judgement, rule: str) -> set[tuple[str, str]]:
    return {
        (one.verdict, one.attributed_to)
        for scenario in judgement.scenarios
        for one in scenario.findings
        if one.rule == rule
    }


def test_unanswered_is_never_a_pass(entries: list[Entry], tmp_path: Path) -> None:
    judgement = judged(entries, tmp_path, "sans-reponse")
    for name in ATTESTED:
        assert found(judgement, name) == {("inconc", "operator")}, name
    assert {one.verdict for one in judgement.scenarios} == {"inconc"}


def test_not_as_expected_breaks_a_must_and_notes_a_should(entries: list[Entry], tmp_path: Path) -> None:
    judgement = judged(entries, tmp_path, "non-conforme")
    for name in ATTESTED:
        wanted = "fail" if catalogue()[name].obligation == "MUST" else "remark"
        assert found(judgement, name) == {(wanted, "editor")}, name


def test_near_enough_is_a_remark_with_its_comment(entries: list[Entry], tmp_path: Path) -> None:
    judgement = judged(entries, tmp_path, "approche")
    assert judgement.verdict == "pass"
    for name in ATTESTED:
        assert found(judgement, name) == {("remark", "editor")}, name
    comments = {one.explanation for scenario in judgement.scenarios for one in scenario.findings}
    assert all("Zoé : vu à l'écran" in one for one in comments)


@pytest.mark.parametrize(
    ("answer", "verdicts"),
    [("conforme", []), ("approche", ["remark"]), ("non-conforme", ["fail"]), ("sans-reponse", [])],
)
def test_what_is_said_of_the_values_of_a_received_message_is_heard(answer: str, verdicts: list[str]) -> None:
    play = JournalBuilder("15-15-partage-simple.g3@destinataire")
    play.until("second-patient")
    said = Attested(scenario=play.casting.name, step="partage", answer=answer, by="Zoé", comment="tronqué")
    play.write(said)
    play.rest()
    found = [one for one in play.judged().findings if one.rule == "DA-06"]
    assert [one.verdict for one in found] == verdicts
    for one in found:
        assert "Zoé : tronqué" in one.explanation
        assert (one.step, one.attributed_to) == ("partage", "editor")
        assert one.expected == "les valeurs de RS-EDA telles que le partenaire les a envoyées"

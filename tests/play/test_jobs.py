"""Scenarios side by side: none takes another's messages, and the verdicts are those of one at a time."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from recette.campaign.campaign import play_at_home
from recette.campaign.options import Options
from recette.journal.events import ScenarioEnded, ScenarioStarted
from recette.journal.reader import Journal, read_journal
from recette.judge.judging import judge
from recette.play.target import Deadlines
from recette.sandbox.editor import Misbehaviour, Outgoing, ReferenceEditor
from recette.sandbox.faults import FAULTS
from tests.cahier import cahier

SCENARIOS = cahier()


def at_once(journal: Journal) -> int:
    """How many plays were on at a time, at most."""
    playing, most = 0, 0
    for entry in journal.entries:
        playing += isinstance(entry.event, ScenarioStarted)
        most = max(most, playing)
        playing -= isinstance(entry.event, ScenarioEnded)
    return most


def test_one_at_a_time_is_one_at_a_time(tmp_path: Path) -> None:
    """The silence at the end of a play is over, too, before the next begins."""
    chosen = [one for one in SCENARIOS if one.id in WITH_FAULTS and one.generation == 2]
    found = play_at_home(chosen, (), tmp_path / "journal.jsonl", Options(jobs=1))
    assert found.verdict == "pass"
    assert len(found.scenarios) == 6
    assert at_once(read_journal(tmp_path / "journal.jsonl")) == 1


def test_side_by_side_nothing_is_taken_from_another(tmp_path: Path) -> None:
    """Of one generation: the whole cahier is played by the tests of a campaign."""
    found = play_at_home(
        [one for one in SCENARIOS if one.generation == 2], (), tmp_path / "journal.jsonl", Options(jobs=8)
    )
    journal = read_journal(tmp_path / "journal.jsonl")
    most = at_once(journal)
    assert most > 2
    assert journal.header.jobs == 8
    assert found.unclaimed == 0
    assert found.verdict == "pass"
    assert [one.findings for one in found.scenarios] == [()] * len(found.scenarios)
    assert judge(journal) == found


WITH_FAULTS = {"15-15-partage-simple", "15-15-ressource-acceptee", "15-15-ressource-refusee"}


@pytest.mark.parametrize(
    "fault",
    ["sans-acquittement", "acquitte-deux-fois", "contenu-invalide", "deux-destinataires"],
)
def test_a_fault_is_found_by_its_rule_side_by_side_too(tmp_path: Path, fault: str) -> None:
    seeded = FAULTS[fault]
    wanted = {seeded.play.partition(".")[0], "15-15-ressource-refusee"}
    scenarios = [one for one in SCENARIOS if one.generation == 1 and one.id in wanted]
    options = Options(misbehaviour=seeded.misbehaviour, deadlines=Deadlines(ack=1.5, answer=3.0, quiet=0.15))
    alone = play_at_home(scenarios, (), tmp_path / "alone.jsonl", replace(options, jobs=1))
    together = play_at_home(scenarios, (), tmp_path / "together.jsonl", replace(options, jobs=8))
    assert {one.id: one.verdict for one in together.scenarios} == {
        one.id: one.verdict for one in alone.scenarios
    }
    found = next(one for one in together.scenarios if one.id == seeded.play)
    assert seeded.rule in {one.rule for one in found.findings}


def test_an_ack_that_comes_after_the_end_of_its_play_is_not_held_against_the_next(tmp_path: Path) -> None:
    held: list[Outgoing] = []

    def one_too_late(_: ReferenceEditor, out: Outgoing) -> list[Outgoing]:
        if out.model != "RC-REF":
            return [out]
        held.append(out)
        return [] if len(held) == 1 else held

    wanted = ["palier-1-raccordement.g1", "palier-4-reception-d-un-dossier.g1"]
    scenarios = [one for one in SCENARIOS if one.edition in wanted]
    deadlines = Deadlines(ack=0.5, answer=0.5, quiet=0.0)
    options = Options(jobs=1, misbehaviour=Misbehaviour(one_too_late), deadlines=deadlines)
    found = play_at_home(scenarios, (), tmp_path / "journal.jsonl", options)
    first, second = found.scenarios
    assert [one.rule for one in first.findings] == ["AC-01"]
    assert (second.verdict, second.findings) == ("pass", ())
    assert any("après la fin de palier-1-raccordement.g1@editeur" in note for note in found.notes)
    assert judge(read_journal(tmp_path / "journal.jsonl")) == found


def test_an_ack_after_its_deadline_is_late_even_if_it_comes(tmp_path: Path) -> None:
    held: list[Outgoing] = []

    def one_too_late(_: ReferenceEditor, out: Outgoing) -> list[Outgoing]:
        if out.model != "RC-REF":
            return [out]
        held.append(out)
        return [] if len(held) == 1 else held

    scenarios = [one for one in SCENARIOS if one.edition == "palier-2-acquittement-technique.g1"]
    options = Options(misbehaviour=Misbehaviour(one_too_late), deadlines=Deadlines(ack=0.3, quiet=0.1))
    (found,) = play_at_home(scenarios, (), tmp_path / "journal.jsonl", options).scenarios
    (finding,) = [one for one in found.findings if one.rule == "AC-01"]
    assert "après le délai" in finding.actual
    assert finding.step == "dossier"

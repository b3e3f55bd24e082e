"""The whole path: scenarios played against reference editors, judged, judged again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from recette.campaign.campaign import plan_at_home, play_at_home
from recette.campaign.home import HOME_JOBS, disturbed_targets, home_targets, targets_across
from recette.campaign.options import Options
from recette.campaign.planning import castings
from recette.journal.events import Received
from recette.journal.reader import read_journal
from recette.judge.judging import judge
from recette.sandbox.faults import FAULTS
from recette.scenario.model import Scenario
from tests.cahier import cahier
from tests.served_hub import need_rabbitmq

NOT_IN_XML = {"RS-EDA-MAJ", "RS-SR"}
"""What the XSD of the first generation has no words for (fact sheet 3.3)."""


@pytest.fixture(scope="session")
def scenarios() -> tuple[Scenario, ...]:
    return cahier()


NOT_CARRIED = frozenset({"palier-3-enveloppe-vide"})
"""What the hub of 2026 carries on no vHost, once for each generation."""
SEEN_BY_THE_BROKER = frozenset({"palier-2-acquittement-technique"})
"""What exists to prove what only the embedded broker tells, once for each generation."""


def test_on_rabbitmq_faultless_editors_pass_and_are_judged_alike_again(
    scenarios: tuple[Scenario, ...], tmp_path: Path
) -> None:
    """The whole cahier; on the embedded broker it is the wheel that plays it (tests/test_installed.py)."""
    need_rabbitmq()
    journal = tmp_path / "journal.jsonl"
    judgement = play_at_home(scenarios, (), journal, Options(broker="rabbitmq", jobs=HOME_JOBS))
    targets = [*home_targets(), *disturbed_targets(), *targets_across()]
    played = sum(len(castings(target, scenarios)) for target in targets)
    unproven = {one.id.partition(".")[0] for one in judgement.scenarios if one.verdict == "inconc"}
    assert unproven == SEEN_BY_THE_BROKER
    assert {one.id.partition(".")[0] for one in judgement.scenarios if one.verdict == "none"} == NOT_CARRIED
    counts = judgement.counts
    assert (counts["error"], counts["fail"], counts["remarks"], counts["none"]) == (0, 0, 0, 3), judgement
    assert counts["inconc"] == 3
    assert counts["pass"] == played - counts["none"] - counts["inconc"] > 400
    assert judgement.unclaimed == 0
    assert judge(read_journal(journal)) == judgement


def test_in_2025_all_is_played_but_what_that_hub_does_not_convert_at_home(
    scenarios: tuple[Scenario, ...],
) -> None:
    plan, left_out = plan_at_home(scenarios, Options(hub="2025-03"))
    across = {one.id for one in scenarios if one.partners_on}
    assert {one.scenario.partition(".")[0] for one in left_out} == across
    assert all("--hub 2026" in one.reason for one in left_out)
    played = {casting.scenario.id for _, cast in plan for casting in cast}
    assert played == {one.id for one in scenarios} - across


def test_in_xml_all_is_played_but_what_generation_1_has_no_words_for(
    scenarios: tuple[Scenario, ...],
) -> None:
    """What is left is played whole by `tox -e lowest`."""
    plan, left_out = plan_at_home(scenarios, Options(format="xml"))
    across = {one.id for one in scenarios if one.partners_on}
    unplayed = {one.scenario.partition("@")[0] for one in left_out}
    unplayed = {one for one in unplayed if one.rpartition(".g")[0] not in across | NOT_CARRIED}
    assert unplayed == {
        one.edition
        for one in scenarios
        if one.generation == 1
        and one.id not in NOT_CARRIED
        and not one.partners_on
        and any(content.model in NOT_IN_XML for step in one.messages for content in step.contents)
    }
    assert {cast.scenario.generation for _, casts in plan for cast in casts} == {1, 2, 3}
    assert sum(len(casts) for _, casts in plan) > 400


def test_in_xml_everything_travels_as_xml(scenarios: tuple[Scenario, ...], tmp_path: Path) -> None:
    names = (
        "15-smur-engagement-du-smur.g",
        "15-nexsis-affaire-partagee-par-les-pompiers.g",
        "15-15-partage-simple.g",
    )
    chosen = [one for one in scenarios if one.edition.startswith(names)]
    journal = tmp_path / "journal.jsonl"
    judgement = play_at_home(chosen, (), journal, Options(format="xml", jobs=HOME_JOBS))
    assert judgement.verdict == "pass", judgement
    assert {one.id.partition(".")[2][:2] for one in judgement.scenarios if one.verdict == "pass"} == {
        "g1",
        "g2",
        "g3",
    }
    recorded = read_journal(journal)
    received = [entry.event for entry in recorded.entries if isinstance(entry.event, Received)]
    assert {one.content_type for one in received} == {"application/xml"}
    assert judge(recorded) == judgement


def test_a_remark_becomes_a_fail_on_demand(scenarios: tuple[Scenario, ...], tmp_path: Path) -> None:
    chosen = [one for one in scenarios if one.edition == "15-15-partage-simple.g1"]
    journal = tmp_path / "journal.jsonl"
    fault = FAULTS["acquitte-les-acquittements"].misbehaviour
    judgement = play_at_home(chosen, (), journal, Options(misbehaviour=fault))
    assert judgement.verdict == "pass"
    assert judgement.counts["remarks"] > 0
    assert judge(read_journal(journal), strict=["AC-06"]).verdict == "fail"


def test_a_cut_journal_is_never_conformant(scenarios: tuple[Scenario, ...], tmp_path: Path) -> None:
    journal = tmp_path / "journal.jsonl"
    play_at_home(
        [one for one in scenarios if one.edition == "15-15-partage-simple.g1"], (), journal, Options()
    )
    lines = journal.read_text(encoding="utf-8").splitlines()
    journal.write_text("\n".join(lines[: len(lines) // 2]) + "\n", encoding="utf-8")
    cut = judge(read_journal(journal))
    assert cut.verdict == "inconc"
    assert any("interrompue" in note for note in cut.notes)


@pytest.mark.parametrize("generation", [2, 3])
@pytest.mark.parametrize(
    "name",
    [
        "autre-generation",
        "identifiant-malforme",
        "sexe-d-une-autre-generation",
        "engage-apres-refus",
        "engagement-sans-demande",
        "engage-apres-annulation",
        "espace-de-noms",
    ],
)
def test_a_fault_of_what_generations_write_differently_is_found_in_each(
    scenarios: tuple[Scenario, ...], tmp_path: Path, name: str, generation: int
) -> None:
    fault = FAULTS[name]
    scenario, _, actor = fault.play.replace(".g1@", f".g{generation}@").partition("@")
    chosen = [replace(one, testable=(actor,)) for one in scenarios if one.edition == scenario]
    journal = tmp_path / "journal.jsonl"
    judgement = play_at_home(chosen, (), journal, Options(misbehaviour=fault.misbehaviour))
    assert fault.rule in {one.rule for result in judgement.scenarios for one in result.findings}

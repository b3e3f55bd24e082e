"""What one source allows and another does not is a remark with both readings; what no source allows is told."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from recette.campaign.campaign import play_at_home
from recette.campaign.options import Options
from recette.judge.verdicts import ScenarioResult
from recette.sandbox.editor import Misbehaviour, Outgoing
from recette.sandbox.faults.seeding import Change, on
from tests.cahier import cahier

SCENARIOS = cahier()


def result_of(play: str, tmp_path: Path, change: Change, *models: str) -> ScenarioResult:
    edition, _, actor = play.partition("@")
    chosen = [replace(one, testable=(actor,)) for one in SCENARIOS if one.edition == edition]
    options = Options(misbehaviour=Misbehaviour(on(*models)(change)))
    (result,) = play_at_home(chosen, (), tmp_path / "journal.jsonl", options).scenarios
    return result


def test_a_mission_linked_to_another_operation_is_not_passed_over(tmp_path: Path) -> None:
    def relink(out: Outgoing) -> None:
        for mission in out.content["MISSION"]:
            if mission["NAME"] == "#MISSION#":
                mission["MAIN_MISSION_ID"] = "mission-d-une-autre-operation"

    result = result_of("15-nexsis-concours-accepte.g3@pompiers", tmp_path, relink, "EMSI")
    assert result.verdict == "fail"
    assert {(one.rule, one.path.rpartition(".")[2]) for one in result.findings} == {
        ("DA-05", "MAIN_MISSION_ID")
    }


def test_a_header_as_its_description_has_it_is_a_remark(tmp_path: Path) -> None:
    def describe(out: Outgoing) -> None:
        name = f"LRM FICTIF-{out.routing_key}"
        out.message["sender"] = {"name": name, "URI": f"editeur-fictif:{name}"}

    result = result_of("15-15-partage-simple.g3@origine", tmp_path, describe, "RS-EDA")
    assert result.verdict == "pass"
    assert {(one.rule, one.verdict) for one in result.findings} == {
        ("HD-02", "remark"),
        ("HD-03", "remark"),
    }
    assert all("lectures" in one.explanation for one in result.findings)


def test_a_document_without_its_optional_patient_is_a_remark(tmp_path: Path) -> None:
    def forget(out: Outgoing) -> None:
        out.content.pop("patientId")

    result = result_of("15-smur-documents-du-patient.g3@tablette", tmp_path, forget, "RS-URL")
    assert {(one.rule, one.verdict) for one in result.findings} == {("CI-23", "remark")}
    assert result.verdict == "pass"

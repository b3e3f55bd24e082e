"""Data that must not leave is told; the same data where the scenario asks for it is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from recette.campaign.campaign import play_at_home
from recette.campaign.options import Options
from recette.sandbox.faults import FAULTS
from recette.scenario.loader import load

CASE = """\
id: essai
title: Essai
perimeter: 15-15
actors: {a: LRM, b: LRM}
editor: a
case: a
identifiers: {patient: {kind: patient, by: a}}
steps:
  - id: partage
    message:
      from: a
      to: b
      model: RS-EDA
      data:
        caseId: ${caseId}
        owner: ${a}
        creation: ${now}
        qualification: {}
        location: {name: Lieu fictif}
        patient:
          - patientId: ${patient}
            %s
"""
QUALIFIED = "administrativeFile: {externalId: [{source: NIR, value: '150029999999999'}]}"
BORN = "identity: {strictFeatures: {birthName: FICTIF}, nonStrictFeatures: {complete: FICTIF Zoé}}"
BIRTH_ONLY = "identity: {strictFeatures: {birthName: FICTIF}}"
FIRE = (
    CASE.replace("15-15", "15-nexsis")
    .replace("{a: LRM, b: LRM}", "{a: LRM, b: NEXSIS}")
    .replace("patientId: ${patient}\n            %s", "patientId: ${patient}")
)


def found(text: str, tmp_path: Path, fault: str | None = None, hub: str = "2026") -> set[tuple[str, str]]:
    misbehaviour = FAULTS[fault].misbehaviour if fault else None
    options = Options(misbehaviour=misbehaviour, hub=hub)
    judgement = play_at_home([load("e.yaml", {"e.yaml": text}, 2)], (), tmp_path / "j.jsonl", options)
    (result,) = judgement.scenarios
    assert result.findings or result.verdict == "pass"  # nothing found of what was played
    return {(one.rule, one.verdict) for one in result.findings}


@pytest.mark.parametrize("patient", [QUALIFIED, BORN, BIRTH_ONLY])
def test_what_the_scenario_types_is_not_held_against_the_editor(tmp_path: Path, patient: str) -> None:
    assert found(CASE % patient, tmp_path) == set()


def test_another_number_than_the_one_typed_is(tmp_path: Path) -> None:
    text = CASE % QUALIFIED.replace("999999", "111111")
    assert ("DA-07", "fail") in found(text, tmp_path, "matricule-non-qualifie")


def test_a_health_file_that_the_scenario_sends_to_the_fire_side_is_not_remarked(tmp_path: Path) -> None:
    assert found(FIRE, tmp_path, hub="2025-03") == set()  # the hub of 2026 refuses it on this vHost


def test_an_owner_is_told_by_name_though_the_hub_refuses_the_message(tmp_path: Path) -> None:
    text = (
        FIRE.partition("model: RS-EDA")[0]
        + """model: RC-EDA
      data:
        caseId: ${caseId}
        creation: ${now}
        referenceVersion: "2.0"
        qualification: {whatsHappen: {code: C02.07.01, label: Malaise}}
        location: {locID: LOC-1, country: FR}
"""
    )
    told = found(text, tmp_path, "affaire-avec-owner")
    assert ("DA-10", "fail") in told
    assert "SC-01" not in {rule for rule, _ in told}

"""Lint says what of a scenario across vHosts the hub's conversion loses, or refuses without the scenario saying so."""

from __future__ import annotations

from pathlib import Path

from recette.scenario.lint import check_editions
from recette.scenario.loader import load_file
from recette.scenario.problems import Problem

FOLDER = Path(__file__).parents[2] / "scenarios" / "conversion"


def _problems(path: Path) -> list[Problem]:
    return check_editions(load_file(path))


def test_what_does_not_survive_is_a_warning_at_its_step() -> None:
    (problem,) = _problems(FOLDER / "affaire-avec-les-pompiers.yaml")
    assert problem.severity == "warning"
    assert "étape partage" in problem.text
    assert "$.patient, $.medicalNote" in problem.text


def test_what_survives_is_not_spoken_of() -> None:
    assert _problems(FOLDER / "dossier-entre-versions.yaml") == []


def test_a_message_that_is_not_converted_has_to_be_refused_by_the_scenario(tmp_path: Path) -> None:
    """Of RS-EDA-MAJ the fire side has no form (hub-sante-2026 4.3)."""
    path = tmp_path / "essai.yaml"
    text = """\
id: essai
title: Essai
perimeter: 15-15
partners_on: 15-nexsis
actors: {samu: LRM, pompiers: NEXSIS}
editor: samu
case: samu
steps:
  - id: mise-a-jour
    message: {from: samu, to: pompiers, model: RS-EDA-MAJ, data: {caseId: "${caseId}", qualification: {details: {priority: P0}}}}
"""
    path.write_text(text, encoding="utf-8", newline="\n")
    found = [one.text for one in _problems(path) if one.severity == "error"]
    assert len(found) == 1
    assert found[0].startswith("Le hub ne convertit pas ce message (étape mise-a-jour) : Aucune conversion")
    assert found[0].endswith("Écrivez « refused: 300 ».")
    path.write_text(text + "    refused: 300\n", encoding="utf-8", newline="\n")
    assert [one for one in _problems(path) if one.severity == "error"] == []


def test_what_a_partner_of_one_generation_alone_is_refused_is_said_in_that_one() -> None:
    """An RS-SR of generation 1: the hub does not find the vehicle in the list that it kept."""
    path = FOLDER / "engins-dits-a-un-samu.yaml"
    assert [one for one in _problems(path) if one.severity == "error"] == []

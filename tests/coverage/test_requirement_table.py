"""Every requirement is accounted for, and the page that says so is the one that the code would write."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from recette.cli import main
from recette.coverage.requirement_table import Row, requirement_table
from recette.sandbox.faults import FAULTS
from recette.scenario.loader import load
from recette.scenario.requirements import catalogue
from tests.cahier import cahier

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def rows() -> dict[str, Row]:
    return {row.requirement.id: row for row in requirement_table(cahier())}


def test_the_page_leads_to_each_scenario(rows: dict[str, Row], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)  # files are named as seen from here
    page = (ROOT / "docs" / "exigences.md").read_text(encoding="utf-8")
    for scenario in cahier():
        if scenario.requirements:
            place = Path(scenario.file).resolve().relative_to(ROOT).as_posix()
            assert f"[{scenario.id}](../{place})" in page
    for row in rows.values():
        if row.requirement.not_tested:
            assert f" : {row.requirement.not_tested}." in page


def test_for_a_program(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(ROOT)
    assert main(["list", "--matrix", "--json"]) == 0
    told = {one["id"]: one for one in json.loads(capsys.readouterr().out)}
    assert told.keys() == catalogue().keys()
    assert told["AC-01"]["rule"] == "AC-01"
    assert "15-15-partage-simple" in told["AC-01"]["scenarios"]
    assert "sans-acquittement" in told["AC-01"]["faults"]
    assert told["ER-09"]["rule"] is None
    assert told["ER-09"]["not_tested"]


def test_for_a_person(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(ROOT)
    assert main(["list", "--matrix"]) == 0
    shown = capsys.readouterr().out
    assert "ER-09 non testée : engagement d'organisation" in shown
    assert re.search(r"^AC-01 +obligatoire +P", shown, re.MULTILINE)
    assert re.search(r"^AC-07 +recommandée +P", shown, re.MULTILINE)
    assert "MUST" not in shown
    assert "SHOULD" not in shown
    reference = sum(not one.own for one in catalogue().values())
    assert f"{reference} exigences : " in shown.splitlines()[-1]
    assert main(["list", "--markdown"]) == 2
    assert "ajoutez --matrix" in capsys.readouterr().err


def test_what_is_missing_is_said() -> None:
    bare = Row(catalogue()["AC-01"], rule=False, scenarios=(), faults=())
    assert bare.missing == ("une règle", "un scénario", "une faute")
    excused = Row(catalogue()["ER-09"], rule=False, scenarios=(), faults=())
    assert excused.missing == ()
    assert replace(excused, rule=True).missing == ("une raison ou une règle, pas les deux",)


def test_an_attestation_counts_as_naming_its_requirement() -> None:
    text = (
        "id: e\ntitle: E\nperimeter: 15-15\nactors: {a: LRM, b: LRM}\neditor: a\ncase: a\n"
        "steps:\n  - {id: x, attest: {text: Rien, requirement: ER-01}}\n"
    )
    found = {row.requirement.id: row for row in requirement_table([load("e.yaml", {"e.yaml": text}, 1)])}
    assert found["ER-01"].scenarios == ("e",)
    assert found["ER-02"].scenarios == ()


def test_every_fault_is_of_a_requirement_and_a_play_that_exist() -> None:
    known = {(one.id, one.generation, actor) for one in cahier() for actor in one.testable}
    for fault in FAULTS.values():
        name, _, actor = fault.play.partition("@")
        scenario, _, generation = name.rpartition(".g")
        assert fault.rule in catalogue(), fault.id
        assert (scenario, int(generation.partition("-")[0]), actor) in known, fault.id

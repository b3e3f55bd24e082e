"""No requirement without its rule, its scenario and its fault, or a reason; and the page says so as the code does."""

from __future__ import annotations

from pathlib import Path

import pytest

from recette.cli import main
from recette.coverage.requirement_table import Row, requirement_table
from recette.scenario.requirements import catalogue
from recette.scenario.steps import AttestStep
from tests.cahier import cahier

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def rows() -> dict[str, Row]:
    return {row.requirement.id: row for row in requirement_table(cahier())}


def test_a_scenario_that_names_what_only_a_screen_shows_has_one_looked_at() -> None:
    unseen = [
        (scenario.edition, name)
        for scenario in cahier()
        for name in scenario.requirements
        if catalogue()[name].observed_by == "S"
        and not any(isinstance(step, AttestStep) for step in scenario.steps)
    ]
    assert unseen == []


@pytest.mark.parametrize("name", list(catalogue()))
def test_a_requirement_has_its_rule_scenario_and_fault_or_says_why_not(
    rows: dict[str, Row], name: str
) -> None:
    assert rows[name].missing == ()


def test_the_page_is_up_to_date(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(ROOT)
    assert main(["list", "--matrix", "--markdown"]) == 0
    written = (ROOT / "docs" / "exigences.md").read_text(encoding="utf-8")
    assert written == capsys.readouterr().out, "recette list --matrix --markdown > docs/exigences.md"

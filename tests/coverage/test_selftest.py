"""Faultless editors, slow and unsteady, are never accused; and a false alarm would be told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from recette.campaign.options import Options
from recette.cli import main
from recette.coverage.selftest import rounds
from recette.sandbox.habits import HABITS
from tests.cahier import cahier

ROOT = Path(__file__).parents[2]
WANTED = ["15-15-ressource-acceptee.g3", "robustesse-meme-message-deux-fois.g1", "palier-3-enveloppe.g2"]


@pytest.mark.parametrize("form", ["json", "xml"])
def test_unsteady_editors_are_never_accused(tmp_path: Path, form: str) -> None:
    scenarios = [one for one in cahier() if one.edition in WANTED]
    options = Options(format="xml" if form == "xml" else "json", jobs=8)
    many = len(HABITS) + 1
    found = list(rounds(scenarios, options, tmp_path, count=many, seconds=300, seed=7))
    assert [one.number for one in found] == list(range(1, many + 1))
    assert [one.habit for one in found] == ["", *HABITS]
    assert all(one.clean for one in found), found


def test_an_alarm_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A scenario that expects what a faultless editor does not do."""
    scenario = tmp_path / "faux.yaml"
    scenario.write_text(
        "id: faux\ntitle: Faux\nperimeter: 15-15\ngenerations: [1]\nactors: {a: LRM, b: LRM}\neditor: [a]\n"
        "steps:\n  - id: ecran\n    attest: {of: a, text: Rien, check: remis jamais, requirement: AC-13}\n    within: 100ms\n",
        encoding="utf-8",
    )
    monkeypatch.chdir(ROOT)
    assert main(["selftest", str(scenario), "--rounds", "1"]) == 1
    shown = capsys.readouterr().out
    assert "AC-13" in shown
    assert "0 tour sur 1" in shown
    assert main(["selftest", str(scenario), "--rounds", "1", "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["ok"] is False
    assert [one["rule"] for one in told["rounds"][0]["alarms"]] == ["AC-13"]


def test_a_clean_round_is_told_to_a_program(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    assert main(["selftest", "palier-3-enveloppe", "--rounds", "1", "--json"]) == 0
    (one,) = json.loads(capsys.readouterr().out)["rounds"]
    assert (one["clean"], one["alarms"], one["not_passed"], one["unclaimed"]) == (True, [], [], 0)

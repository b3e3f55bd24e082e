"""`--models` wherever something is judged, and what judged is said wherever there is a verdict."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from recette.cli import main

PLAY = "15-nexsis-ressources-cisu"
ON = "15-nexsis_v1.9"
"""Generation 2 by default, 3 for the hub's own code."""


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("editions") / "r"
    assert main(["run", PLAY, "--vhost", ON, "--models", "3.4.1", "--report", str(folder)]) == 0
    return folder


def test_a_run_says_everywhere_what_judged_it(played: Path, capsys: pytest.CaptureFixture[str]) -> None:
    results = json.loads((played / "results.json").read_text(encoding="utf-8"))
    assert results["models"] == {ON: "3.4.1"}
    assert {one["models"] for one in results["scenarios"]} == {"3.4.1"}
    properties = ET.parse(played / "junit.xml").getroot().findall("testsuite/properties/property")
    said = {one.get("name"): one.get("value") for one in properties}
    assert said["models"] == "3.4.1"
    assert said["hub"] == "2026"
    page = (played / "report.html").read_text(encoding="utf-8")
    assert "3 · 3.4.1" in page
    assert main(["judge", str(played)]) == 0
    told = capsys.readouterr().out
    assert f"{ON}  3.4.1" in told
    assert "édition 3.4.1" in told
    assert "profil de hub 2026" in told


def test_another_edition_judges_a_recorded_run_again(
    played: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["judge", str(played), "--models", "3.4.0", "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["models"] == {ON: "3.4.0"}
    broken = [one for play in told["scenarios"] for one in play["findings"] if one["verdict"] == "fail"]
    assert {(one["rule"], one["path"].rpartition(".")[2]) for one in broken} == {("DA-03", "vehicleType")}
    assert told["differences"]


def test_an_edition_of_a_generation_that_was_not_played_is_refused(
    played: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["judge", str(played), "--models", "1.3.0"]) == 2
    assert "aucun vHost de la génération 1" in capsys.readouterr().err
    assert main(["judge", str(played), "--models", "9.9"]) == 2


def test_a_vhost_that_no_table_knows_is_played_where_its_models_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["run", "15-15-partage-simple", "--vhost", "15-15_v2.2", "--report", str(tmp_path / "r")]
    assert main(asked) == 2
    assert "--models" in capsys.readouterr().err
    cisu = ["run", PLAY, "--vhost", ON, "--models", "3.4.0", "--report", str(tmp_path / "r")]
    assert main(cisu) == 2
    assert "ne sont pas de la génération 3 (3.4.0)" in capsys.readouterr().err
    assert main([*asked, "--models", "3.4.1"]) == 0
    results = json.loads((tmp_path / "r" / "results.json").read_text(encoding="utf-8"))
    assert (results["vhost"], results["counts"]["pass"]) == ("15-15_v2.2", 2)

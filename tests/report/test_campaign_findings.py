"""What belongs to no play is in every report, and counts."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from recette.cli import main
from recette.report.recorded import read_results
from recette.report.redaction import redacted_results

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run whose plays are all conformant, with an update of a case that nobody shared."""
    found = tmp_path_factory.mktemp("run") / "report"
    scenario = str(ROOT / "scenarios" / "15-15" / "ressource-refusee.yaml")
    fault = "met-a-jour-un-dossier-non-partage"
    assert main(["run", scenario, "--editor", "LRM", "--fault", fault, "--report", str(found)]) == 1
    return found


def test_results_json_has_them_beside_the_plays(folder: Path) -> None:
    document = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    assert document["verdict"] == "fail"
    assert {one["verdict"] for one in document["scenarios"]} == {"pass"}
    assert {(one["rule"], one["verdict"], one["attributed_to"]) for one in document["findings"]} == {
        ("SC-06", "fail", "editor")
    }
    read = read_results(folder).judgement
    assert len(read.findings) == len(document["findings"]) == 3
    kept = json.loads(redacted_results((folder / "results.json").read_bytes()))
    assert [one["rule"] for one in kept["findings"]] == ["SC-06"] * 3
    assert all(
        one["actual"] != two["actual"]
        for one, two in zip(kept["findings"], document["findings"], strict=True)
    )


def test_junit_and_allure_have_a_test_for_them(folder: Path) -> None:
    root = ET.parse(folder / "junit.xml").getroot()
    (case,) = [one for one in root.iter("testcase") if one.get("name") == "campagne"]
    failure = case.find("failure")
    assert failure is not None
    assert "SC-06" in (failure.get("message") or "")
    assert root.get("failures") == "1"
    statuses = {
        one["fullName"]: one["status"]
        for one in (json.loads(path.read_text()) for path in (folder / "allure").glob("*-result.json"))
    }
    assert statuses["campagne"] == "failed"
    assert {status for name, status in statuses.items() if name != "campagne"} == {"passed"}


def test_the_page_and_the_console_tell_them(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert "SC-06" in page
    assert "constats hors des passages" in page
    assert main(["judge", str(folder)]) == 1
    told = capsys.readouterr().out
    assert "NON CONFORME SC-06" in told
    assert "3 constats hors des passages" in told

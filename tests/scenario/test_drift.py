"""What an official tag would judge otherwise."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from recette.cli import main
from recette.scenario.drift import drifts
from recette.scenario.selection import select
from tests.bundles import Files, write_bundle

SCENARIOS = Path(__file__).parents[2] / "scenarios"


def in_resources(files: Files) -> Any:
    return files["RC-RI"]["properties"]["resource"]["items"]["properties"]


def other(files: Files) -> None:
    in_resources(files)["vehicleType"]["enum"] = ["SMUR", "SIS"]
    del in_resources(files)["operationId"]
    in_resources(files)["indicatif"] = {"type": "string"}
    files["RS-ER"]["properties"]["resource"]["items"]["required"] += ["team"]
    engaged = files["RS-ER"]["properties"]["resource"]["items"]["properties"]
    engaged["name"]["enum"] = ["VL", "UMH"]
    engaged["team"] = engaged.pop("team")  # behind all others


def test_fields_codes_and_scenarios_are_named(tmp_path: Path) -> None:
    bundle = write_bundle(tmp_path / "lot", other, generation=3)
    here, found = drifts(bundle, select((), SCENARIOS / "15-nexsis").scenarios)
    assert here.tag == "3.4.1"
    told = {(one.kind, one.name): one.text for one in found}
    assert (
        told["champ", "RC-RI.resource.vehicleType"] == "codes retirés : VECTEUR_SANTE ; codes ajoutés : SMUR"
    )
    assert told["champ", "RC-RI.resource.operationId"] == "disparaît"
    assert told["champ", "RC-RI.resource.indicatif"] == "apparaît"
    assert "VECTEUR_SANTE" in told["scénario", "15-nexsis-ressources-cisu.g3"]
    assert ("champ", "RS-ER.resource", "devient obligatoire : team") in [
        (one.kind, one.name, one.text) for one in found
    ]
    assert told["champ", "RS-ER.resource"] == "en XML, team puis freetext -> freetext puis team"
    assert told["champ", "RS-ER.resource.name"] == "une liste de codes désormais"
    assert len(found) == 7


def test_the_edition_itself_drifts_nowhere(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bundle = write_bundle(tmp_path / "lot", generation=3)
    assert main(["models", "drift", "--bundle", str(bundle)]) == 0
    assert "0 écart" in capsys.readouterr().out

"""`recette convert`: what the partner gets, each loss at its place, and what the hub would refuse."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from recette.cli import main
from recette.messages.dictionary.examples import example
from recette.messages.dictionary.models import model
from tests.messages.conversion.test_converter import FIRE, OTHER, document, resources


def written(folder: Path, name: str, content: object) -> str:
    path = folder / name
    path.write_text(json.dumps(content), encoding="utf-8")
    return str(path)


def test_each_loss_is_told_at_its_place(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = resources(("R1", "SMUR.AR", "FINPEC"))
    told["resource"][0]["patientId"] = "fr.health.samu000.patient.P1"
    path = written(tmp_path, "moyens.json", document("RS-RI", 3, told))
    assert (
        main(["convert", path, "--from", "15-15_v2.1", "--to", "15-15_v2.0", "--out", str(tmp_path / "recu")])
        == 0
    )
    shown = capsys.readouterr().out
    assert "RS-RI sur 15-15_v2.0, fr.health.samu000_fictif-RS-RI, valide" in shown
    assert "[remplacé] $.resource[0].state[0].status : « FINPEC » → « FINMED »" in shown
    assert "[noté] $.resource[0].patientId" in shown
    received = json.loads((tmp_path / "recu" / "moyens-1.json").read_text(encoding="utf-8"))
    assert received["senderID"] == "fr.health.samu000"


def test_nothing_and_a_refusal_are_told_apart(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ambulance = written(
        tmp_path, "a.json", document("RS-RI", 3, resources(("R1", "TSU.AMB", "DEPART")), to=FIRE)
    )
    assert main(["convert", ambulance, "--from", "15-15_v2.1", "--to", "15-nexsis_v1.9.1"]) == 0
    assert "rien n'arrive sur 15-nexsis_v1.9.1, et le hub n'en dit rien" in capsys.readouterr().out
    position = document("GEO-REQ", 3, {"resourceId": ["fr.health.samu000.resource.R1"]}, to=FIRE)
    refused = written(tmp_path, "p.json", position)
    assert main(["convert", refused, "--from", "15-15_v2.1", "--to", "15-nexsis_v1.9.1", "--json"]) == 1
    assert json.loads(capsys.readouterr().out)[0]["error"] == 400


def test_a_bare_content_is_no_message(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = written(tmp_path, "nu.json", {"reference": {}})
    assert main(["convert", path, "--from", "15-15_v2.1", "--to", "15-15_v2.0"]) == 2
    assert "enveloppe EDXL-DE entière" in capsys.readouterr().err


def test_what_added_things_hold_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    case = example(model("RS-EDA", 3), "minimal")
    path = written(tmp_path, "dossier.json", document("RS-EDA", 3, case, to=FIRE))
    assert main(["convert", path, "--from", "15-15_v2.1", "--to", "15-nexsis_vactive"]) == 0
    shown = capsys.readouterr().out
    assert '[ajouté] $.qualification.victims : {"count": "0"}' in shown
    assert "[ajouté] $.location.country : « FR »" in shown


def test_what_the_hub_refuses_before_converting_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = document("RS-EDA", 3, example(model("RS-EDA", 3), "minimal") | {"creation": 3})
    path = written(tmp_path, "dossier.json", told)
    assert main(["convert", path, "--from", "15-15_v2.1", "--to", "15-15_v2.0"]) == 1
    assert "invalide sur 15-15_v2.1, le hub le refuse (300) avant" in capsys.readouterr().out
    assert main(["convert", path, "--from", "15-15_v2.1", "--to", "15-15_v2.0", "--json"]) == 1
    assert not json.loads(capsys.readouterr().out)[0]["source"]["valid"]


@pytest.mark.parametrize(
    ("to", "source", "target", "why"),
    [
        (OTHER, "15-15_v2.1", "15-smur_v1.7", "d'une version à l'autre d'un même périmètre"),
        (OTHER, "15-smur_v1.7", "15-nexsis_vactive", "d'une version à l'autre d'un même périmètre"),
        (FIRE, "15-15_v2.1", "15-15_v1.5", "les pompiers vivent sur un vHost 15-nexsis"),
        (FIRE, "15-smur_v1.7", "15-nexsis_vactive", "les pompiers vivent sur un vHost 15-nexsis"),
    ],
)
def test_a_way_that_the_hub_does_not_go_is_said_as_such(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], to: str, source: str, target: str, why: str
) -> None:
    told = document("RS-EDA", 3, example(model("RS-EDA", 3), "minimal"), to=to)
    assert main(["convert", written(tmp_path, "d.json", told), "--from", source, "--to", target]) == 2
    assert why in capsys.readouterr().err


def test_the_fire_side_s_vhosts_are_one_version_for_the_hub(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = document("RC-EDA", 3, example(model("RC-EDA", 3), "minimal"), sender=FIRE, to=FIRE)
    path = written(tmp_path, "affaire.json", told)
    assert main(["convert", path, "--from", "15-nexsis_v1.9", "--to", "15-nexsis_vactive"]) == 0
    assert "RC-EDA sur 15-nexsis_vactive" in capsys.readouterr().out

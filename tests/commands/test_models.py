"""`recette models` as a user meets it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from recette.cli import main


def shown(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["models", *arguments]) == 0
    return capsys.readouterr().out


def test_the_list_says_where_each_message_is_and_what_xml_cannot_say(
    capsys: pytest.CaptureFixture[str],
) -> None:
    listed = shown(capsys, "list")
    assert listed == shown(capsys)
    (line,) = (one for one in listed.splitlines() if one.startswith("RS-SR "))
    assert "1, 2, 3" in line
    assert "sans XML en génération 1" in line
    rows = json.loads(shown(capsys, "list", "--json"))
    assert {row["model"]: row["generations"] for row in rows}["RC-RI"] == [3]


def test_a_message_is_shown_by_generation_or_vhost(capsys: pytest.CaptureFixture[str]) -> None:
    text = shown(capsys, "show", "rs-sr", "--generation", "15-15_v1.5")
    assert "$.status" in text
    assert "$.state.status" in shown(capsys, "show", "RS-SR", "--generation", "3")


def test_a_code_list_is_shown_with_its_oddities(capsys: pytest.CaptureFixture[str]) -> None:
    text = shown(capsys, "show", "channel")
    assert "« DEFIBRILLATEUR,  »" in text
    (row,) = map(
        json.loads, shown(capsys, "show", "vehicleStatus", "--generation", "2", "--json").splitlines()
    )
    assert "FINMED" in row["values"]


def test_what_changed_between_two_vhosts(capsys: pytest.CaptureFixture[str]) -> None:
    text = shown(capsys, "diff", "15-15_v1.5", "15-15_v2.1", "RS-RI")
    assert "= $.mobilizedResource[*] : mobilizedResource -> resource" in text
    assert "codes retirés : ARRIVE, TRANSPOR ->" in text
    assert "codes ajoutés : ARRIVEE, ORIENTAT, TRANSP" in text
    assert "aucun" not in text


def test_what_is_exported_is_valid(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shown(capsys, "export", "--out", str(tmp_path), "--generation", "2")
    examples = str(tmp_path / "2.4.0" / "examples")
    assert main(["validate", examples, "--vhost", "15-nexsis_v1.9"]) == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["show", "RS-XR"], "vouliez-vous dire"),
        (["show", "vehiculeStatus"], "vouliez-vous dire vehicleStatus"),
        (["show", "RC-RI", "--generation", "1"], "mais bien dans la génération 3"),
        (["diff", "1", "4"], "ni une édition"),
        (["check", "--bundle", "absent"], "ni un dossier ni un zip"),
    ],
)
def test_an_unusable_call_is_one_sentence(
    capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    assert main(["models", *arguments]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1


_LOADED = """
import sys
import recette.commands.validate, recette.commands.run
from recette.messages.dictionary import lines as dictionary_lines, reader as dictionary_reader
from recette.messages.json import schemas
from recette.messages.validation import validator as validation
print(schemas._compiled.cache_info().currsize, len(validation._COMPILED), dictionary_reader.entry.cache_info().currsize)
print(sorted({"jsonschema", "lxml", "jsonschema_rs"} & sys.modules.keys()))
"""


def test_no_model_is_loaded_before_it_is_needed() -> None:
    done = subprocess.run([sys.executable, "-c", _LOADED], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["0 0 0", "[]"]

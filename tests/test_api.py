"""The harness from Python gives what the command line gives."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from recette import api

PLAY = "15-15-partage-simple.g1"


def test_what_is_played_is_judged_again_with_the_same_verdict(tmp_path: Path) -> None:
    played = api.play([PLAY], tmp_path / "journal.jsonl")
    assert played.verdict == "pass"
    assert [one.id for one in played.scenarios] == [f"{PLAY}@origine", f"{PLAY}@destinataire"]
    assert api.judge(tmp_path / "journal.jsonl").scenarios == played.scenarios


def test_a_folder_of_ones_own_goes_first(tmp_path: Path, scenarios_folder: Path) -> None:
    own = tmp_path / "miens"
    shutil.copytree(scenarios_folder / "paliers" / "donnees", own / "donnees")
    text = (scenarios_folder / "paliers" / "1-raccordement.yaml").read_text(encoding="utf-8")
    (own / "mien.yaml").write_text(text.replace("id: palier-1-raccordement", "id: mien"), encoding="utf-8")
    played = api.play([], tmp_path / "journal.jsonl", scenarios=own)
    assert {one.id.partition(".")[0] for one in played.scenarios} == {"mien"}


def test_what_is_wrong_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="n'existe pas"):
        api.play(["inconnu"], tmp_path / "journal.jsonl")


def test_a_message_is_judged(tmp_path: Path) -> None:
    path = tmp_path / "message.json"
    path.write_text(json.dumps({"reference": {"distributionID": 3}}), encoding="utf-8")
    report = api.validate(path, "15-15_v1.5")
    assert report.verdict == "invalid"
    assert report.errors

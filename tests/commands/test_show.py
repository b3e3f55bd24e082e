"""The messages of a play are shown as they went over the wire."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from recette.cli import main
from recette.journal.events import Received, Sent
from recette.journal.reader import read_journal

PLAY = "15-15-partage-simple.g1@destinataire"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run") / "r"
    assert main(["run", PLAY, "--report", str(folder), "--reports"]) == 0
    return folder


def test_they_are_all_there_in_order(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", PLAY, "--run", str(run)]) == 0
    told = capsys.readouterr().out
    headings = [line for line in told.splitlines() if line.startswith("── ")]
    assert [line.split(" · ")[4] for line in headings] == ["RS-EDA", "RC-REF", "RS-EDA-MAJ", "RC-REF"]
    assert "fr.health.samu991 → fr.health.samu992 · RC-REF · fr.health.samu992.ack" in headings[1]
    assert '\n  "distributionID": ' in told


def test_as_files_they_are_what_the_journal_holds(run: Path, tmp_path: Path) -> None:
    assert main(["show", PLAY, "--run", str(run), "--out", str(tmp_path / "m")]) == 0
    entries = read_journal(run / "journal.jsonl").entries
    held = [one.event.body for one in entries if isinstance(one.event, Sent | Received)]
    files = sorted((tmp_path / "m").iterdir())
    assert [one.read_bytes() for one in files] == held
    assert [one.name.split("-", 1)[1] for one in files[:2]] == [
        "partage-RS-EDA-fr.health.samu992.json",
        "partage-RC-REF-fr.health.samu991.json",
    ]


def test_for_a_program(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", PLAY, "--run", str(run / "journal.jsonl"), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [one["model"] for one in told] == ["RS-EDA", "RC-REF", "RS-EDA-MAJ", "RC-REF"]
    assert json.loads(told[0]["body"])["senderID"] == told[0]["from"] == "fr.health.samu992"


def test_what_is_not_there_is_one_sentence(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["show", "15-15-partage-simple.g1@destinatire", "--run", str(run)]) == 2
    assert f"les plus proches : {PLAY}" in capsys.readouterr().err
    monkeypatch.chdir(tmp_path)
    assert main(["show", PLAY]) == 2
    assert capsys.readouterr().err == "Aucune campagne dans reports/ : donnez son dossier à --run.\n"

"""What a target says itself is not silently said otherwise beside it."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path

import pytest

from recette.cli import main
from recette.commands import run
from recette.commands.resuming import asked

TARGET = """broker: amqp://127.0.0.1:1
vhost: 15-15_v1.5
editor: {id: fr.health.samu991, role: LRM}
partners: [{id: fr.health.samu992, role: LRM, password_env: MDP}]
driver: {kind: http, url: "http://127.0.0.1:1/agir"}
"""


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--vhost", "15-15_v2.1"], "--vhost 15-15_v2.1 ne va pas avec"),
        (["--broker", "embedded"], "ôtez --broker, ou écrivez « broker: home »"),
        (["--editor", "LRM"], "--editor choisit un éditeur de référence"),
        (["--attest-received"], "--attest-received interroge une personne"),
    ],
)
def test_an_option_that_a_target_overrules_is_refused(
    options: list[str],
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("MDP", "x")
    target = tmp_path / "cible.yaml"
    target.write_text(TARGET, encoding="utf-8")
    report = tmp_path / "r"
    command = ["run", "15-15-partage-simple", "--target", str(target), "--report", str(report), *options]
    assert main(command) == 2
    assert said in capsys.readouterr().err
    assert not report.exists()


def test_there_is_nothing_to_check_before_a_hub_at_home(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "cible.yaml"
    text = TARGET.replace("amqp://127.0.0.1:1", "home").replace(", password_env: MDP", "")
    target.write_text(text, encoding="utf-8")
    assert main(["preflight", "--target", str(target)]) == 2
    assert "il n'y a pas de lien à vérifier" in capsys.readouterr().err


def test_the_first_play_that_fails_is_the_last(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = tmp_path / "r"
    failing = ["15-15-partage-simple", "--fault", "sans-acquittement"]
    assert main(["run", *failing, "-x", "--reports", "junit", "--report", str(report)]) == 1
    told = json.loads((report / "results.json").read_text(encoding="utf-8"))
    assert [(one["id"], one["verdict"]) for one in told["scenarios"]] == [
        ("15-15-partage-simple.g1@origine", "pass"),
        ("15-15-partage-simple.g1@destinataire", "fail"),
    ]
    assert "4 passages prévus" in capsys.readouterr().out
    made = {"journal.jsonl", "junit.xml", "results.json", "seal.json"}
    assert {one.name for one in report.iterdir()} == made
    assert main(["verify", str(report)]) == 0
    (report / "pv.pdf").write_bytes(b"%PDF")
    assert main(["verify", str(report)]) != 0


def test_a_form_that_does_not_exist_is_said_before_anything_is_played(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", "15-15-partage-simple", "--reports", "pdf", "--report", str(tmp_path / "r")]) == 2
    assert "« pdf » n'est pas une forme de rapport : allure, junit, pv, report." in capsys.readouterr().err
    assert not (tmp_path / "r").exists()


def test_a_resumed_run_knows_every_option_that_decides_what_is_played() -> None:
    """What is asked for is kept in the journal; all else is said anew, or chooses what is asked for."""
    parser = ArgumentParser()
    run.arguments(parser)
    offered = parser.parse_args([])
    said_anew = {"report", "reports", "resume", "sign", "json", "verbose", "failed", "exclude", "first_only"}
    assert set(vars(offered)) - said_anew <= set(asked(offered))


@pytest.mark.parametrize("asked", [[], ["--scenarios"]])
def test_a_folder_without_scenarios_is_the_cause(
    asked: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", *asked, str(tmp_path)]) == 2
    assert capsys.readouterr().err.startswith(f"Le dossier {tmp_path} ne contient aucun scénario")

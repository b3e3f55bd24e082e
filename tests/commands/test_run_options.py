"""What a target says itself is not silently said otherwise beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

from recette.cli import main

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

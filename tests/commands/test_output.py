"""Whoever stops reading what is printed, or stops the command at once, loses nothing and sees no traceback."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from recette import cli


def test_a_reader_that_goes_away_costs_no_report(tmp_path: Path, scenarios_folder: Path) -> None:
    scenario = scenarios_folder / "15-15" / "partage-simple.yaml"
    command = [
        sys.executable,
        "-m",
        "recette.cli",
        "run",
        str(scenario),
        "--verbose",
        "--report",
        str(tmp_path / "r"),
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdout.readline()
        running.stdout.close()
        assert running.stderr.read() == b""
        assert running.wait(60) == 0
    written = {one.name for one in (tmp_path / "r").iterdir()}
    assert {"results.json", "report.html", "pv.pdf", "junit.xml", "seal.json"} <= written


@pytest.mark.parametrize(
    ("words", "code"),
    [(["faults"], 0), (["list", "--help"], 0), (["validate", "message.json", "--vhost", "15-15_v2.1"], 1)],
)
def test_whoever_reads_no_more_changes_no_exit_code(
    words: list[str], code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "message.json").write_text("{}", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    source, sink = os.pipe()
    os.close(source)
    with os.fdopen(sink, "w", encoding="utf-8") as unread:
        monkeypatch.setattr(sys, "stdout", unread)
        monkeypatch.setattr(sys, "stderr", unread)
        assert ended_with(words) == code


def ended_with(words: list[str]) -> object:
    try:
        return cli.main(words)
    except SystemExit as ended:
        return ended.code


def test_ctrl_c_before_the_command_begins_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(_: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "_module", interrupted)
    assert cli.main(["run"]) == 3
    assert capsys.readouterr().err == "Interrompu avant d'avoir commencé.\n"


def test_a_secret_that_is_no_text_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "cible.yaml"
    target.write_text(
        """broker: amqp://127.0.0.1:1
vhost: 15-15_v1.5
editor: {id: fr.health.samu991, role: LRM}
partners: [{id: fr.health.samu992, role: LRM, password_env: MDP_ILLISIBLE}]
driver: {kind: http, url: "http://127.0.0.1:1/agir"}
""",
        encoding="utf-8",
    )
    os.environb[b"MDP_ILLISIBLE"] = b"\xe9"
    try:
        assert cli.main(["run", "--target", str(target), "--report", str(tmp_path / "r")]) == 2
    finally:
        del os.environb[b"MDP_ILLISIBLE"]
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "cible.yaml:4:" in said
    assert "n'est pas en UTF-8" in said

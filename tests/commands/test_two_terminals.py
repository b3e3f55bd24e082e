"""A hub in one terminal, the run in another: what the hub saw is judged, and its refusals are told live."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from recette.cli import main
from recette.journal.reader import read_journal

PASSWORD = "mot-de-passe-d-essai"


@contextmanager
def sandbox(target: Path, *options: str) -> Iterator[subprocess.Popen[str]]:
    """`recette sandbox` with a reference editor, ready, and its target written."""
    command = [
        sys.executable,
        "-m",
        "recette.cli",
        "sandbox",
        "--editor",
        "LRM",
        "--write-target",
        str(target),
        *options,
    ]
    env = {**os.environ, "RECETTE_SANDBOX_PASSWORD": PASSWORD}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=env) as running:
        assert running.stdout is not None
        for line in running.stdout:
            if "cible écrite" in line:
                break
        try:
            yield running
        finally:
            running.send_signal(signal.SIGINT)
            running.wait(60)


@pytest.fixture(scope="module")
def faultless(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The target file of a sandbox whose editor has no fault, one for the module."""
    target = tmp_path_factory.mktemp("sandbox") / "cible.yaml"
    with sandbox(target):
        yield target.read_text(encoding="utf-8")


def played(target: Path, report: Path, monkeypatch: pytest.MonkeyPatch, *names: str) -> int:
    monkeypatch.setenv("RECETTE_SANDBOX_PASSWORD", PASSWORD)
    return main(["run", *names, "--target", str(target), "--report", str(report)])


def test_what_the_hub_saw_is_judged(faultless: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "cible.yaml"
    target.write_text(faultless, encoding="utf-8")
    names = ("15-15-partage-simple", "palier-2-acquittement-technique")
    assert "observation: {port:" in faultless
    assert "\nvhost: 15-15_v2.1\n" in faultless  # the newest, where none was asked for
    assert played(target, tmp_path / "r", monkeypatch, *names) == 0
    document = json.loads((tmp_path / "r" / "results.json").read_text(encoding="utf-8"))
    assert [one["requirement"] for one in document["not_observed"]] == ["TR-15"]
    journal = read_journal(tmp_path / "r" / "journal.jsonl")
    assert journal.header.hub_observed
    assert PASSWORD not in (tmp_path / "r" / "journal.jsonl").read_text(encoding="utf-8")


def test_what_was_seen_once_is_known_to_the_next_campaign(
    faultless: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A connection's first basic.ack is told once: whoever listens later must not take it for none."""
    target = tmp_path / "cible.yaml"
    target.write_text(faultless, encoding="utf-8")
    for number in (1, 2):
        report = tmp_path / str(number)
        names = ("palier-2-acquittement-technique", "--strict", "TR-13")
        assert played(target, report, monkeypatch, *names) == 0
        document = json.loads((report / "results.json").read_text(encoding="utf-8"))
        assert [one["findings"] for one in document["scenarios"]] == [[]]


def test_what_only_the_broker_sees_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "cible.yaml"
    with sandbox(target, "--fault", "lit-en-acquittement-automatique"):
        assert played(target, tmp_path / "r", monkeypatch, "palier-2-acquittement-technique") == 1
    document = json.loads((tmp_path / "r" / "results.json").read_text(encoding="utf-8"))
    assert [one["rule"] for one in document["scenarios"][0]["findings"]] == ["TR-13"]


def test_refusals_are_told_live_with_their_cause(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "cible.yaml"
    with sandbox(target, "--fault", "code-hors-liste") as running:
        assert played(target, tmp_path / "r", monkeypatch, "15-15-partage-simple") == 1
        running.send_signal(signal.SIGINT)
        assert running.stdout is not None
        said = running.stdout.read()
    assert re.search(
        r"! 15-15_v\S+ : refusé \(\d{3}\), un message de fr\.health\.samu991 \(fr\.health\.samu991_", said
    )
    assert "son rapport est sur fr.health.samu991.info : " in said


def test_without_the_observation_it_is_said_what_was_not_seen(
    faultless: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "cible.yaml"
    target.write_text(re.sub(r"observation: .*\n", "", faultless), encoding="utf-8")
    assert played(target, tmp_path / "r", monkeypatch, "palier-2-acquittement-technique") == 3
    document = json.loads((tmp_path / "r" / "results.json").read_text(encoding="utf-8"))
    unseen = {one["requirement"] for one in document["not_observed"]}
    assert unseen == {"TR-07", "TR-12", "TR-13", "TR-14", "TR-15", "TR-16"}


def test_a_hub_that_stops_telling_ends_the_run(
    faultless: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "cible.yaml"
    text = re.sub(r"port: \d+, password_env", "port: 1, password_env", faultless)
    target.write_text(text, encoding="utf-8")
    assert played(target, tmp_path / "r", monkeypatch, "15-15-partage-simple") == 3
    assert "L'observation du hub (127.0.0.1:1) ne répond pas" in capsys.readouterr().err

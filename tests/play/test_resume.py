"""A run that was cut off goes on in its journal, without playing again what was played."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from recette.cli import main
from recette.journal.events import RunResumed, ScenarioEnded, ScenarioStarted
from recette.journal.reader import read_journal
from recette.judge.judging import judge
from tests.play.conftest import Starts, findings

PLAYED = ("15-15-ressource-acceptee", "--vhost", "15-15_v1.5", "--jobs", "1")


def interrupted(folder: Path, at: str, *arguments: str, cwd: Path) -> str:
    """Ctrl-C once `at` is shown; returns what was said on the error output."""
    command = [sys.executable, "-m", "recette.cli", "run", *arguments, "--report", str(folder)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=cwd, stdout=pipe, stderr=pipe, text=True) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        while at not in running.stdout.readline():
            assert running.poll() is None
        running.send_signal(signal.SIGINT)
        assert running.wait(60) == 3
        return running.stderr.read()


@pytest.fixture(scope="module")
def cut_off(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The folder of a run that was interrupted in its last play, and what it said."""
    cwd = tmp_path_factory.mktemp("cut-off")
    folder = cwd / "rapport"
    return folder, interrupted(folder, "@sollicite", *PLAYED, "--fault", "muet", cwd=cwd)


def names(folder: Path, kind: type[ScenarioStarted | ScenarioEnded]) -> list[str]:
    return [
        one.event.scenario
        for one in read_journal(folder / "journal.jsonl").entries
        if isinstance(one.event, kind)
    ]


def test_a_run_goes_on_after_ctrl_c(
    cut_off: tuple[Path, str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    left, said = cut_off
    assert f"recette run --resume {left}" in said
    assert "Traceback" not in said
    folder = tmp_path / "rapport"
    shutil.copytree(left, folder)
    before = (folder / "journal.jsonl").read_bytes()
    finished = names(folder, ScenarioEnded)
    with (folder / "journal.jsonl").open("ab") as file:
        file.write(b'{"n":999,"at":"2026')
    elsewhere = tmp_path / "ailleurs"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    assert main(["run", "--resume", str(folder)]) == 1
    after = (folder / "journal.jsonl").read_bytes()
    assert after.startswith(before)
    recorded = read_journal(folder / "journal.jsonl")
    assert recorded.complete
    assert not recorded.defects
    [resumed] = [one.event for one in recorded.entries if isinstance(one.event, RunResumed)]
    assert resumed.dropped == len(b'{"n":999,"at":"2026')
    assert set(finished).isdisjoint(resumed.remaining)
    assert sorted(names(folder, ScenarioEnded)) == sorted([*finished, *resumed.remaining])
    assert all(names(folder, ScenarioStarted).count(name) == 1 for name in finished)
    times = [one.elapsed for one in recorded.entries]
    assert times == sorted(times)
    judgement = judge(recorded)
    assert [one.id.partition("@")[2] for one in judgement.scenarios] == ["origine", "sollicite"]
    assert [one.verdict for one in judgement.scenarios] == ["pass", "fail"]
    assert any("interrompu, puis rejoué" in note for note in judgement.notes)
    assert main(["judge", str(folder)]) == 1
    assert main(["run", "--resume", str(folder)]) == 2
    assert "allée à son terme" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            lambda text: text.replace(b'"kind":"step-opened"', b'"kind":"step-closed"', 1),
            "n'est plus ce qui a été écrit",
        ),
        (lambda text: b"", "n'est pas un journal"),
    ],
)
def test_only_what_was_written_goes_on(
    cut_off: tuple[Path, str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    change: object,
    said: str,
) -> None:
    shutil.copytree(cut_off[0], tmp_path, dirs_exist_ok=True)
    path = tmp_path / "journal.jsonl"
    assert callable(change)
    path.write_bytes(change(path.read_bytes()))
    assert main(["run", "--resume", str(tmp_path)]) == 2
    assert said in capsys.readouterr().err


def test_another_command_is_not_the_same_run(
    cut_off: tuple[Path, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(cut_off[0], tmp_path, dirs_exist_ok=True)
    assert main(["run", "15-15-partage-simple", "--resume", str(tmp_path)]) == 2
    assert "ôtez les scénarios." in capsys.readouterr().err
    assert main(["run", "--resume", str(tmp_path / "nulle-part")]) == 2


def test_an_operator_goes_on_another_day(starts: Starts) -> None:
    driver = "{kind: operator, name: Zoé Essai, patience: 60}"
    person = starts("15-15-partage-simple", driver=driver)
    person.sees("En attente : RS-EDA de votre logiciel")
    person.acts()
    person.sees("En attente : RS-EDA-MAJ de votre logiciel")
    person.types("q")
    assert person.leaves() == 3
    assert "recette run --resume" in person.seen
    later = starts(driver=driver, resume=True)
    later.sees("En attente : RS-EDA de votre logiciel")
    later.acts()
    later.sees("En attente : RS-EDA-MAJ de votre logiciel")
    later.acts()
    later.sees("En attente : l'acquittement de votre logiciel")
    assert later.leaves() == 0
    assert findings(later.folder) == []
    document = json.loads((later.folder / "results.json").read_text(encoding="utf-8"))
    assert [one["verdict"] for one in document["scenarios"]] == ["pass", "pass"]


def test_a_changed_target_is_not_the_same_run(starts: Starts) -> None:
    person = starts("15-15-partage-simple", driver="{kind: operator, name: Zoé Essai, patience: 60}")
    person.sees("En attente : RS-EDA de votre logiciel")
    person.types("\x04")
    assert person.leaves() == 3
    later = starts(driver="{kind: command, command: 'true'}", resume=True)
    assert later.leaves() == 2
    assert "le pilote ont changé" in later.seen

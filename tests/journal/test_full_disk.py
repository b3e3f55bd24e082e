"""A disk that fills up while a run is journaled: the run ends there, in one sentence, and what is written is readable."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from recette.cli import main
from recette.journal.reader import read_journal

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("kilobytes", [40, 41])
def test_a_full_disk_ends_the_run_in_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], kilobytes: int
) -> None:
    limited = ["sh", "-c", f'ulimit -f {kilobytes * 2}; exec "$@"', "sh"]  # in blocks of 512 bytes
    command = [sys.executable, "-m", "recette.cli", "run", "15-15-partage-simple", "--report", str(tmp_path)]
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    ended = subprocess.run(
        [*limited, *command], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60
    )
    assert ended.returncode == 3, ended.stderr
    said, hint = ended.stderr.splitlines()  # the cause, then how to go on
    assert "ne peut plus être écrit (le fichier dépasse la taille permise) : libérez de la place." in said
    assert f"recette run --resume {tmp_path}" in hint
    journal = read_journal(tmp_path / "journal.jsonl")
    assert not journal.complete
    assert not journal.altered
    assert journal.entries
    assert main(["judge", str(tmp_path)]) == 3
    assert "interrompue" in capsys.readouterr().out
    assert main(["run", "--resume", str(tmp_path)]) == 0  # there is room again


def test_a_journal_that_cannot_be_begun_is_the_users_to_correct(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    assert main(["run", "15-15-partage-simple", "--report", str(tmp_path / "file")]) == 2

"""Two consoles over one folder of runs: the second says where the first is."""

from __future__ import annotations

from pathlib import Path

import pytest

from recette.cli import main
from recette.console.alone import TakenError, alone


def test_the_second_says_where_the_first_answers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    reports = tmp_path / "campagnes"
    with alone(reports) as tell:
        tell("http://127.0.0.1:8123")
        assert main(["console", "--no-open", "--reports", str(reports)]) == 2
        told = capsys.readouterr()
        assert "Une console a déjà" in told.err
        assert "http://127.0.0.1:8123" in told.err
        assert "--reports" in told.err
        assert "jeton=" not in told.err + told.out
    with (
        alone(reports),
        pytest.raises(TakenError, match=r"127\.0\.0\.1:8123"),
    ):
        alone(reports).__enter__()


def test_a_lock_that_is_a_link_is_not_written_through(tmp_path: Path) -> None:
    mine = tmp_path / "à moi"
    mine.write_text("à moi", encoding="utf-8")
    (tmp_path / "campagnes").mkdir()
    (tmp_path / "campagnes" / ".console.lock").symlink_to(mine)
    with pytest.raises(OSError, match=r"console\.lock"), alone(tmp_path / "campagnes") as tell:
        tell("http://127.0.0.1:1")
    assert mine.read_text(encoding="utf-8") == "à moi"


def test_what_another_wrote_into_the_lock_does_not_steer_the_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with alone(tmp_path) as tell:
        tell("\x1b[2J\u202e" + "x" * 5_000)
        assert main(["console", "--no-open", "--reports", str(tmp_path)]) == 2
    told = capsys.readouterr().err
    assert "\x1b" not in told
    assert len(told) < 600

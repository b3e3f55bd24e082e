"""What is left to be played: what failed before, and what is not left out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from recette.cli import main

PLAY = "15-15-partage-simple"


def played(folder: Path) -> list[str]:
    results = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    return [one["id"] for one in results["scenarios"]]


def test_what_failed_is_played_again_and_nothing_else(tmp_path: Path) -> None:
    first = ["run", f"{PLAY}.g1", "--fault", "sans-acquittement", "--report", str(tmp_path / "a")]
    assert main(first) == 1
    assert played(tmp_path / "a") == [f"{PLAY}.g1@origine", f"{PLAY}.g1@destinataire"]
    assert main(["run", "--failed", str(tmp_path / "a"), "--report", str(tmp_path / "b")]) == 0
    assert played(tmp_path / "b") == [f"{PLAY}.g1@destinataire"]


def test_what_failed_between_editors_is_played_again_by_all_of_them(tmp_path: Path) -> None:
    first, both = tmp_path / "a", ["--between", "--reports"]
    assert main(["run", f"{PLAY}.g1", *both, "--report", str(first)]) == 0
    results = json.loads((first / "results.json").read_text(encoding="utf-8"))
    results["scenarios"][0]["verdict"] = "fail"
    (first / "results.json").write_text(json.dumps(results), encoding="utf-8", newline="\n")
    assert main(["run", *both, "--failed", str(first), "--report", str(tmp_path / "b")]) == 0
    assert played(tmp_path / "b") == played(first)
    assert all("=" in one for one in played(first))


def test_what_is_left_out_is_not_played(tmp_path: Path) -> None:
    assert (
        main(
            [
                "run",
                PLAY,
                "--exclude",
                f"{PLAY}.g2",
                f"{PLAY}.g3",
                f"{PLAY}@origine",
                "--report",
                str(tmp_path),
            ]
        )
        == 0
    )
    assert played(tmp_path) == [f"{PLAY}.g1@destinataire"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--failed", "absente"], "absente"),
        ([PLAY, "--exclude", PLAY], "rien laissé"),
        ([PLAY, "--exclude", "inconnu"], "n'existe pas"),
        ([PLAY, "--failed", "x"], "ôtez les scénarios"),
    ],
)
def test_what_cannot_be_is_one_sentence(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", *arguments]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1

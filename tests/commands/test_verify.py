"""recette run --sign, verify, sign and redact as a user meets them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from recette.cli import main
from tests.proof.conftest import key_files, recorded, run

__all__ = ["key_files", "recorded", "run"]
ROOT = Path(__file__).parents[2]


def test_a_signed_run_verifies_and_its_redacted_copy_too(
    key_files: dict[str, Path],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(ROOT)
    played, copy = str(tmp_path / "run"), str(tmp_path / "copy")
    private, public, other = (str(key_files[name]) for name in ("private", "public", "other"))
    assert (
        main(["run", "15-15-partage-simple", "--vhost", "15-15_v1.5", "--sign", private, "--report", played])
        == 0
    )
    assert main(["verify", played, "--key", public]) == 0
    assert "OUI : tout est tel que signé" in capsys.readouterr().out
    assert main(["verify", played, "--key", other]) == 1
    assert main(["redact", played, "--out", copy]) == 0
    capsys.readouterr()
    assert main(["verify", copy, "--key", public, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["holds"] is True
    assert document["redacted"] is True
    assert main(["judge", copy]) == 2
    assert "expurgé" in capsys.readouterr().err
    assert main(["redact", played, "--out", copy]) == 2
    assert "n'est pas vide" in capsys.readouterr().err
    assert main(["redact", copy, "--out", str(tmp_path / "again")]) == 2
    assert main(["sign", copy, "--key", private]) == 2


def test_what_was_changed_is_neither_signed_nor_copied(
    run: Path, key_files: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["sign", str(run), "--key", str(key_files["private"])]) == 0
    assert main(["verify", str(run), "--key", str(key_files["public"])]) == 0
    (run / "junit.xml").write_text("<testsuite/>")
    capsys.readouterr()
    assert main(["verify", str(run)]) == 1
    assert "CHANGÉ  junit.xml, ligne 1, octet 2" in capsys.readouterr().out
    assert main(["sign", str(run), "--key", str(key_files["private"])]) == 1
    assert "Rien n'est signé." in capsys.readouterr().err
    assert main(["redact", str(run), "--out", str(tmp_path / "copy")]) == 1
    assert not (tmp_path / "copy").exists()


def test_unusable_is_2(tmp_path: Path, key_files: dict[str, Path]) -> None:
    assert main(["verify", str(tmp_path)]) == 2
    assert main(["verify", str(tmp_path), "--key", str(key_files["private"])]) == 2


def test_reports_that_are_rendered_again_verify_where_they_are_written(
    run: Path, key_files: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    public = ["--key", str(key_files["public"])]
    assert main(["sign", str(run), "--key", str(key_files["private"])]) == 0
    assert main(["report", str(run)]) == 0
    assert main(["verify", str(run), *public]) == 0
    assert main(["report", str(run), "--out", str(tmp_path / "out")]) == 0
    assert main(["verify", str(tmp_path / "out"), *public]) == 0
    for module in ("recette.commands.report.build", "recette.report.provenance.build"):
        monkeypatch.setattr(module, lambda: "autre")
    assert main(["report", str(run)]) == 3, "the signature would be lost"
    assert main(["report", str(run), "--out", str(tmp_path / "later")]) == 0
    assert main(["verify", str(tmp_path / "later")]) == 0
    assert main(["verify", str(run), *public]) == 0

"""recette matrix and report over recorded runs."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from recette.cli import main
from tests.proof.conftest import key_files, recorded, run

__all__ = ["key_files", "recorded", "run"]


def test_the_matrix_is_told_and_written(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["matrix", str(run)]) == 0
    assert "15-15_v1.5 (génération 1, édition 1.3.0)" in capsys.readouterr().out
    html, table = tmp_path / "m.html", tmp_path / "m.csv"
    assert main(["matrix", str(run), str(run), "--html", str(html), "--csv", str(table)]) == 0
    assert "RS-EDA" in html.read_text(encoding="utf-8")
    assert table.read_bytes().startswith(b"\xef\xbb\xbfvhost;generation;")
    capsys.readouterr()
    assert main(["matrix", str(run), "--json"]) == 0
    (told,) = json.loads(capsys.readouterr().out)
    assert (told["vhost"], told["generation"], told["edition"]) == ("15-15_v1.5", "1", "1.3.0")
    cells = [one for row in told["rows"] for one in row["messages"]]
    assert {"RS-EDA"} <= {one["model"] for one in cells}
    assert {one["verdict"] for one in cells} == {"fail", "none", "pass"}
    assert all(one["date"] and one["run"] for one in cells)
    assert main(["matrix", str(tmp_path)]) == 2


def test_reports_are_rendered_again_to_the_byte(run: Path, tmp_path: Path) -> None:
    before = {one.relative_to(run): one.read_bytes() for one in run.rglob("*") if one.is_file()}
    out = tmp_path / "out"
    assert main(["report", str(run), "--out", str(out)]) == 0
    for path, content in before.items():
        if path.name != "journal.jsonl":
            assert (out / path).read_bytes() == content
    assert (out / "pv.pdf").read_bytes().startswith(b"%PDF")


def test_several_runs_have_a_folder_each_and_none_is_overwritten(run: Path, tmp_path: Path) -> None:
    other = shutil.copytree(run, tmp_path / "other")
    out = tmp_path / "out"
    assert main(["report", str(run), str(other), "--out", str(out)]) == 0
    assert (out / "run" / "report.html").exists()
    assert (out / "other" / "report.html").exists()
    assert main(["report", str(run), str(other), "--out", str(out)]) == 2


def test_a_changed_journal_is_not_rendered(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    journal = run / "journal.jsonl"
    journal.write_bytes(journal.read_bytes().replace(b'"ms":', b'"ms":1', 1))
    assert main(["report", str(run), "--out", str(tmp_path / "out")]) == 3
    assert "ligne 1" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_run_that_was_cut_off_is_left_out_and_said_so(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cut = tmp_path / "coupée"
    cut.mkdir()
    (cut / "journal.jsonl").write_bytes((run / "journal.jsonl").read_bytes()[:2000])
    assert main(["matrix", str(run), str(cut)]) == 0
    said = capsys.readouterr()
    assert "15-15_v1.5 (génération 1, édition 1.3.0)" in said.out
    assert f"{cut} : campagne interrompue, sans résultats ; elle est laissée de côté." in said.err
    assert main(["matrix", str(cut)]) == 2


def test_a_folder_that_is_no_run_is_left_out_and_said_so(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    empty, broken = tmp_path / "vide", tmp_path / "abîmée"
    empty.mkdir()
    broken.mkdir()
    (broken / "results.json").write_text("{}", encoding="utf-8", newline="\n")
    assert main(["matrix", str(empty), str(broken), str(run)]) == 0
    said = capsys.readouterr()
    assert "15-15_v1.5 (génération 1, édition 1.3.0)" in said.out
    assert f"{empty} : ni journal ni résultats" in said.err
    assert f"{broken / 'results.json'} n'est pas un results.json de cette version" in said.err
    assert main(["matrix", str(empty)]) == 2
    assert main(["matrix", str(run), str(tmp_path / "nulle-part")]) == 2

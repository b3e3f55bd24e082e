"""A run's folder comes from somebody else: what is written into it stays in it."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from recette.cli import main
from recette.journal.codec import ORIGIN, encode
from recette.journal.reader import read_journal
from recette.proof.verification import verify


@pytest.fixture
def elsewhere(run: Path, tmp_path: Path) -> Iterator[Path]:
    """Files of the reader's own, to which every file of the run is a link; nobody has written into them in the end."""
    own = tmp_path / "own"
    reports = [
        path
        for path in run.rglob("*")
        if path.is_file() and path.name not in {"journal.jsonl", "results.json"}
    ]
    for path in reports:
        mine = own / path.relative_to(run)
        mine.parent.mkdir(parents=True, exist_ok=True)
        mine.write_text("à moi", encoding="utf-8")
        path.unlink()
        path.symlink_to(mine)
    yield own
    assert {one.read_text(encoding="utf-8") for one in own.rglob("*") if one.is_file()} == {"à moi"}
    assert len([one for one in own.rglob("*") if one.is_file()]) == len(reports)


def test_reports_that_are_links_give_way(run: Path, elsewhere: Path) -> None:
    assert main(["report", str(run)]) == 0
    assert not [one for one in run.rglob("*") if one.is_symlink()]
    assert verify(run).holds


def test_a_folder_of_reports_that_is_a_link_gives_way(run: Path, elsewhere: Path) -> None:
    shutil.rmtree(run / "allure")
    (run / "allure").symlink_to(elsewhere)
    assert main(["report", str(run)]) == 0
    assert verify(run).holds


def test_the_reports_of_another_folder_give_way_too(run: Path, elsewhere: Path, tmp_path: Path) -> None:
    """A seal that never ends is not brought along."""
    out = tmp_path / "out"
    shutil.copytree(run, out, symlinks=True)
    for name in ("seal.json", "report.html"):
        (run / name).unlink()
    (run / "seal.json").symlink_to("/dev/zero")
    os.mkfifo(run / "report.html")
    assert main(["report", str(run), "--out", str(out)]) == 0
    assert verify(out).holds


def test_a_signature_is_written_beside_what_a_link_leads_to(
    run: Path, tmp_path: Path, key_files: dict[str, Path]
) -> None:
    sealed = tmp_path / "seal.json"
    shutil.move(run / "seal.json", sealed)
    (run / "seal.json").symlink_to(sealed)
    before = sealed.read_bytes()
    main(["sign", str(run), "--key", str(key_files["private"])])
    assert sealed.read_bytes() == before


@pytest.mark.parametrize("at", ["9999-12-31T23:59:59.999999-23:59", "0001-01-01T00:00:00+23:59", "hier"])
def test_a_time_that_no_clock_shows_is_no_defect(
    run: Path, at: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """In the journal, whose chain whoever wrote it made whole again, and in the results."""
    whole = (run / "results.json").read_bytes()
    document = json.loads(whole)
    document["started"] = at
    (run / "results.json").write_text(json.dumps(document), encoding="utf-8")
    assert main(["diff", str(run), str(run), "--html", str(run / "d.html")]) == 2
    assert "n'est pas un results.json" in capsys.readouterr().err
    previous, lines = ORIGIN, []
    for entry in read_journal(run / "journal.jsonl").entries:
        line, previous = encode(replace(entry, at=at), previous)
        lines.append(line + b"\n")
    (run / "journal.jsonl").write_bytes(b"".join(lines))
    assert main(["report", str(run)]) == 2
    assert "ne dit pas quand" in capsys.readouterr().err


def test_half_a_character_in_a_seal_is_no_defect(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document = json.loads((run / "seal.json").read_bytes())
    document["statement"]["run"] = "\ud800"
    (run / "seal.json").write_text(json.dumps(document), encoding="utf-8")
    assert main(["verify", str(run)]) == 1
    assert "il n'est pas écrit comme recette l'écrit" in capsys.readouterr().out


def test_a_journal_that_is_brought_to_itself_stays(run: Path, tmp_path: Path) -> None:
    """By a link to it, or from it to a folder that has a link to it."""
    before = (run / "journal.jsonl").read_bytes()
    aside = tmp_path / "aside"
    aside.mkdir()
    (aside / "journal.jsonl").symlink_to(run / "journal.jsonl")
    assert main(["report", str(aside / "journal.jsonl"), "--out", str(run)]) == 0
    assert main(["report", str(run), "--out", str(aside)]) == 0
    assert not (aside / "journal.jsonl").is_symlink()
    assert (run / "journal.jsonl").read_bytes() == (aside / "journal.jsonl").read_bytes() == before
    assert verify(run).holds
    assert verify(aside).holds

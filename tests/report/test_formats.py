"""A form of report is one module that declares itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from recette.report.formats import formats, report_format
from recette.report.story import Story, tell
from recette.report.writing import write_all
from tests.report.conftest import Recorded


def test_a_module_that_declares_a_form_is_all_that_it_takes(
    conformant: Recorded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = formats()
    monkeypatch.setattr("recette.report.formats._DECLARED", dict(known))

    @report_format("verdict.txt")
    def write(story: Story, folder: Path) -> Path:
        path = folder / "verdict.txt"
        path.write_text(story.judgement.verdict, encoding="utf-8")
        return path

    write_all(tell(conformant.journal), tmp_path)
    assert (tmp_path / "verdict.txt").read_text(encoding="utf-8") == "pass"
    assert {*known, "verdict.txt", "seal.json"} == {one.name for one in tmp_path.iterdir()}
    assert '"verdict.txt"' in (tmp_path / "seal.json").read_text(encoding="utf-8")


def test_two_modules_do_not_write_one_form() -> None:
    assert "report.html" in formats()
    with pytest.raises(ValueError, match=r"report\.html"):
        report_format("report.html")(lambda _story, folder: folder)


def test_the_results_are_there_before_the_rest(conformant: Recorded, tmp_path: Path) -> None:
    there: list[list[str]] = []
    write_all(
        tell(conformant.journal),
        tmp_path,
        once_results=lambda: there.append([one.name for one in tmp_path.iterdir()]),
    )
    assert there == [["results.json"]]


@pytest.mark.parametrize("heavy", [True, False])
def test_what_a_form_cannot_write_is_raised(
    conformant: Recorded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, heavy: bool
) -> None:
    monkeypatch.setattr("recette.report.formats._DECLARED", dict(formats()))

    @report_format("full.txt", heavy=heavy)
    def write(story: Story, folder: Path) -> Path:
        raise OSError(28, "no space left", str(folder / "full.txt"))

    with pytest.raises(OSError, match="no space left"):
        write_all(tell(conformant.journal), tmp_path, {"full.txt", "junit.xml"})
    assert (tmp_path / "junit.xml").exists() is heavy
    assert not (tmp_path / "seal.json").exists()


def test_what_is_not_wanted_is_not_made(conformant: Recorded, tmp_path: Path) -> None:
    assert write_all(tell(conformant.journal), tmp_path, {"junit.xml"}) == [
        "junit.xml",
        "results.json",
        "seal.json",
    ]
    assert {one.name for one in tmp_path.iterdir()} == {"junit.xml", "results.json", "seal.json"}

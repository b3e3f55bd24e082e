"""Names of files, identities and texts of a hub: a terminal, a spreadsheet and a CI show them and obey nothing."""

from __future__ import annotations

import csv
import json
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from recette.cli import main
from recette.journal.events import Event, RunStarted, Trouble
from recette.journal.reader import read_journal
from recette.report.story import tell
from recette.report.writing import write_all
from tests.journal.rewriting import rewrite
from tests.proof.conftest import recorded, run

__all__ = ["recorded", "run"]
EVIL = "a\u202eb\x1b]0;titre\x07\x1b[2J\x9b31m\u2066\u200b\rOUI : conforme\u2028c"
STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")


def named(name: str) -> Callable[[Event], Event]:
    def changed(event: Event) -> Event:
        if isinstance(event, RunStarted):
            return replace(event, identity={"pilot": name, "vendor": f"={name}", "product": name})
        return event

    return changed


@pytest.mark.parametrize("words", [["matrix"], ["diff"], ["judge", "--verbose"], ["verify"], ["report"]])
def test_a_terminal_obeys_nothing(
    words: list[str], run: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(Path(__file__).parents[2])
    rewrite(run, named(EVIL))
    write_all(tell(read_journal(run / "journal.jsonl")), run)
    evil = Path(shutil.copytree(run, run.parent / EVIL.replace("/", "")))
    main([*words, str(evil), *([str(run)] if words[0] == "diff" else [])])
    told = "".join(capsys.readouterr())
    assert told
    assert not STEERING.search(told)


@pytest.mark.parametrize(
    "words",
    [
        ["validate", "--vhost", "15-15_v1.5"],
        ["run"],
        ["lint"],
        ["run", "--target"],
        ["judge"],
        ["verify"],
        ["import", "--out", "x"],
        ["models", "check", "--bundle"],
        ["sign", "--key"],
    ],
)
@pytest.mark.parametrize("there", [True, False])
def test_a_name_of_a_file_is_shown_as_it_is(
    words: list[str], there: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / f"{EVIL}.json"
    if there:
        path.write_text('{"resourcesResponse": {}}', encoding="utf-8")
    more = [str(tmp_path)] if words[0] == "sign" else []
    assert main([*words, str(path), *more]) in {1, 2}
    told = "".join(capsys.readouterr())
    assert "\\u202eb\\u001b" in told
    assert not STEERING.search(told)


def test_a_new_line_in_a_name_makes_no_line_of_its_own(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.json\nvalide   b.json").write_text("{", encoding="utf-8")
    assert main(["validate", str(tmp_path), "--vhost", "15-15_v1.5"]) == 1
    assert not any(one.startswith("valide") for one in capsys.readouterr().out.splitlines())
    (tmp_path / "c.yaml\nc.yaml:1:1: tout va bien").write_text("[", encoding="utf-8")
    assert main(["lint", *map(str, tmp_path.glob("c.yaml*"))]) == 1
    assert not any(one.startswith("c.yaml") for one in capsys.readouterr().out.splitlines())


def test_a_spreadsheet_and_a_ci_get_it_as_it_is(run: Path, tmp_path: Path) -> None:
    def troubled(event: Event) -> Event:
        event = named(f"{EVIL}\nx;y")(event)
        return replace(event, text=EVIL) if isinstance(event, Trouble) else event

    rewrite(run, troubled)
    write_all(tell(read_journal(run / "journal.jsonl")), run)
    assert main(["matrix", str(run), "--csv", str(tmp_path / "m.csv")]) == 0
    text = (tmp_path / "m.csv").read_text(encoding="utf-8-sig")
    assert not STEERING.search(text)
    rows = list(csv.reader(text.splitlines(), delimiter=";"))
    assert {len(row) for row in rows} == {len(rows[0])}
    assert not any(cell.startswith("=") for row in rows for cell in row)
    junit = (run / "junit.xml").read_text(encoding="utf-8")
    assert not STEERING.search(junit)
    assert ET.fromstring(junit.encode()).tag == "testsuites"
    assert (
        json.loads((run / "results.json").read_text(encoding="utf-8"))["identity"]["pilot"] == f"{EVIL}\nx;y"
    )

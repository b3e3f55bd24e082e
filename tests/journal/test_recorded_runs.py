"""Runs recorded by earlier versions are judged as they were then, but for the differences that are listed."""

from __future__ import annotations

import json
import lzma
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest
import yaml

from recette.journal.reader import read_journal
from recette.judge.judging import judge
from recette.report.results import as_document

RECORDED = Path(__file__).parent / "recorded"
NAMES = sorted(one.name.removesuffix(".journal.jsonl.xz") for one in RECORDED.glob("*.journal.jsonl.xz"))
JUDGING_MACHINE = {"recette", "judged_by"}
"""Who judges is another today."""


@dataclass(frozen=True)
class Expected:
    """A difference that is wanted."""

    journal: str
    where: str
    reason: str

    def covers(self, journal: str, where: str) -> bool:
        return fnmatchcase(journal, self.journal) and fnmatchcase(where, self.where)


def expected() -> list[Expected]:
    entries = yaml.safe_load((RECORDED / "differences.yaml").read_text(encoding="utf-8"))
    return [Expected(**one) for one in entries]


@dataclass(frozen=True)
class Difference:
    where: str
    was: object
    now: object

    def __str__(self) -> str:
        return f"{self.where}: {self.was!r} -> {self.now!r}"


ABSENT = "(absent)"


def differences(was: Any, now: Any, where: str = "") -> Iterator[Difference]:
    """Whatever `was` says that `now` says differently; a field that only `now` has is none."""
    if isinstance(was, Mapping) and isinstance(now, Mapping):
        for name, value in was.items():
            yield from differences(value, now.get(name, ABSENT), f"{where}/{name}" if where else name)
    elif _is_rows(was) and _is_rows(now):
        before, after = _by_name(was), _by_name(now)
        for name in dict.fromkeys([*before, *after]):
            yield from differences(before.get(name, ABSENT), after.get(name, ABSENT), f"{where}/{name}")
    elif was != now:
        yield Difference(where, was, now)


def _is_rows(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, Mapping) for one in value)


def _by_name(rows: Iterable[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """Rows by what they are about; the second of the same name has a number."""
    found: dict[str, Mapping[str, Any]] = {}
    for row in rows:
        name = str(row["id"]) if "id" in row else f"{row['rule']}@{row['step']}#{row['event']}"
        same = sum(one == name or one.startswith(f"{name}~") for one in found)
        found[f"{name}~{same}" if same else name] = row
    return found


def of_recording(name: str, folder: Path) -> list[Difference]:
    path = folder / "journal.jsonl"
    path.write_bytes(lzma.decompress((RECORDED / f"{name}.journal.jsonl.xz").read_bytes()))
    was = json.loads(lzma.decompress((RECORDED / f"{name}.results.json.xz").read_bytes()))
    assert was["scenarios"], "a recording says something"
    journal = read_journal(path)
    now = json.loads(json.dumps(as_document(judge(journal), journal)))
    return list(differences({key: was[key] for key in was.keys() - JUDGING_MACHINE}, now))


@pytest.fixture(scope="module")
def found() -> dict[str, list[Difference]]:
    """The differences of every recording that was judged so far."""
    return {}


@pytest.mark.parametrize("name", NAMES)
def test_a_recorded_run_is_judged_as_it_was(
    name: str, tmp_path: Path, found: dict[str, list[Difference]]
) -> None:
    found[name] = of_recording(name, tmp_path)
    known = expected()
    unexpected = [one for one in found[name] if not any(each.covers(name, one.where) for each in known)]
    assert not unexpected, "\n".join(map(str, unexpected))


def test_each_expected_difference_is_there_and_has_its_reason(
    tmp_path: Path, found: dict[str, list[Difference]]
) -> None:
    for one in expected():
        names = [name for name in NAMES if fnmatchcase(name, one.journal)]
        for name in names:
            if name not in found:
                found[name] = of_recording(name, tmp_path)
        seen = [each.where for name in names for each in found[name]]
        assert any(fnmatchcase(where, one.where) for where in seen), f"{one} is not needed any more"
        assert len(one.reason) > 20, one


def test_the_comparison_sees_what_changes() -> None:
    finding = {"rule": "TR-07", "step": "a", "event": 3, "verdict": "fail"}
    was = {"verdict": "fail", "scenarios": [{"id": "x", "verdict": "fail", "findings": [finding]}]}
    now = {"verdict": "pass", "new": 1, "scenarios": [{"id": "x", "verdict": "pass", "findings": []}]}
    assert [one.where for one in differences(was, now)] == [
        "verdict",
        "scenarios/x/verdict",
        "scenarios/x/findings/TR-07@a#3",
    ]
    assert list(differences(was, {**was, "not_observed": []})) == []
    assert [one.where for one in differences(now, was)] == [
        "verdict",
        "new",
        "scenarios/x/verdict",
        "scenarios/x/findings/TR-07@a#3",
    ]

"""A journal that does not hold together is never judged as if it did."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from recette.campaign.campaign import play_at_home
from recette.campaign.options import Options
from recette.journal.codec import ORIGIN, encode, redacted
from recette.journal.events import Entry, Event, Received, ScenarioStarted, Sent, StepClosed, StepOpened
from recette.journal.reader import UnreadableJournalError, read_journal
from recette.judge.judging import judge
from recette.scenario.matching import Progress
from tests.cahier import of_the_cahier


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("run") / "journal.jsonl"
    scenarios = of_the_cahier("15-15-partage-simple")
    assert play_at_home(scenarios, (), path, Options(jobs=2)).verdict == "pass"
    return path


def _write(path: Path, entries: list[Entry]) -> Path:
    """A journal whose chain holds, whatever is in it."""
    previous = ORIGIN
    with path.open("wb") as file:
        for number, entry in enumerate(entries, start=1):
            line, previous = encode(replace(entry, number=number), previous)
            file.write(line + b"\n")
    return path


def test_a_changed_journal_is_an_error_and_says_where(played: Path, tmp_path: Path) -> None:
    lines = played.read_bytes().splitlines(keepends=True)
    changed = tmp_path / "journal.jsonl"
    changed.write_bytes(b"".join([*lines[:4], lines[4].replace(b'"ms":', b'"ms":1'), *lines[5:]]))
    judgement = judge(read_journal(changed))
    assert judgement.verdict == "error"
    assert judgement.scenarios == ()
    assert judgement.notes[1].startswith("Journal, ligne 5 :")


def test_events_of_a_scenario_that_never_began_are_refused(played: Path, tmp_path: Path) -> None:
    entries = list(read_journal(played).entries)
    start = next(at for at, one in enumerate(entries) if isinstance(one.event, ScenarioStarted))
    without = _write(tmp_path / "without.jsonl", entries[:start] + entries[start + 1 :])
    twice = _write(tmp_path / "twice.jsonl", [*entries[: start + 1], *entries[start:]])
    for path in (without, twice):
        journal = read_journal(path)
        assert journal.defects == ()
        with pytest.raises(UnreadableJournalError, match=r"Événement n° \d+ : il se rapporte"):
            judge(journal)


def test_a_redacted_journal_is_not_judged(played: Path, tmp_path: Path) -> None:
    copy = tmp_path / "journal.jsonl"
    copy.write_bytes(b"".join(redacted(line) + b"\n" for line in played.read_bytes().splitlines()))
    journal = read_journal(copy)
    assert journal.defects == ()
    assert journal.redacted
    with pytest.raises(UnreadableJournalError, match="expurgé"):
        judge(journal)


def test_a_run_that_left_out_a_planned_play_is_not_conformant(played: Path, tmp_path: Path) -> None:
    entries = list(read_journal(played).entries)
    left_out = read_journal(played).header.plan[-1]
    kept = [one for one in entries if getattr(one.event, "scenario", None) != left_out]
    assert len(kept) < len(entries)
    judgement = judge(read_journal(_write(tmp_path / "journal.jsonl", kept)))
    assert judgement.verdict == "inconc"
    assert {one.verdict for one in judgement.scenarios} == {"pass"}
    assert any("1 passage prévu" in note and left_out in note for note in judgement.notes)


def _changed(entries: list[Entry], kind: type[Event], change: dict[str, object]) -> list[Entry]:
    """The journal with its first event of that kind changed."""
    at = next(index for index, one in enumerate(entries) if isinstance(one.event, kind))
    event = replace(entries[at].event, **change)  # type: ignore[arg-type]
    return [*entries[:at], replace(entries[at], event=event), *entries[at + 1 :]]


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        (StepOpened, {"step": "une-etape-d-ailleurs"}),
        (StepClosed, {"step": "second-patient"}),  # which has not begun
        (Sent, {"step": "une-etape-d-ailleurs"}),
        (ScenarioStarted, {"editor": "un-acteur-d-ailleurs"}),
        (ScenarioStarted, {"clients": {}}),
        (ScenarioStarted, {"sources": {}}),
        (Received, {"client": "fr.health.ailleurs"}),
    ],
)
def test_an_event_about_nothing_that_the_journal_has_is_refused(
    played: Path, tmp_path: Path, kind: type[Event], change: dict[str, object]
) -> None:
    entries = _changed(list(read_journal(played).entries), kind, change)
    journal = read_journal(_write(tmp_path / "journal.jsonl", entries))
    assert journal.defects == ()
    with pytest.raises(UnreadableJournalError, match=r"Événement n° \d+ : il se rapporte"):
        judge(journal)


def test_a_defect_of_the_recette_is_no_defect_of_the_journal(
    played: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise KeyError("défaut")

    monkeypatch.setattr(Progress, "open", fails)
    with pytest.raises(KeyError, match="défaut"):
        judge(read_journal(played))

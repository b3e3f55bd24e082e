"""A run is judged while it is played: the same verdicts, told as soon as they are final."""

from __future__ import annotations

from pathlib import Path

import pytest

from recette.campaign.campaign import play_at_home
from recette.campaign.live_judge import LiveJudge
from recette.campaign.options import Options
from recette.journal.events import Entry, RunEnded, RunStarted, ScenarioEnded, ScenarioStarted
from recette.journal.reader import JournalReader, UnreadableJournalError, read_journal
from recette.journal.writer import JournalWriter
from recette.judge.judging import judge
from recette.judge.verdicts import ScenarioResult
from recette.play.target import Deadlines
from recette.report.audience import Audience
from recette.sandbox.faults import FAULTS
from recette.scenario.selection import select

CHOSEN = ("15-15-partage-simple", "15-15-ressource-refusee", "15-rpis-un-patient")


@pytest.fixture(scope="module")
def lines(scenarios_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    """A run with findings, line by line."""
    path = tmp_path_factory.mktemp("run") / "journal.jsonl"
    options = Options(
        misbehaviour=FAULTS["sans-acquittement"].misbehaviour,
        deadlines=Deadlines(ack=0.5, answer=1.0, quiet=0.05),
    )
    assert play_at_home(select(CHOSEN, scenarios_folder).scenarios, (), path, options).verdict == "fail"
    return path.read_bytes().splitlines(keepends=True)


def test_verdicts_are_told_while_other_plays_go_on(scenarios_folder: Path, tmp_path: Path) -> None:
    told: list[ScenarioResult] = []
    at_ends: list[int] = []

    def saw(entry: Entry) -> None:
        if isinstance(entry.event, ScenarioEnded):
            at_ends.append(len(told))

    path = tmp_path / "journal.jsonl"
    options = Options(deadlines=Deadlines(ack=5.0, answer=5.0, quiet=0.3))
    scenarios = select(CHOSEN, scenarios_folder).scenarios
    found = play_at_home(scenarios, (), path, options, Audience(saw, told.append))
    assert {one.id: one for one in told} == {one.id: one for one in found.scenarios}
    assert len(told) == len(at_ends)
    assert at_ends[-1] > 0  # each play ends with a silence, in which those before it are judged
    assert judge(read_journal(path)) == found


def test_a_journal_that_grows_is_judged_as_the_whole_is(lines: list[bytes], tmp_path: Path) -> None:
    path = tmp_path / "growing.jsonl"
    told: list[ScenarioResult] = []
    path.write_bytes(b"")
    with path.open("ab", buffering=0) as file, LiveJudge(path, told.append) as live:
        half_lines = [part for line in lines for part in (line[: len(line) // 2], line[len(line) // 2 :])]
        for part in half_lines:
            file.write(part)
            while live.turn():
                pass
        found = live.judgement()
    whole = judge(read_journal(path))
    assert found == whole
    assert {one.id for one in told} == {one.id for one in whole.scenarios}
    assert all(one in whole.scenarios for one in told)


def test_each_verdict_is_told_once_its_play_is_over(lines: list[bytes], tmp_path: Path) -> None:
    path = tmp_path / "growing.jsonl"
    path.write_bytes(b"")
    with JournalReader(path) as reader, path.open("ab", buffering=0) as file:
        told: list[ScenarioResult] = []
        over: set[str] = set()
        with LiveJudge(path, told.append) as live:
            for line in lines:
                file.write(line)
                over |= {
                    entry.event.scenario
                    for entry in reader.entries()
                    if isinstance(entry.event, ScenarioEnded)
                }
                while live.turn():
                    pass
                assert {one.id for one in told} <= over
            before_the_end = len(told)
            live.judgement()
    assert before_the_end == len(told) == len(over)


def test_an_altered_journal_proves_nothing_however_it_is_read(lines: list[bytes], tmp_path: Path) -> None:
    path = tmp_path / "altered.jsonl"
    path.write_bytes(b"".join(line for line in lines if b'"kind":"step-opened"' not in line))
    told: list[ScenarioResult] = []
    with LiveJudge(path, told.append) as live:
        found = live.judgement()
    assert found == judge(read_journal(path))
    assert (found.verdict, found.scenarios) == ("error", ())


def test_a_journal_that_contradicts_itself_disturbs_nobody_before_the_end(
    tmp_path: Path, lines: list[bytes]
) -> None:
    source = tmp_path / "source.jsonl"
    source.write_bytes(b"".join(lines))
    path = tmp_path / "contradicting.jsonl"
    writer = JournalWriter(path)
    for entry in read_journal(source).entries:
        if not isinstance(entry.event, ScenarioStarted | RunEnded):
            writer.write(entry.event)
    writer.close()
    with LiveJudge(path, lambda _: None) as live:
        while live.turn():
            pass
        with pytest.raises(UnreadableJournalError, match="se rapporte à ce que le journal ne connaît pas"):
            live.judgement()


def test_whoever_listens_badly_ends_no_play(lines: list[bytes], tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    path.write_bytes(b"".join(lines))

    def hang_up(_: ScenarioResult) -> None:
        raise BrokenPipeError

    with LiveJudge(path, hang_up) as live:
        while live.turn():
            pass
        with pytest.raises(BrokenPipeError):
            live.judgement()


def test_a_file_that_is_no_journal_is_said_to_be_none(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    path.write_text("bonjour\n", encoding="utf-8")
    with LiveJudge(path, lambda _: None) as live:
        while live.turn():
            pass
        with pytest.raises(UnreadableJournalError, match="aucune ligne lisible"):
            live.judgement()
    with pytest.raises(UnreadableJournalError, match="ne peut pas être lu"):
        LiveJudge(tmp_path / "absent.jsonl", lambda _: None)


def test_without_a_header_nothing_is_judged(lines: list[bytes], tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    source = tmp_path / "source.jsonl"
    source.write_bytes(b"".join(lines))
    writer = JournalWriter(path)
    for entry in read_journal(source).entries:
        if not isinstance(entry.event, RunStarted | RunEnded):
            writer.write(entry.event)
    writer.close()
    with LiveJudge(path, lambda _: None) as live, pytest.raises(UnreadableJournalError, match="en-tête"):
        live.judgement()

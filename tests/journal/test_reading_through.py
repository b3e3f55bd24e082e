"""A journal that is handed over while it is read: each entry once, and nothing of one that is not what was written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from recette.journal.codec import redacted
from recette.journal.events import Entry, RunStarted, Trouble
from recette.journal.reader import UnreadableJournalError, read_journal, read_through
from recette.journal.writer import JournalWriter

HEADER = RunStarted(
    run="run",
    recette="0",
    target="cible",
    targets=(),
    deadlines={},
    models={"source": "builtin"},
    hub_observed=True,
)


class Heard:
    def __init__(self, header: RunStarted, *, fails_at: int = 0) -> None:
        self.header, self.numbers, self._fails_at = header, list[int](), fails_at

    def take(self, entry: Entry) -> None:
        self.numbers.append(entry.number)
        if entry.number == self._fails_at:
            raise UnreadableJournalError("contradiction")


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    path = tmp_path / "journal.jsonl"
    writer = JournalWriter(path)
    for event in (HEADER, *(Trouble(where="harness", text=f"n° {number}") for number in range(2, 5))):
        writer.write(event)
    writer.close()
    return path


def changed(path: Path, place: int, change: Callable[[bytes], bytes]) -> Path:
    lines = path.read_bytes().splitlines()
    lines[place] = change(lines[place])
    path.write_bytes(b"\n".join(lines) + b"\n")
    return path


def test_each_entry_is_handed_over_once_and_in_order(journal: Path) -> None:
    read, heard = read_through(journal, Heard)
    assert heard.header == HEADER
    assert heard.numbers == [1, 2, 3, 4, 5]
    assert read.entries[2] == read_journal(journal).entries[2]
    assert replace(read, entries=()) == replace(read_journal(journal), entries=())


def test_what_the_taker_raises_counts_where_the_journal_is_what_was_written(journal: Path) -> None:
    with pytest.raises(UnreadableJournalError, match="contradiction"):
        read_through(journal, lambda header: Heard(header, fails_at=3))


@pytest.mark.parametrize("change", [lambda line: line.replace("n° 4".encode(), "n° 5".encode()), redacted])
def test_of_a_journal_that_is_not_it_does_not(journal: Path, change: Callable[[bytes], bytes]) -> None:
    read, heard = read_through(changed(journal, 3, change), lambda header: Heard(header, fails_at=3))
    assert read.altered or read.redacted
    assert heard.numbers == [1, 2, 3]


def test_nothing_is_handed_over_after_the_first_defect(journal: Path) -> None:
    read, heard = read_through(changed(journal, 2, lambda line: line[:-9] + line[-8:]), Heard)
    assert read.altered
    assert heard.numbers == [1, 2]


def test_a_journal_that_does_not_begin_with_its_header_is_none(journal: Path) -> None:
    journal.write_bytes(journal.read_bytes().partition(b"\n")[2])
    with pytest.raises(UnreadableJournalError, match="en-tête"):
        read_through(journal, Heard)

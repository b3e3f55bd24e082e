"""The journal: what is written is read back, and what was changed is found."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recette.journal.codec import ORIGIN, decode, encode, seal_of
from recette.journal.events import Entry, Received, Trouble
from recette.journal.reader import UnreadableJournalError, read_journal
from recette.journal.writer import JournalError, JournalWriter


def received(body: bytes, headers: dict[str, object] | None = None) -> Received:
    return Received(
        client="c",
        queue="c.message",
        routing_key="c.message",
        redelivered=False,
        content_type=None,
        delivery_mode=None,
        expiration=None,
        headers=headers or {},
        body=body,
    )


@given(st.binary(max_size=200), st.dictionaries(st.text(max_size=10), st.text(max_size=10), max_size=3))
def test_every_body_survives(body: bytes, headers: dict[str, object]) -> None:
    entry = Entry(7, "2026-01-01T00:00:00+00:00", 1.5, received(body, headers))
    line, digest = encode(entry, ORIGIN)
    assert b"\n" not in line
    assert decode(line) == entry
    assert seal_of(line, ORIGIN) == (True, digest)


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    path = tmp_path / "journal.jsonl"
    writer = JournalWriter(path)
    for number in range(5):
        writer.write(Trouble(where="harness", text=f"n° {number}"))
    writer.close()
    return path


def test_an_untouched_journal_has_no_defect(journal: Path) -> None:
    read = read_journal(journal)
    assert read.defects == ()
    assert read.complete
    assert [entry.number for entry in read.entries] == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize("line", range(6))
def test_a_changed_byte_is_found_where_it_is(journal: Path, line: int) -> None:
    lines = journal.read_text().splitlines()
    lines[line] = lines[line].replace('"kind"', '"kinD"', 1) if line == 5 else lines[line].replace("n°", "N°")
    journal.write_text("\n".join(lines) + "\n")
    assert line + 1 in {defect.line for defect in read_journal(journal).defects}


def test_a_missing_and_a_moved_line_are_found(journal: Path) -> None:
    lines = journal.read_text().splitlines()
    journal.write_text("\n".join(lines[:2] + lines[3:]) + "\n")
    assert read_journal(journal).defects[0].line == 3
    journal.write_text("\n".join([lines[1], lines[0], *lines[2:]]) + "\n")
    assert read_journal(journal).defects[0].line == 1


def test_a_cut_journal_is_read_and_says_so(journal: Path) -> None:
    lines = journal.read_text().splitlines()
    journal.write_text("\n".join(lines[:3]) + "\n" + lines[3][:20])
    read = read_journal(journal)
    assert len(read.entries) == 3
    assert not read.complete
    assert "interrompue" in read.defects[-1].text


def test_no_journal_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(UnreadableJournalError, match="ne peut pas être lu"):
        read_journal(tmp_path / "absent")
    (tmp_path / "x").write_text("bonjour")
    with pytest.raises(UnreadableJournalError, match="n'est pas un journal"):
        read_journal(tmp_path / "x")


def test_a_journal_is_never_overwritten(journal: Path) -> None:
    with pytest.raises(JournalError, match="ne peut pas être créé"):
        JournalWriter(journal)

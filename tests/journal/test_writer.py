"""When an event is on disk, and what becomes of a journal that cannot be written any more."""

from __future__ import annotations

import asyncio
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from recette.journal.events import EVENT_TYPES, Event, Received, Sent, StepClosed, Trouble
from recette.journal.reader import read_journal
from recette.journal.writer import FLUSH_AFTER, JournalLostError, JournalWriter


def closed(step: str) -> StepClosed:
    """Nobody acts on it."""
    return StepClosed(scenario="s", step=step)


def trouble() -> Trouble:
    return Trouble(where="hub", text="…")


async def a_little_later() -> None:
    """Timers that were set before are over by then."""
    over = asyncio.Event()
    asyncio.get_running_loop().call_later(2 * FLUSH_AFTER, over.set)
    await over.wait()


def on_disk(path: Path) -> list[Event]:
    return [entry.event for entry in read_journal(path).entries] if path.stat().st_size else []


def test_what_is_durable_is_never_kept_waiting() -> None:
    own = {
        name: cls for name, cls in EVENT_TYPES.items() if not name.startswith(("wire-", "passed"))
    }  # a relay and a capture have their own
    assert {name for name, cls in own.items() if not cls.durable} == {
        "hub",
        "confirmed",
        "lagged",
        "step-opened",
        "step-closed",
    }
    assert Sent.durable
    assert Received.durable


async def test_what_nobody_acts_on_is_on_disk_soon_or_with_what_follows(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    writer = JournalWriter(path)
    told: list[int] = []
    writer.listen(lambda entry: told.append(entry.number))
    writer.write(closed("a"))
    assert (on_disk(path), told) == ([], [1])
    writer.write(trouble())
    assert on_disk(path) == [closed("a"), trouble()]
    writer.write(closed("b"))
    await a_little_later()
    assert on_disk(path)[2:] == [closed("b")]
    writer.write(closed("c"))
    writer.close()
    journal = read_journal(path)
    assert [entry.event for entry in journal.entries][:-1] == [
        closed("a"),
        trouble(),
        closed("b"),
        closed("c"),
    ]
    assert (journal.complete, journal.defects) == (True, ())


async def test_a_run_that_is_cut_off_keeps_what_waited(tmp_path: Path) -> None:
    writer = JournalWriter(tmp_path / "journal.jsonl")
    writer.write(closed("a"))
    writer.abandon()
    assert on_disk(tmp_path / "journal.jsonl") == [closed("a")]


def test_without_an_event_loop_all_is_on_disk_at_once(tmp_path: Path) -> None:
    writer = JournalWriter(tmp_path / "journal.jsonl")
    writer.write(closed("a"))
    assert on_disk(tmp_path / "journal.jsonl") == [closed("a")]
    writer.abandon()


@contextmanager
def no_room() -> Iterator[None]:
    """No file can be written any further."""
    usual = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, usual[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, usual)


async def test_a_journal_that_was_lost_once_is_written_no_more(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    writer = JournalWriter(path)
    writer.write(trouble())
    with no_room(), pytest.raises(JournalLostError, match="libérez de la place"):
        writer.write(trouble())
    for event in (trouble(), closed("a")):
        with pytest.raises(JournalLostError):  # though there is room again: a line is missing
            writer.write(event)
    writer.abandon()
    assert on_disk(path) == [trouble()]


async def test_who_writes_next_is_told_of_what_was_lost_meanwhile(tmp_path: Path) -> None:
    writer = JournalWriter(tmp_path / "journal.jsonl")
    with no_room():
        writer.write(closed("a"))
        await a_little_later()
    with pytest.raises(JournalLostError, match="ne peut plus être écrit"):
        writer.write(trouble())
    writer.abandon()


def test_an_entry_bears_the_time_in_utc_to_the_millisecond(tmp_path: Path) -> None:
    writer = JournalWriter(tmp_path / "journal.jsonl")
    before = datetime.now(UTC)
    stamps = [writer.write(closed("a")).at for _ in range(50)]
    after = datetime.now(UTC)
    writer.abandon()
    moments = [datetime.fromisoformat(one) for one in stamps]
    assert all(
        one == said.isoformat(timespec="milliseconds") for one, said in zip(stamps, moments, strict=True)
    )
    assert before - timedelta(milliseconds=1) <= moments[0] <= moments[-1] <= after
    assert moments == sorted(moments)

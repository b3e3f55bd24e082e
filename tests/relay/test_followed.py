"""A running relay is followed: its journal is read as it grows, and each thing is told once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from recette.cli import main
from recette.commands.capture import as_one
from recette.journal.capture_events import Passed
from recette.judge.observing import observe
from recette.messages.vhosts import vhost
from recette.relay.captures.reading import read_capture
from recette.relay.captures.relay_journal import RelayJournal
from recette.report.unfolding import Unfolding
from tests.relay.captured import (
    EDITOR,
    PARTNER,
    VHOST,
    Said,
    in_no_language,
    observed,
    relay,
    traced,
    written,
)


def test_a_relay_is_followed_until_it_ends_and_each_thing_is_told_once(
    exchange: tuple[Said, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = [replace(one, body=in_no_language(one)) if one.model == "RS-RR" else one for one in exchange]
    folder = relay(tmp_path / "un", said, EDITOR)
    code, told = observed(capsys, folder, "--vhost", VHOST)
    assert main(["observe", str(folder), "--vhost", VHOST, "--follow"]) == code == 1
    text = capsys.readouterr().out
    lines = [line for line in text.splitlines() if line.startswith("[")]
    assert [int(line[1 : line.index("]")]) for line in lines] == list(range(1, len(said) + 1))
    assert sum(", à propos de [" in line for line in lines) == sum(one.model == "RC-REF" for one in said)
    assert text.count(f" {told['cases'][0]['findings'][0]['rule']} — ") == 1
    assert f"{EDITOR} : NON CONFORME" in text
    assert observed(capsys, folder, "--vhost", VHOST, "--follow")[1] == told


def test_a_journal_that_grows_is_read_on_wherever_it_was_left(
    exchange: tuple[Said, ...], tmp_path: Path
) -> None:
    whole = (relay(tmp_path / "un", exchange, EDITOR) / "journal.jsonl").read_bytes()
    journal = RelayJournal(tmp_path / "grows", VHOST)
    for end in (*range(0, len(whole), 997), len(whole)):
        (tmp_path / "grows").write_bytes(whole[:end])
        journal.read_on()
    assert not journal.read_on()
    assert journal.ended
    assert tuple(journal.found) == read_capture(tmp_path / "un", VHOST).sightings


def test_what_is_missing_is_told_once_it_is_overdue_though_nothing_more_came(
    exchange: tuple[Said, ...], tmp_path: Path
) -> None:
    first = next(at for at, one in enumerate(exchange) if one.sender == PARTNER and one.model != "RC-REF")
    folder = relay(tmp_path / "un", [exchange[first]], EDITOR)
    captures = [read_capture(folder, VHOST)]
    header, passed = as_one([str(folder)], captures, vhost(VHOST))
    came = exchange[first].at + timedelta(seconds=0.05)
    unfolding = Unfolding()

    def told(later: float) -> list[str]:
        seen = observe(header, [*passed, *_heard(passed)], 10.0, came + timedelta(seconds=later))
        return [line for line in unfolding.lines(seen, header) if " AC-01 " in line]

    assert told(5) == []
    assert len(told(11)) == 1
    assert told(12) == []


def _heard(passed: list[Passed]) -> list[Passed]:
    """Something that the editor published: its relay sees all that it publishes."""
    return [replace(passed[0], seen="published", sent_by=EDITOR, recipient=PARTNER, body=b"{}")]


def test_what_is_no_running_relay_is_not_followed(
    exchange: tuple[Said, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    trace = written(tmp_path, "trace.log", traced(exchange))
    assert main(["observe", str(trace), "--vhost", VHOST, "--follow"]) == 2
    assert "n'est pas le dossier d'un relais" in capsys.readouterr().err
    assert main(["observe", str(trace), "--vhost", VHOST, "--for", "3"]) == 2
    assert "--for va avec --follow" in capsys.readouterr().err

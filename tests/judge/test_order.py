"""What a hub that nobody sees does to order, copies and dates, in recorded runs: the editor is not held to it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from recette.campaign.campaign import play_at_home
from recette.campaign.options import Options
from recette.journal.events import Event, Received
from recette.journal.reader import read_journal
from tests.cahier import of_the_cahier
from tests.judge.recorded import dated, place, received, result, told, unseen


@pytest.fixture(scope="module")
def events(tmp_path_factory: pytest.TempPathFactory) -> list[Event]:
    """A faultless editor is asked for a resource, engages it, tells its status: as a partner alone would see it."""
    path = tmp_path_factory.mktemp("recorded") / "journal.jsonl"
    scenarios = [
        replace(one, testable=("sollicite",)) for one in of_the_cahier("15-15-ressource-acceptee.g1")
    ]
    assert play_at_home(scenarios, (), path, Options()).verdict == "pass"
    return unseen([entry.event for entry in read_journal(path).entries])


@pytest.mark.parametrize(
    ("seconds", "verdict", "findings"),
    [
        (2, "pass", []),  # the dates say that the announcement left first
        (0, "inconc", [("CI-20", "inconc", "hub")]),  # nothing says which
        (-2, "fail", [("CI-20", "fail", "editor")]),  # the dates say what the arrival says
    ],
)
def test_a_status_that_arrives_before_its_announcement(
    events: list[Event], tmp_path: Path, seconds: int, verdict: str, findings: list[tuple[str, str, str]]
) -> None:
    swapped = list(events)
    announced, status = place(events, "RS-RI"), place(events, "RS-SR")
    assert announced < status
    first = datetime.fromisoformat(json.loads(received(events[announced]).body)["dateTimeSent"])
    second = datetime.fromisoformat(json.loads(received(events[status]).body)["dateTimeSent"])
    to_same = (first - second).total_seconds()
    swapped[announced], swapped[status] = dated(events[status], to_same + seconds), events[announced]
    found = result(swapped, tmp_path / "journal.jsonl")
    assert (found.verdict, told(found)) == (verdict, findings)


def test_the_answer_before_its_ack_changes_nothing(events: list[Event], tmp_path: Path) -> None:
    """Acks and messages have queues of their own: their order is nobody's doing."""
    ack, answer = place(events, "RC-REF"), place(events, "RS-RR")
    swapped = list(events)
    swapped[ack], swapped[answer] = events[answer], events[ack]
    assert ack < answer
    found = result(swapped, tmp_path / "journal.jsonl")
    assert (found.verdict, told(found)) == ("pass", [])


@pytest.mark.parametrize("model", ["RS-RR", "RC-REF"])
def test_a_copy_that_the_broker_marks_counts_once(events: list[Event], tmp_path: Path, model: str) -> None:
    index = place(events, model)
    again = replace(received(events[index]), redelivered=True)
    found = result([*events[: index + 1], again, *events[index + 1 :]], tmp_path / "journal.jsonl")
    assert (found.verdict, told(found)) == ("pass", [])


@pytest.mark.parametrize("model", ["RS-RR", "RC-REF"])
def test_a_copy_that_nobody_marks_may_be_the_hubs(events: list[Event], tmp_path: Path, model: str) -> None:
    index = place(events, model)
    found = result([*events[: index + 1], events[index], *events[index + 1 :]], tmp_path / "journal.jsonl")
    assert (found.verdict, told(found)) == ("inconc", [("EN-04", "inconc", "hub")])


def test_another_message_with_the_same_id_is_the_editors(events: list[Event], tmp_path: Path) -> None:
    index = place(events, "RS-RR")
    other = replace(received(events[index]), body=received(events[index]).body.replace(b'"fr-FR"', b'"fr"'))
    found = result([*events[: index + 1], other, *events[index + 1 :]], tmp_path / "journal.jsonl")
    assert ("EN-04", "fail", "editor") in told(found)


@pytest.mark.parametrize("minutes", [10, -10])
def test_two_clocks_that_differ_accuse_nobody(events: list[Event], tmp_path: Path, minutes: int) -> None:
    """The harness's own clock may be the wrong one: nothing says which."""
    moved = [dated(one, minutes * 60) if isinstance(one, Received) else one for one in events]
    found = result(moved, tmp_path / "journal.jsonl")
    assert (found.verdict, told(found)) == ("inconc", [("EN-05", "inconc", "operator")])
    assert "10 min" in found.findings[0].explanation


def test_a_second_or_two_is_no_wrong_clock(events: list[Event], tmp_path: Path) -> None:
    moved = [dated(one, 3) if isinstance(one, Received) else one for one in events]
    found = result(moved, tmp_path / "journal.jsonl")
    assert (found.verdict, told(found)) == ("pass", [])

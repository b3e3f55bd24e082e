"""Two messages of one model that come in the other order: each step is judged by its own."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from recette.journal.events import Event, Received, StepOpened
from recette.messages.hub_saw import HubSaw
from recette.messages.reading import read
from tests.judge.recorded import dated, received, renumbered, result, run_of, told, unseen

PLAY = "15-15-limitrophe-et-ressources.g1@origine"
"""Its vehicle leaves, then arrives: two RS-SR that differ."""


@pytest.fixture(scope="module")
def events(tmp_path_factory: pytest.TempPathFactory, scenarios_folder: Path) -> list[Event]:
    return run_of(PLAY, "", scenarios_folder, tmp_path_factory.mktemp("recorded"))


def statuses(events: Sequence[Event]) -> list[int]:
    found = [
        index
        for index, one in enumerate(events)
        if isinstance(one, Received) and read(one.body, one.content_type, 1).model == "RS-SR"
    ]
    assert len(found) == 2
    return found


def swapped(events: list[Event], apart: float) -> list[Event]:
    """The second status comes before the first, and was sent that much later."""
    first, second = statuses(events)
    gone, come = received(events[first]), received(events[second])
    moments = [
        datetime.fromisoformat(str(read(one.body, one.content_type, 1).date_time_sent))
        for one in (gone, come)
    ]
    later = timedelta(seconds=10 + apart) - (moments[1] - moments[0])
    changed = list(events)
    changed[first], changed[second] = dated(come, later.total_seconds()), dated(gone, 10)
    return changed


@pytest.mark.parametrize(
    ("apart", "verdict", "findings"),
    [
        (2, "pass", set()),  # the dates say that the hub turned them round
        (0, "inconc", {("DA-05", "inconc", "hub")}),
        (-2, "fail", {("DA-05", "fail", "editor")}),  # the editor sent them so
    ],
)
def test_elsewhere_their_dates_tell(
    events: list[Event], tmp_path: Path, apart: int, verdict: str, findings: set[tuple[str, str, str]]
) -> None:
    found = result(swapped(unseen(events), apart), tmp_path / "journal.jsonl")
    assert (found.verdict, set(told(found))) == (verdict, findings)
    if verdict == "inconc":
        assert "l'étape depart et à l'étape arrivee" in found.findings[0].explanation


@pytest.mark.parametrize("turned", [True, False])
def test_a_hub_of_ours_saw_it(events: list[Event], tmp_path: Path, turned: bool) -> None:
    """Whether the hub turned them round, or the editor."""
    changed = swapped(events, 0)
    first, second = (read(received(changed[i]).body, None, 1).distribution_id for i in statuses(changed))
    places = [
        i
        for i, one in enumerate(changed)
        if isinstance(one, HubSaw) and one.action == "forwarded" and one.distribution_id in {first, second}
    ]
    if not turned:
        changed[places[0]], changed[places[1]] = changed[places[1]], changed[places[0]]
    found = result(renumbered(events, changed), tmp_path / "journal.jsonl")
    assert set(told(found)) == (set() if turned else {("DA-05", "fail", "editor")})


def test_both_before_the_second_was_asked_for(events: list[Event], tmp_path: Path) -> None:
    """An editor that goes ahead of what it is asked, on a hub that turns both round."""
    original = swapped(unseen(events), 2)
    changed = list(original)
    _, last = statuses(changed)
    late = changed.pop(last)
    opened = next(i for i, one in enumerate(changed) if isinstance(one, StepOpened) and one.step == "arrivee")
    changed.insert(opened, late)
    found = result(renumbered(original, changed), tmp_path / "journal.jsonl")
    assert (found.verdict, told(found)) == ("pass", [])

"""Whose clock is wrong, in recorded runs: the hub's own reports are the witness where nobody else is (EN-05)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from recette.journal.events import Event, Received, Sent
from recette.judge.verdicts import Finding
from recette.messages.reading import read
from tests.judge.recorded import dated, place, received, result, run_of, unseen

HUB = "fr.health.hub"


@pytest.fixture(scope="module")
def events(tmp_path_factory: pytest.TempPathFactory, scenarios_folder: Path) -> list[Event]:
    """A faultless editor is asked for a resource, with the hub's own side, without the footer."""
    folder = tmp_path_factory.mktemp("recorded")
    return run_of("15-15-ressource-acceptee.g1@sollicite", "", scenarios_folder, folder)


def off(events: Sequence[Event], minutes: float) -> list[Event]:
    """The editor's clock is wrong by that much."""
    return [dated(one, minutes * 60) if isinstance(one, Received) else one for one in events]


def reported(events: list[Event], minutes: float | None) -> list[Event]:
    """The hub reports on the partner's request, by a clock that is that much off, or without any date."""
    index = place(events, "RS-RR")
    like = received(events[index])
    asked = next(
        message.distribution_id
        for message in (read(one.body, one.content_type, 1) for one in events if isinstance(one, Sent))
        if message.model == "RS-DR"
    )
    envelope = json.loads(like.body)
    envelope |= {"senderID": HUB, "distributionKind": "Error", "distributionID": f"{HUB}_{minutes}"}
    inside = envelope["content"][0]["jsonContent"]["embeddedJsonContent"]["message"]
    inside.pop("resourcesResponse")
    inside["error"] = {
        "errorCode": {"statusCode": 500, "statusString": "DEAD_LETTER_QUEUED"},
        "errorCause": "fictive",
        "referencedDistributionID": asked,
    }
    report = replace(
        like,
        queue=like.queue.replace(".message", ".info"),
        body=json.dumps(envelope).encode(),
    )
    if minutes is not None:
        return [*events[:index], dated(report, minutes * 60), *events[index:]]
    envelope["dateTimeSent"] = "hier"
    return [*events[:index], replace(report, body=json.dumps(envelope).encode()), *events[index:]]


def clock(events: list[Event], path: Path) -> list[Finding]:
    return [one for one in result(events, path).findings if one.rule == "EN-05"]


def told(found: Sequence[Finding]) -> list[tuple[str, str]]:
    return [(one.verdict, one.attributed_to) for one in found]


@pytest.mark.parametrize("minutes", [10, -10])
@pytest.mark.parametrize(
    ("reports", "verdict", "party", "says"),
    [
        ([], "inconc", "operator", "rien ne dit laquelle des deux horloges est fausse"),
        ([0.0], "fail", "editor", "dateTimeSent"),  # the hub and this machine agree
        ([1.0, -1.0], "fail", "editor", "dateTimeSent"),  # near enough
        ([10.0], "inconc", "harness", "le hub n'est pas non plus à l'heure de cette machine"),
        ([-10.0], "inconc", "harness", "le hub n'est pas non plus à l'heure de cette machine"),
        ([0.0, 10.0], "inconc", "harness", "le hub n'est pas non plus à l'heure de cette machine"),
        ([None], "inconc", "operator", "rien ne dit laquelle"),  # no witness: it gives no date
        ([None, 0.0], "fail", "editor", "dateTimeSent"),
    ],
)
def test_the_hubs_reports_say_whose_clock_is_wrong(
    events: list[Event],
    tmp_path: Path,
    minutes: int,
    reports: list[float | None],
    verdict: str,
    party: str,
    says: str,
) -> None:
    run = off(unseen(events), minutes)
    for one in reports:
        run = reported(run, None if one is None else one - minutes)
    found = clock(run, tmp_path / "journal.jsonl")
    assert told(found) == [(verdict, party)]
    assert f"{'avance' if minutes > 0 else 'retarde'} de 10 min" in found[0].explanation
    assert says in found[0].explanation


@pytest.mark.parametrize("minutes", [10, -10])
def test_at_home_all_clocks_are_one(events: list[Event], tmp_path: Path, minutes: int) -> None:
    found = clock(off(events, minutes), tmp_path / "journal.jsonl")
    assert told(found) == [("fail", "editor")]
    assert "NTP" in found[0].advice


@pytest.mark.parametrize("minutes", [10.0, -10.0])
def test_a_hub_that_is_wrong_alone_says_nothing_of_the_editor(
    events: list[Event], tmp_path: Path, minutes: float
) -> None:
    assert clock(reported(unseen(events), minutes), tmp_path / "journal.jsonl") == []


def test_hours_are_told_as_hours(events: list[Event], tmp_path: Path) -> None:
    (found,) = clock(off(events, timedelta(hours=3) / timedelta(minutes=1)), tmp_path / "journal.jsonl")
    assert "avance de 3 h" in found.explanation

"""Recorded runs, changed: what a hub that nobody sees may have made of them, and how they are judged."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from recette.campaign.campaign import play_at_home
from recette.campaign.options import Options
from recette.journal.events import Confirmed, Event, Received, RunEnded, RunStarted
from recette.journal.reader import Journal, read_journal
from recette.journal.writer import JournalWriter
from recette.judge.judging import judge
from recette.judge.verdicts import ScenarioResult
from recette.messages.hub_saw import HubSaw
from recette.messages.reading import read
from recette.play.target import Deadlines
from recette.sandbox.editor import Misbehaviour
from recette.sandbox.faults import FAULTS
from tests.cahier import of_the_cahier


def run_of(play: str, fault: str, scenarios: Path, folder: Path) -> list[Event]:
    """What an editor with one fault, or with none, does in a play, with the hub's own side, without the footer."""
    edition, _, actor = play.partition("@")
    (found,) = of_the_cahier(edition)
    misbehaviour = FAULTS[fault].misbehaviour if fault else Misbehaviour()
    options = Options(misbehaviour=misbehaviour, deadlines=Deadlines(ack=0.5, answer=0.5, quiet=0.1))
    played = replace(found, testable=(actor,)) if actor else found
    verdict = play_at_home([played], (), folder / "played.jsonl", options).verdict
    assert verdict == ("fail" if fault else "pass")
    events = [one.event for one in read_journal(folder / "played.jsonl").entries]
    return [one for one in events if not isinstance(one, RunEnded)]


def renumbered(original: Sequence[Event], events: Sequence[Event]) -> list[Event]:
    """The changed run, with each confirmation of the message that it confirmed."""
    number = {id(one): place for place, one in enumerate(events, 1)}
    return [
        replace(one, sent=number[id(original[one.sent - 1])]) if isinstance(one, Confirmed) else one
        for one in events
    ]


def unseen(events: list[Event]) -> list[Event]:
    """The same run on a hub that is not ours: its own side is left out."""
    number = {
        old: new
        for new, old in enumerate((i for i, e in enumerate(events, 1) if not isinstance(e, HubSaw)), 1)
    }
    kept: list[Event] = []
    for one in events:
        if isinstance(one, RunStarted):
            kept.append(replace(one, hub_observed=False))
        elif isinstance(one, Confirmed):
            kept.append(replace(one, sent=number[one.sent]))
        elif not isinstance(one, HubSaw | RunEnded):
            kept.append(one)
    return kept


def rewritten(events: list[Event], path: Path) -> Journal:
    writer = JournalWriter(path)
    for one in events:
        writer.write(one)
    writer.close()
    return read_journal(path)


def place(events: list[Event], model: str) -> int:
    return next(
        index
        for index, one in enumerate(events)
        if isinstance(one, Received) and read(one.body, one.content_type, 1).model == model
    )


def dated(event: Event, seconds: float) -> Event:
    """The same message, sent that much later."""
    assert isinstance(event, Received)
    document = json.loads(event.body)
    moment = datetime.fromisoformat(document["dateTimeSent"]) + timedelta(seconds=seconds)
    document["dateTimeSent"] = moment.isoformat()
    document["content"][0]["jsonContent"]["embeddedJsonContent"]["message"]["sentAt"] = moment.isoformat()
    return replace(event, body=json.dumps(document).encode())


def result(events: list[Event], path: Path) -> ScenarioResult:
    (found,) = judge(rewritten(events, path)).scenarios
    return found


def told(found: ScenarioResult) -> list[tuple[str, str, str]]:
    return [(one.rule, one.verdict, one.attributed_to) for one in found.findings]


def received(event: Event) -> Received:
    assert isinstance(event, Received)
    return event

"""The embedded broker and RabbitMQ: the same verdicts and findings, and the same events apart from ids, times and the
order across queues.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import fields, replace
from pathlib import Path

import pytest

from recette.campaign.campaign import play_at_home
from recette.campaign.home import HOME_JOBS
from recette.campaign.options import Options
from recette.journal.events import Event, Received, RunEnded, RunStarted
from recette.journal.link_events import Lagged
from recette.journal.reader import Journal, read_journal
from recette.judge.verdicts import Judgement
from recette.messages.hub_saw import HubSaw
from recette.play.target import Deadlines
from recette.sandbox.broker.acts import ACT_KINDS
from recette.sandbox.hub import BrokerKind
from recette.scenario.requirements import catalogue
from recette.scenario.selection import select

PLAYED = (
    "15-15-partage-simple",
    "15-15-ressource-acceptee",
    "15-15-ressource-refusee",
    "robustesse-liaison-rompue.g2",
)
DRAWN = re.compile(
    r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
    r"|\d{4}-\d{2}-\d{2}T\d{2}:\d{2}[0-9:.+\-Z]*"
    r"|(?<=[._])(?!(?:samu|smur|sdis|oru|gps|sas)99\d)(?=[0-9A-Za-z]*\d)[0-9A-Za-z]{5,}(?![0-9A-Za-z])"
    r"|\b[0-9a-f]{12}\b|DRFR15\w+"
)
"""Ids and dates, wherever they stand; clients keep their names."""
DEADLINES = Deadlines(ack=15.0, answer=15.0, quiet=0.5)
"""On both: by itself, a hub at home waits longer for silence on RabbitMQ."""
TIMES = {"expiration", "seconds", "sent"}
"""Fields that hold what is left of a time, or the number of another event."""


def shape(event: Event) -> str:
    told = {one.name: getattr(event, one.name) for one in fields(event) if one.name not in TIMES}
    texts = (one.decode() if isinstance(one, bytes) else str(one) for one in told.values())
    return " ".join([event.kind, *(DRAWN.sub("…", one) for one in texts)])


def shapes(journal: Journal) -> dict[str, list[str]]:
    """All events but what only the embedded broker tells, or the machine's load, by play or queue.

    Side by side, plays have no order.
    """
    found: dict[str, list[str]] = defaultdict(list)
    for entry in journal.entries:
        event = entry.event
        if isinstance(event, RunStarted | RunEnded | Lagged) or (
            isinstance(event, HubSaw) and event.action in ACT_KINDS
        ):
            continue
        place = f"{event.vhost} {event.queue}" if isinstance(event, Received) else "hub"
        found[getattr(event, "scenario", place)].append(shape(event))
    return {place: sorted(events) for place, events in found.items()}


def played(broker: BrokerKind, journal: Path, scenarios: Path) -> tuple[Judgement, dict[str, list[str]]]:
    options = Options(broker=broker, jobs=HOME_JOBS, deadlines=DEADLINES)
    found = play_at_home(select(PLAYED, scenarios).scenarios, (), journal, options)
    unseen = {catalogue()[one.requirement].proof for one in found.not_observed}
    assert unseen == (set() if broker == "embedded" else {"broker"})
    return replace(found, not_observed=(), proven_by_passage=()), shapes(read_journal(journal))


@pytest.mark.usefixtures("lent_rabbitmq")
def test_the_embedded_broker_and_rabbitmq_make_the_same_journal(
    tmp_path: Path, scenarios_folder: Path
) -> None:
    embedded, seen = played("embedded", tmp_path / "embedded.jsonl", scenarios_folder)
    rabbitmq, seen_too = played("rabbitmq", tmp_path / "rabbitmq.jsonl", scenarios_folder)
    assert embedded == rabbitmq
    assert embedded.counts["pass"] >= 15
    assert sum(len(one) for one in seen.values()) > 400
    apart = {
        place: [*(Counter(seen.get(place, ())) - Counter(seen_too.get(place, ()))).elements(), "only there:",
                *(Counter(seen_too.get(place, ())) - Counter(seen.get(place, ()))).elements()]
        for place in seen.keys() | seen_too.keys()
        if seen.get(place) != seen_too.get(place)
    }  # fmt: skip
    assert apart == {}

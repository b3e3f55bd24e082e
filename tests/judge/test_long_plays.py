"""What an editor sends by the thousand in one play is judged in the time of a look at each."""

from __future__ import annotations

import copy
import sys
import tracemalloc
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from recette.journal.events import Received
from recette.journal.reader import Journal
from recette.judge.judging import judge
from recette.judge.replay import Replay
from tests.judge.journal_builder import Content, JournalBuilder

FLOODS = [
    ("15-15-appel-au-114.g1@systeme", "RS-EDA-MAJ"),
    ("15-15-limitrophe-et-ressources.g1@origine", "RS-RI"),
    ("15-15-limitrophe-et-ressources.g1@origine", "RS-SR"),
    ("15-15-limitrophe-et-ressources.g1@origine", "RS-RR"),
    ("15-nexsis-concours-accepte.g1@samu", "EMSI"),
]
STEP = 16


def flood(name: str, model: str, many: int, *, twice: bool = False) -> Journal:
    """`twice`: each message comes a second time, the same to the byte, through a hub that is seen."""
    play = JournalBuilder(name, observed=twice)
    play.rest()
    said = play.last(model)
    for _ in range(many):
        again = play.editor_says(copy.deepcopy(said))
        if twice:
            play.arrives(again)
    return play.journal()


def calls(journal: Journal) -> int:
    """How many functions judging it calls: the same on any machine."""
    counted = 0

    def count(_frame: Any, event: str, _argument: object) -> None:
        nonlocal counted
        counted += event == "call"

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        judge(journal)
    finally:
        sys.setprofile(before)
    return counted


@pytest.mark.parametrize(("name", "model"), FLOODS)
def test_twice_as_many_messages_take_twice_as_long(name: str, model: str) -> None:
    judge(flood(name, model, 1))  # what is loaded once
    few, more, most = (calls(flood(name, model, times * STEP)) for times in (1, 2, 3))
    assert most - more < 1.2 * (more - few)


def test_so_do_as_many_that_come_twice() -> None:
    name, model = FLOODS[0]
    few, more, most = (calls(flood(name, model, times * STEP, twice=True)) for times in (1, 2, 3))
    assert most - more < 1.2 * (more - few)


def test_dates_that_contradict_each_other_are_told_of_each_two() -> None:
    """One clock of two is ten minutes late: what it dates can be compared with none of the other's."""
    play = JournalBuilder("15-15-limitrophe-et-ressources.g1@origine", observed=False)
    play.rest()
    said = play.last("RS-SR")
    for number in range(6):

        def dated(document: Content, late: int = number % 2) -> None:
            sent = datetime.fromisoformat(document["dateTimeSent"]) - timedelta(minutes=10 * late)
            document["dateTimeSent"] = sent.isoformat()

        play.editor_says(copy.deepcopy(said), change=dated)
    found = [one for one in play.judged().findings if one.rule == "CI-21"]
    assert found
    assert {one.verdict for one in found} <= {"fail", "remark"}


@pytest.mark.parametrize("date", ["9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00"])
def test_states_dated_at_an_end_of_the_calendar_fail_no_rule(date: str) -> None:
    play = JournalBuilder("15-15-limitrophe-et-ressources.g1@origine")
    play.rest()

    def dated(document: Content) -> None:
        document["dateTimeSent"] = date
        below: list[Any] = [document]
        while below:
            node = below.pop()
            if isinstance(node, dict):
                node |= {name: date for name, value in node.items() if name == "datetime"}
                below += node.values()
            elif isinstance(node, list):
                below += node

    for model in ("RS-RI", "RS-SR", "RS-SR", "RS-RR"):
        play.editor_says(copy.deepcopy(play.last(model)), change=dated)
    assert [one for one in play.judged().findings if one.attributed_to == "harness"] == []


def test_large_messages_that_belong_to_no_play_are_let_go() -> None:
    """A hub that floods with them would have each judge hold a thousand."""
    play = JournalBuilder("15-15-partage-simple.g1@origine", observed=False)
    play.rest()
    entries = play.journal().entries
    at, told = next((one, one.event) for one in entries if isinstance(one.event, Received))
    replay, size = Replay(play.journal().header), 200_000
    for one in entries[:3]:
        replay.take(one)
    tracemalloc.start()
    try:
        for number in range(20):
            body = f'{{"flood": "{number}{"x" * size}"}}'.encode()
            replay.take(replace(at, event=replace(told, body=body)))
        assert replay.facts.unclaimed == 20
        assert tracemalloc.get_traced_memory()[0] < 5 * size
    finally:
        tracemalloc.stop()

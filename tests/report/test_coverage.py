"""What a run proves, and what it only watched."""

from __future__ import annotations

from dataclasses import replace

from recette.judge.verdicts import NotObserved
from recette.report.coverage import coverage
from recette.report.story import tell
from tests.report.conftest import Recorded


def test_aimed_watched_and_broken_are_told_apart(failing: Recorded) -> None:
    plays = tell(failing.journal).plays
    rows = {one.requirement.id: one for one in coverage(plays, failing.judgement)}
    ack = rows["AC-01"].cells["15-15"]
    assert (ack.worst, ack.watched) == ("fail", 9)
    assert 0 < ack.broken < 9
    shown = [one.scenario for one in plays if one.scenario and one.scenario.perimeter == "15-15"]
    assert ack.aimed == sum("AC-01" in one.requirements for one in shown)
    language = rows["EN-10"]
    assert language.watched
    assert not language.aimed
    screen = rows["ER-06"].cells["15-15"]
    assert screen.watched == screen.aimed == 1
    assert rows["ER-06"].cells["15-smur"].watched == 0


def test_what_nobody_observed_has_no_tick(conformant: Recorded) -> None:
    plays = tell(conformant.journal).plays
    judgement = conformant.judgement
    assert {one.requirement for one in judgement.not_observed} <= {"TR-15"}
    assert {one.requirement.id: one for one in coverage(plays, judgement)}["TR-13"].watched
    unseen = replace(judgement, not_observed=(NotObserved("TR-13", "seul le broker le voit"),))
    row = {one.requirement.id: one for one in coverage(plays, unseen)}["TR-13"]
    assert not row.watched
    assert not row.aimed
    assert row.not_observed == "seul le broker le voit"


def test_what_only_a_screen_shows_has_no_tick_where_nobody_looks_at_one(conformant: Recorded) -> None:
    plays = tell(conformant.journal).plays
    one = next(
        play for play in plays if play.scenario and "attest" not in {s.action for s in play.result.steps}
    )
    assert one.scenario is not None
    naming = replace(one, scenario=replace(one.scenario, requirements=("TR-18", "AC-01")))
    rows = {row.requirement.id: row for row in coverage([naming], conformant.judgement)}
    assert (rows["TR-18"].aimed, rows["TR-18"].watched) == (False, False)
    assert rows["AC-01"].aimed

"""Whose a message is: told by what it refers to, then by its case, then by what is awaited."""

from __future__ import annotations

from typing import Any

import pytest

from recette.messages.building import serialise
from recette.scenario.arrivals import Arrivals, Bounce, Late, Repeated, Taken, Unclaimed
from recette.scenario.matching import Progress
from tests.scenario.exchange import EDITOR, NOW, document, progress, receive

PERSON = f"{EDITOR}.patient.7"


def case(name: str) -> str:
    return f"{EDITOR}.DRFR1599100{name}"


@pytest.fixture
def arrivals() -> Arrivals:
    return Arrivals(2, observed=True)


def begun(arrivals: Arrivals, **values: str) -> Progress:
    found = progress("15-15-partage-simple.g2", "origine", **values)
    arrivals.begin(found)
    return found


def share(name: str, **more: Any) -> dict[str, Any]:
    return {"caseId": case(name), "patient": [{"patientId": PERSON}], **more}


def test_the_case_goes_before_any_other_id(arrivals: Arrivals) -> None:
    first = begun(arrivals, caseId=case("1"), patientUn=PERSON)
    second = begun(arrivals, caseId=case("2"), patientUn=f"{EDITOR}.patient.8")
    outcome = receive(arrivals, "RS-EDA-MAJ", share("2"))
    assert isinstance(outcome, Taken)
    assert outcome.progress is second
    assert not first.arrivals


def test_a_known_person_does_not_pull_a_new_case_into_an_old_play(arrivals: Arrivals) -> None:
    old = begun(arrivals, caseId=case("1"), patientUn=PERSON)
    new = begun(arrivals)
    new.open("partage", NOW)
    outcome = receive(arrivals, "RS-EDA", share("2"))
    assert isinstance(outcome, Taken)
    assert outcome.progress is new
    assert new.case_id == case("2")
    assert not old.arrivals


def test_a_play_that_awaits_nothing_takes_no_message_of_a_new_case(arrivals: Arrivals) -> None:
    begun(arrivals, caseId=case("1"), patientUn=PERSON)
    assert isinstance(receive(arrivals, "RS-EDA-MAJ", share("2")), Unclaimed)


def test_an_update_that_is_awaited_is_known_under_a_wrong_case_too(arrivals: Arrivals) -> None:
    """All else is as it should be: CI-03 has to name the play that it happened in."""
    found = begun(arrivals, caseId=case("1"), patientUn=PERSON)
    found.open("second-patient", NOW)
    data = found.casting.scenario.message("second-patient").contents[0].data
    values = {"patientDeux": f"{EDITOR}.patient.9", "noteDeux": f"{EDITOR}.medicalNote.9"}
    content = {**_filled(data, values), "caseId": case("2")}
    outcome = receive(arrivals, "RS-EDA-MAJ", content)
    assert isinstance(outcome, Taken)
    assert outcome.progress is found


def _filled(node: Any, values: dict[str, str]) -> Any:
    if isinstance(node, dict):
        return {name: _filled(child, values) for name, child in node.items()}
    if isinstance(node, list):
        return [_filled(child, values) for child in node]
    return values.get(node[2:-1], node) if isinstance(node, str) and node.startswith("${") else node


def test_what_comes_after_the_end_is_late(arrivals: Arrivals) -> None:
    found = begun(arrivals, caseId=case("1"))
    arrivals.end(found)
    outcome = receive(arrivals, "RS-EDA-MAJ", share("1"))
    assert isinstance(outcome, Late)
    assert outcome.play == found.casting.name


def test_a_new_case_under_a_used_id_is_the_new_plays(arrivals: Arrivals) -> None:
    old = begun(arrivals, caseId=case("1"))
    arrivals.end(old)
    new = begun(arrivals)
    new.open("partage", NOW)
    data = new.casting.scenario.message("partage").contents[0].data
    content = {**_filled(data, {"origine": EDITOR, "now": NOW}), "caseId": case("1")}
    outcome = receive(arrivals, "RS-EDA", content)
    assert isinstance(outcome, Taken)
    assert outcome.progress is new
    assert list(new.reused.values()) == [old.casting.name]
    again = receive(arrivals, "RS-EDA", {**content, "freetext": "autre"})
    assert isinstance(again, Taken)
    assert again.progress is new


def test_what_is_delivered_twice_counts_once() -> None:
    ours, elsewhere = Arrivals(2, observed=True), Arrivals(2, observed=False)
    body = serialise(document("RS-EDA-MAJ", share("1")))
    for arrivals, redelivered, repeated in (
        (ours, False, False),
        (ours, True, True),
        (elsewhere, False, True),
    ):
        begun(arrivals, caseId=case("1"))
        receive(arrivals, "RS-EDA-MAJ", {}, body=body)
        outcome = receive(arrivals, "RS-EDA-MAJ", {}, body=body, redelivered=redelivered)
        assert isinstance(outcome, Repeated) is repeated, (redelivered, outcome)


def test_a_refusal_is_told_to_the_play_and_a_burial_is_not(arrivals: Arrivals) -> None:
    found = begun(arrivals, caseId=case("1"))
    body = serialise(document("RS-EDA-MAJ", share("1")))
    for number, refused in enumerate((False, True), start=100):
        taken = arrivals.bounce(Bounce(number, EDITOR, "application/json", body, refused=refused))
        assert taken is not None
        assert taken.progress is found
    assert [one.number for one in found.refusals] == [101]

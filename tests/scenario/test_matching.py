"""What satisfies a step: the arrival that does so best, whenever it comes."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest

from recette.scenario.comparison import Difference
from recette.scenario.likeness import together
from recette.scenario.matching import Progress, unsettled
from tests.scenario.exchange import NOW, PARTNER, arrival, progress

CASE = f"{PARTNER}.DRFR15992000001"
VEHICLE = "fr.health.samu991.resource.1"


def state(status: str, vehicle: str = VEHICLE) -> dict[str, Any]:
    return {"caseId": CASE, "resourceId": vehicle, "state": {"datetime": NOW, "status": status}}


@pytest.fixture
def statuses() -> Progress:
    """The vehicle is engaged, and its departure is awaited."""
    found = progress("15-15-ressource-acceptee.g2", "sollicite", caseId=CASE, vehicule=VEHICLE)
    found.open("depart", NOW)
    return found


def matched(found: Progress) -> dict[str, Any]:
    return {
        name: (one.arrival.message.content or {})["state"]["status"] for name, one in found.matches.items()
    }


def test_a_better_arrival_takes_the_step_and_leaves_the_other_over(statuses: Progress) -> None:
    statuses.take(arrival("RS-SR", state("DECLENCHE")))
    assert matched(statuses) == {"depart": "DECLENCHE"}  # play moves on
    statuses.open("arrivee", NOW)
    statuses.take(arrival("RS-SR", state("DEPART")))
    assert matched(statuses) == {"depart": "DEPART"}
    assert not statuses.matches["depart"].differences
    assert [(one.message.content or {})["state"]["status"] for one in statuses.extras] == ["DECLENCHE"]
    statuses.take(arrival("RS-SR", state("ARRIVEE")))
    assert matched(statuses) == {"depart": "DEPART", "arrivee": "ARRIVEE"}


def test_what_is_left_over_does_not_stand_for_the_next_step(statuses: Progress) -> None:
    statuses.take(arrival("RS-SR", state("DECLENCHE")))
    statuses.take(arrival("RS-SR", state("DEPART")))
    statuses.open("arrivee", NOW)
    assert "arrivee" not in statuses.matches


def test_what_came_ahead_counts_for_a_step_that_it_satisfies(statuses: Progress) -> None:
    statuses.take(arrival("RS-SR", state("DEPART")))
    statuses.take(arrival("RS-SR", state("ARRIVEE")))
    assert matched(statuses) == {"depart": "DEPART"}
    statuses.open("arrivee", NOW)
    assert matched(statuses) == {"depart": "DEPART", "arrivee": "ARRIVEE"}


@pytest.mark.parametrize("order", list(permutations(["DECLENCHE", "DEPART", "ARRIVEE"])))
def test_in_whatever_order_they_come_each_has_its_step(statuses: Progress, order: tuple[str, ...]) -> None:
    statuses.open("arrivee", NOW)
    for one in order:
        statuses.take(arrival("RS-SR", state(one)))
    assert matched(statuses) == {"depart": "DEPART", "arrivee": "ARRIVEE"}
    assert len(statuses.extras) == 1


def test_a_wrong_message_keeps_its_step_where_no_better_one_comes(statuses: Progress) -> None:
    statuses.take(arrival("RS-SR", state("DEPART", "fr.health.samu991.resource.2")))
    (difference,) = statuses.matches["depart"].differences
    assert difference.path.endswith("resourceId")


def test_values_are_learnt_anew_from_the_better_message() -> None:
    found = progress("15-15-ressource-acceptee.g2", "origine")
    found.open("partage", NOW)
    wrong = {"caseId": "fr.health.samu991.A", "patient": [{"patientId": "fr.health.samu991.patient.wrong"}]}
    found.take(arrival("RS-EDA", wrong))
    assert found.case_id == "fr.health.samu991.A"
    step = found.casting.scenario.message("partage")
    content = _filled(
        step.contents[0].data, {"caseId": "fr.health.samu991.B", "origine": "fr.health.samu991"}
    )
    found.take(arrival("RS-EDA", content))
    assert not found.matches["partage"].differences
    assert found.case_id == "fr.health.samu991.B"
    assert found.values["senderCaseId"] == "B"
    assert len(found.extras) == 1


def _filled(node: Any, values: dict[str, str]) -> Any:
    if isinstance(node, dict):
        return {name: _filled(child, values) for name, child in node.items()}
    if isinstance(node, list):
        return [_filled(child, values) for child in node]
    if isinstance(node, str) and node.startswith("${"):
        name = node[2:-1]
        return values.get(name, NOW if name == "now" else f"fr.health.samu991.thing.{name}")
    return node


def missing(path: str) -> Difference:
    return Difference(path, "x", None, missing=True)


def wrong(path: str) -> Difference:
    return Difference(path, "x", "y")


@pytest.mark.parametrize(
    ("earlier", "later", "left"),
    [
        ([missing("$.m.a")], [missing("$.m.b")], []),
        ([missing("$.m.a")], [missing("$.m.a")], [missing("$.m.a")]),
        ([wrong("$.m.a[0].n")], [missing("$.m.a")], [wrong("$.m.a[0].n")]),
        ([wrong("$.m.a")], [missing("$.m.b")], []),  # said right the second time
        ([missing("$.m.a")], [wrong("$.m.a.n")], [wrong("$.m.a.n")]),
        ([missing("$.m.ab")], [missing("$.m.a")], []),
    ],
)
def test_two_updates_say_together_what_neither_says_alone(
    earlier: list[Difference], later: list[Difference], left: list[Difference]
) -> None:
    assert list(together(earlier, later)) == left


def test_a_part_of_a_list_corrects_no_part_before_it() -> None:
    earlier = [wrong("$.m.a[0].n"), missing("$.m.a[1]")]
    assert list(together(earlier, [missing("$.m.a[1]")], corrects=False)) == earlier
    assert list(together(earlier, [missing("$.m.a[0]")], corrects=False)) == earlier[:1]


def test_a_change_unsettled_is_waited_for_and_one_told_wrong_is_not() -> None:
    found = progress("15-15-limitrophe-dsf-1.0-accepte.g2", "origine")
    found.values["caseId"] = CASE
    found.open("attente", NOW)
    assert not unsettled(found.matches.values())
    found.take(arrival("RS-EDA-MAJ", {"caseId": CASE, "freetext": "en plus"}))
    assert unsettled(found.matches.values())
    found.take(arrival("RS-EDA-MAJ", {"caseId": CASE, "qualification": {"details": {"priority": "P0"}}}))
    assert not unsettled(found.matches.values())
    assert not found.matches["attente"].differences


def test_the_state_of_another_vehicle_leaves_the_step_unsettled(statuses: Progress) -> None:
    statuses.take(arrival("RS-SR", state("DEPART", "fr.health.samu991.resource.2")))
    assert unsettled(statuses.matches.values())
    statuses.take(arrival("RS-SR", state("DEPART")))
    assert not unsettled(statuses.matches.values())

"""The requirement catalogue: whole, typed, and the only names that a scenario may use."""

from __future__ import annotations

import pytest

from recette.scenario.loader import load
from recette.scenario.problems import ScenarioError
from recette.scenario.requirements import catalogue

COUNTS = {"TR": 20, "EN": 16, "HD": 9, "AC": 13, "ER": 9, "CI": 45, "DA": 27}
SCENARIO = """\
id: essai
title: Essai
perimeter: 15-15
requirements: [AC-01, {requirement}]
actors: {{a: LRM, b: LRM}}
editor: a
case: a
steps:
  - id: ecran
    attest: {{text: Rien, requirement: {attested}}}
"""


def test_the_catalogue_is_whole() -> None:
    reference = [one for one in catalogue().values() if not one.own]
    assert {name: sum(one.family == name for one in reference) for name in COUNTS} == COUNTS
    for family, count in COUNTS.items():
        numbers = [int(one.id[3:]) for one in reference if one.family == family]
        assert numbers == list(range(1, count + 1))


def test_every_row_is_sound() -> None:
    for one in catalogue().values():
        assert one.obligation in {"MUST", "SHOULD"}, one.id
        assert one.observed_by, one.id
        assert set(one.observed_by) <= set("PHS"), one.id
        assert one.since in {1, 2, 3}, one.id
        assert one.source, one.id
        assert not one.not_tested.endswith("."), one.id
        if "déduit" in one.source:
            assert one.obligation == "SHOULD", one.id
        assert one.because or one.obligation == "MUST", one.id
        assert not one.because.endswith("."), one.id


@pytest.mark.parametrize(
    ("requirement", "attested", "place", "said"),
    [
        ("AC-011", "ER-06", "4:23", "L'exigence « AC-011 » n'existe pas. Vouliez-vous dire AC-11 ?"),
        ("zzz", "ER-06", "4:23", "L'exigence « zzz » n'existe pas. Voyez docs/exigences.md."),
        ("AC-04", "ER-6", "10:26", "L'exigence « ER-6 » n'existe pas. Vouliez-vous dire ER-06 ?"),
        ("AC-04", "AC-04", "10:26", "L'exigence AC-04 ne s'observe pas à l'écran : elle ne s'atteste pas."),
    ],
)
def test_a_scenario_names_requirements_that_exist(
    requirement: str, attested: str, place: str, said: str
) -> None:
    text = SCENARIO.format(requirement=requirement, attested=attested)
    with pytest.raises(ScenarioError) as caught:
        load("e.yaml", {"e.yaml": text}, 1)
    assert [str(one) for one in caught.value.problems] == [f"e.yaml:{place}: {said}"]

"""Errors in a scenario are found on load, with file, line and column."""

from __future__ import annotations

from pathlib import Path

import pytest

from recette.scenario.lint import check, check_editions
from recette.scenario.loader import editions, load
from recette.scenario.model import Scenario
from recette.scenario.problems import ScenarioError
from recette.scenario.selection import SelectionError, scenario_files, select

GOOD = """\
id: essai
title: Essai
perimeter: 15-15
actors: {a: LRM, b: LRM}
editor: [a, b]
case: a
identifiers:
  demande: {kind: request, by: a}
steps:
  - id: un
    message:
      from: a
      to: b
      model: RS-RR
      data: {caseId: "${caseId}", requestId: "${demande}", response: {datetime: "${now}", answer: ACCEPTEE}}
    ignore: [$.resourcesResponse.response.answer]
"""


def test_a_good_scenario_loads() -> None:
    scenario = load("e.yaml", {"e.yaml": GOOD}, 1)
    assert scenario.testable == ("a", "b")
    assert scenario.messages[0].contents[0].key == "resourcesResponse"
    assert check(scenario) == []


@pytest.mark.parametrize(
    ("old", "new", "place", "said"),
    [
        ("title: Essai\n", "title: Essai\ntitel: x\n", "3:1", "titel"),
        ("{a: LRM, b: LRM}", "{a: LRM, b: LRN}", "4:18", "LRN"),
        ("editor: [a, b]", "editor: [a, c]", "5:1", "« c »"),
        ("model: RS-RR", "model: RS-RX", "14:7", "RS-RX"),
        ("to: b", "to: z", "13:7", "acteur"),
        ("from: a", "from: z", "12:7", "acteur"),
        ("${demande}", "${demandes}", "15:35", "demandes"),
        ("response.answer]", "response.anwser]", "16:14", "n'existe pas"),
        ("response.answer]", "response.freetext]", "16:14", "ne désigne rien"),
        (
            'data: {caseId: "${caseId}", requestId: "${demande}", response: {datetime: "${now}", answer: ACCEPTEE}}',
            "data: absent.yaml",
            "15:7",
            "absent.yaml",
        ),
        ("  - id: un\n", "  - id: un\n    within: vite\n", "11:5", "durée"),
        ("steps:\n", "steps: [\n", "16:14", "YAML"),
        ("case: a", "case: a\ncase: b", "7:1", "deux fois"),
    ],
)
def test_each_error_points(old: str, new: str, place: str, said: str) -> None:
    assert old in GOOD
    with pytest.raises(ScenarioError) as caught:
        load("e.yaml", {"e.yaml": GOOD.replace(old, new, 1)}, 1)
    texts = [str(problem) for problem in caught.value.problems]
    assert any(said in text for text in texts), texts
    assert all(text.startswith("e.yaml:") for text in texts)
    if place != "16:14" or "YAML" not in said:
        assert any(text.startswith(f"e.yaml:{place}:") for text in texts), texts


def test_data_that_the_vhost_would_refuse_is_linted() -> None:
    scenario = load("e.yaml", {"e.yaml": GOOD.replace("ACCEPTEE", "OUI")}, 1)
    (problem,) = check(scenario)
    assert str(problem).startswith("e.yaml:15:91: $.resourcesResponse.response.answer : ")
    assert "OUI" in problem.text


BY_GENERATION = GOOD.replace("response: {", "response: {deadline: {g1: DEL1H, g2: 1H}, ").replace(
    "steps:\n",
    "steps:\n  - g3:\n      id: zero\n      attest: {text: Rien}\n",
)


def test_a_table_by_generation_stands_for_the_nearest_earlier_value() -> None:
    first, second, third = editions("e.yaml", {"e.yaml": BY_GENERATION})
    deadlines = [one.message("un").contents[0].data["response"]["deadline"] for one in (first, second, third)]
    assert deadlines == ["DEL1H", "1H", "1H"]
    assert [[step.id for step in one.steps] for one in (first, second, third)] == [
        ["un"],
        ["un"],
        ["zero", "un"],
    ]
    assert check_editions((first, second, third)) == []
    assert third.step("un").line == first.step("un").line


def test_null_drops_a_value_from_its_generation_on() -> None:
    text = GOOD.replace("answer: ACCEPTEE", "answer: ACCEPTEE, freetext: {g1: oui, g2: null}")
    first, second, _ = editions("e.yaml", {"e.yaml": text})
    assert "freetext" in first.messages[0].contents[0].data["response"]
    assert "freetext" not in second.messages[0].contents[0].data["response"]


@pytest.mark.parametrize("end", ["from: a", "to: b"])
def test_a_problem_of_one_generation_is_told_once(end: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        editions("e.yaml", {"e.yaml": GOOD.replace(end, f"{end[:-1]}z")})
    (problem,) = caught.value.problems
    assert "doit nommer un acteur" in problem.text


def test_the_project_scenarios_lint_clean(scenarios_folder: Path) -> None:
    selection = select((), scenarios_folder)
    assert len({one.file for one in selection.scenarios}) == len(scenario_files(scenarios_folder)) >= 6
    files: dict[str, list[Scenario]] = {}
    for one in selection.scenarios:
        files.setdefault(one.file, []).append(one)
    problems = [problem for editions in files.values() for problem in check_editions(editions)]
    assert [str(one) for one in problems if one.severity == "error"] == []


def test_an_unknown_scenario_names_the_nearest(scenarios_folder: Path) -> None:
    with pytest.raises(SelectionError, match="15-15-partage-simple"):
        select(["15-15-partage-simpl"], scenarios_folder)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("{of: b, how: coupure}", "la recette ne gêne pas ses partenaires"),
        ("{of: a, how: redemarrage}", "« for » dit combien de temps"),
        ("{of: a, how: coupure, for: 2s}", "et rien d'un autre"),
        ("{of: a, how: lenteur}", "« for » dit combien de temps"),
        ("{of: a, how: refus}", "coupure"),
        ("{of: z, how: coupure}", "acteur"),
    ],
)
def test_what_is_done_to_a_link_makes_sense(written: str, said: str) -> None:
    text = GOOD.replace("[a, b]", "a") + f"  - id: deux\n    disturb: {written}\n"
    with pytest.raises(ScenarioError) as raised:
        load("e.yaml", {"e.yaml": text}, 1)
    assert any(said in one.text for one in raised.value.problems), raised.value.problems


def test_an_incident_comes_before_what_is_played_meanwhile() -> None:
    step = "  - id: deux\n    group: pendant\n    disturb: {of: a, how: coupure}\n"
    good = GOOD.replace("[a, b]", "a")
    scenario = load("e.yaml", {"e.yaml": good + step}, 1)
    assert (scenario.harmful, scenario.disturbs) == (True, True)
    late = good.replace("  - id: un\n", "  - id: un\n    group: pendant\n") + step
    with pytest.raises(ScenarioError, match="première étape de son groupe"):
        load("e.yaml", {"e.yaml": late}, 1)

"""A value of another kind than the grammar has there is one line with its place, and never a crash."""

from __future__ import annotations

import pytest

from recette.scenario.loader import load
from recette.scenario.problems import ScenarioError
from tests.scenario.test_loader import GOOD

STEP = "  - id: un\n"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("refused: [500, 501]", "« refused » est 100, 101, 102"),
        ("refused: {code: 500}", "et non une table"),
        ("refused: 299", "et non 299"),
        ("title: [un]", "« title » est un texte, et non une liste"),
        ("group: {a: b}", "« group » est un texte, et non une table"),
        ("prompt: ''", "« prompt » est vide"),
        ("times: beaucoup", "« times » est un nombre de 1 à 1000"),
        ("times: 0", "« times » est un nombre de 1 à 1000"),
        ("format: yaml", "« format » est json, xml ou other"),
        ("within: vite", "« within » est ack, answer, quiet ou une durée"),
        ("ack: 3", "« ack » est true, false ou une table"),
        ("ack: {refuse: 299}", "« refuse » est 100"),
        ("ack: {delai: 1s}", "« delai » n'est pas un mot du langage"),
        ("ordered: oui", "« ordered » est true ou false"),
        ("capture: [a]", "« capture » est une table"),
        ("nothing: {from: a}", "exactement une chose"),
        ("attest: {requirement: SC-05}", "exactement une chose"),
    ],
)
def test_a_step_is_held_to_the_grammar(line: str, said: str) -> None:
    assert STEP in GOOD
    number = GOOD.splitlines().index(STEP.rstrip()) + 1
    with pytest.raises(ScenarioError) as caught:
        load("e.yaml", {"e.yaml": GOOD.replace(STEP, f"{STEP}    {line}\n")}, 3)
    problems = [str(one) for one in caught.value.problems]
    assert any(said in one for one in problems), problems
    assert all(one.startswith((f"e.yaml:{number}:", f"e.yaml:{number + 1}:")) for one in problems), problems


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("title: Essai", "title: {a: b}", "« title »"),
        ("editor: [a, b]", "editor: {a: b}", "« editor »"),
        ("editor: [a, b]", "editor: []", "« editor » est vide"),
        ("actors: {a: LRM, b: LRM}", "actors: [a, b]", "« actors » est une table"),
        ("demande: {kind: request, by: a}", "demande: request", "« demande » est une table"),
        ("demande: {kind: request, by: a}", "demande: {kind: chose, by: a}", "« kind » est request"),
        ("case: a", "case: a\nsummary: [a]", "« summary » est un texte"),
        ("case: a", "case: a\nrequirements: AC-01", "« requirements » est une liste"),
        ("ignore: [$.resourcesResponse.response.answer]", "ignore: toutes", "« ignore » est une liste"),
        ("ignore: [$.resourcesResponse.response.answer]", "ignore: [partout]", "« ignore » est un chemin"),
        ("case: a", "case: a\nharmful: oui", "« harmful » est true ou false"),
        ("      model: RS-RR\n", "", "Il manque ici, au choix : model, data ; ou again ; ou any_of"),
    ],
)
def test_a_scenario_is_held_to_the_grammar(old: str, new: str, said: str) -> None:
    assert old in GOOD
    with pytest.raises(ScenarioError) as caught:
        load("e.yaml", {"e.yaml": GOOD.replace(old, new, 1)}, 3)
    assert any(said in one.text for one in caught.value.problems), caught.value.problems


def test_a_target_is_told_as_what_it_is() -> None:
    with pytest.raises(ScenarioError) as found:
        load(
            "cible.yaml", {"cible.yaml": "vhost: 15-15_v2.1\neditor: {id: a}\ndriver: {kind: operator}\n"}, 3
        )
    assert [str(one) for one in found.value.problems] == [
        "cible.yaml:1:1: C'est une cible, et non un scénario : elle se donne à --target."
    ]

"""Comparison: by identity, by instant, never by position unless asked."""

from __future__ import annotations

import random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from recette.scenario.comparison import Comparison, covers
from recette.scenario.template import Unbound, as_typed, fill

SCALARS = st.booleans() | st.integers() | st.text(max_size=10)
TREES = st.recursive(
    SCALARS,
    lambda children: (
        st.lists(children, max_size=4) | st.dictionaries(st.text("abc", min_size=1), children, max_size=4)
    ),
    max_leaves=15,
)


def differences(expected: Any, actual: Any, **options: Any) -> list[str]:
    return [one.path for one in Comparison(**options).differences(expected, actual, "$")]


@given(TREES)
def test_a_tree_equals_itself(tree: Any) -> None:
    assert differences(tree, tree) == []


@given(st.lists(st.integers(), unique=True, max_size=8), st.randoms())
def test_lists_are_compared_by_identity_not_position(codes: list[int], chance: random.Random) -> None:
    items = [{"code": str(code), "label": f"l{code}"} for code in codes]
    mixed = items[:]
    chance.shuffle(mixed)
    assert differences(items, mixed) == []
    assert (differences(items, mixed, ordered=True) == []) == (items == mixed)


def test_of_a_list_without_ids_what_is_lacking_is_named_and_the_rest_is_what_it_is_likest() -> None:
    expected = [{"name": name, "speed": at, "status": "IN"} for at, name in enumerate("abc")]
    assert differences(expected, expected[1:]) == ["$[0]"]
    assert differences(expected, [expected[2]]) == ["$[0]", "$[1]"]
    assert differences(expected, [{**expected[2], "speed": 9}, expected[0]]) == ["$[1]", "$[2].speed"]


def test_what_is_said_beyond_is_no_difference() -> None:
    assert differences({"a": 1}, {"a": 1, "b": 2}) == []
    assert differences({"a": 1, "b": 2}, {"a": 1}) == ["$.b"]


def test_true_is_not_one() -> None:
    assert differences({"a": True}, {"a": 1}) == ["$.a"]


def test_dates_are_ignored_or_instants() -> None:
    paris, utc, later = "2026-01-01T10:00:00+01:00", "2026-01-01T09:00:00+00:00", "2026-01-01T11:00:00+01:00"
    assert differences({"d": paris}, {"d": later}) == []
    assert differences({"d": paris}, {"d": utc}, instants=True) == []
    assert differences({"d": paris}, {"d": later}, instants=True) == ["$.d"]
    assert differences({"d": paris}, {"d": "demain"}) == ["$.d"]


def test_bracketed_and_dotted_ignored_paths_both_match() -> None:
    tree, other = {"p": [{"id": 1}]}, {"p": [{"id": 2}]}
    for pattern in ("$.p[0].id", "$.p.0.id", "$.p[*].id", "$.p"):
        assert differences(tree, other, ignore=(pattern,)) == []
    assert not covers("$.p[1].id", "$.p[0].id")


def test_what_the_editor_makes_is_learnt_and_then_held() -> None:
    comparison = Comparison()
    expected = fill({"id": "${mine}", "again": "${mine}"}, {})
    assert expected["id"] == Unbound("mine")
    assert as_typed(expected) == {"again": "@id"}
    assert comparison.differences(expected, {"id": "x", "again": "y"}, "$")[0].path == "$.again"
    assert comparison.bound == {"mine": "x"}


def test_what_refers_to_an_identifier_still_to_be_made_says_where_it_is_made() -> None:
    data = {
        "patient": [{"id": "${un}", "nom": "A"}, {"id": "${deux}", "nom": "B"}],
        "note": [{"patient": "${deux}", "texte": "x"}],
    }
    assert as_typed(fill(data, {})) == {
        "patient": [{"nom": "A"}, {"nom": "B"}],
        "note": [{"patient": "@patient[1].id", "texte": "x"}],
    }
    turned = {"note": data["note"], "patient": data["patient"]}
    assert as_typed(fill(turned, {}))["note"] == [{"patient": "@patient[1].id", "texte": "x"}]
    assert as_typed(fill(data, {"deux": "p2"}))["note"] == [{"patient": "p2", "texte": "x"}]

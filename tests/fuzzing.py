"""What fuzzers share: how many examples, odd values, and how a tree is spoiled."""

from __future__ import annotations

import copy
import os
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

EXAMPLES = int(os.environ.get("RECETTE_FUZZ", "0"))
"""How many on demand; the same few otherwise, so that a failure is met again."""

ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.sampled_from(
        [
            "",
            "x",
            "\ud800",
            "\x00\n\x1b[31m\u202e",
            "[" * 2_000,
            "9" * 400,
            10**400,
            "2026-02-30",
            "0000-01-01T00:00:00Z",
            "9999-12-31T23:59:59-14:00",
            "../../x",
            "fr.health." + "x" * 300,
            "15-15_v1.5",
            "pass",
        ]
    ),
    st.text(max_size=8),
    st.just([]),
    st.just({}),
    st.just([{"a": [None]}]),
    st.just({"a": {"b": []}}),
).map(copy.deepcopy)


def fuzzed(examples: int) -> Callable[[Any], Any]:
    """Settings of a fuzzer that tries `examples` in CI, always the same ones, and EXAMPLES others on demand."""
    return settings(
        max_examples=EXAMPLES or examples,
        derandomize=not EXAMPLES,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )


def places(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The paths of all that is in a tree, its root first."""
    children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [path, *(deeper for key, child in children for deeper in places(child, (*path, key)))]


def spoil(tree: Any, data: st.DataObject) -> Any:
    """One value anywhere below the root taken out, replaced, doubled, renamed, or moved."""
    found = places(tree)
    if len(found) == 1:
        return tree
    path = data.draw(st.sampled_from(found[1:]))
    node = tree
    for step in path[:-1]:
        node = node[step]
    how = data.draw(st.sampled_from(["replace", "remove", "double", "wrap", "rename"]))
    if how == "remove":
        del node[path[-1]]
    elif how == "double" and isinstance(node[path[-1]], str | list):
        node[path[-1]] *= 2
    elif how == "wrap":
        node[path[-1]] = data.draw(st.sampled_from([[node[path[-1]]], {path[-1]: node[path[-1]]}]))
    elif how == "rename" and isinstance(node, dict):
        node[data.draw(st.text(max_size=8))] = node.pop(path[-1])
    else:
        node[path[-1]] = data.draw(ODD)
    return tree

"""Copies of JSON trees."""

from __future__ import annotations

from typing import Any


def copied(tree: Any) -> Any:  # noqa: ANN401 - a JSON tree
    """The same tree anew; what stood in it twice as one object is two. Several times faster than deepcopy."""
    if type(tree) is dict:
        return {name: copied(value) if type(value) in _HOLDERS else value for name, value in tree.items()}
    if type(tree) is list:
        return [copied(value) if type(value) in _HOLDERS else value for value in tree]
    return tree


def copied_object(tree: Any) -> dict[str, Any]:  # noqa: ANN401 - a JSON tree
    """A copy of an object."""
    return {name: copied(value) for name, value in tree.items()}


_HOLDERS = frozenset({dict, list})

"""Copies of JSON trees."""

from __future__ import annotations

from typing import Any


def copied(tree: Any) -> Any:  # noqa: ANN401 - a JSON tree
    """The same tree anew; what stood in it twice as one object is two. Several times faster than deepcopy."""
    if tree.__class__ is dict:
        return copied_object(tree)
    return _copied_list(tree) if tree.__class__ is list else tree


def copied_object(tree: Any) -> dict[str, Any]:  # noqa: ANN401 - a JSON tree
    """A copy of an object."""
    made: dict[str, Any] = dict(tree)
    for name, value in made.items():
        if value.__class__ is dict:
            made[name] = copied_object(value)
        elif value.__class__ is list:
            made[name] = _copied_list(value)
    return made


def _copied_list(tree: list[Any]) -> list[Any]:
    made = tree.copy()
    for index, value in enumerate(tree):
        if value.__class__ is dict:
            made[index] = copied_object(value)
        elif value.__class__ is list:
            made[index] = _copied_list(value)
    return made

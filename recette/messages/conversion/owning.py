"""What of a message a conversion may change: that alone is copied, all else is shared with the message given."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from recette.messages.conversion.tables import Rule
from recette.messages.conversion.trees import copied

Plan = tuple[tuple[str, "Plan | None"], ...]
"""The fields to copy, and those to copy below each; None: all that it holds."""
_Tree = dict[str, "_Tree | None"]
_NOTED = ("medicalNote", "initialAlert.notes")
"""The lists that notes are added to."""
_MOVING = frozenset({"rename", "move"})
"""What they move, later rules may reach by its new name."""


def plan_of(rules: Iterable[Rule]) -> Plan:
    """What these rules may change, in any message."""
    found: _Tree = {}
    for path in _NOTED:
        _add(found, path.split("."), whole=False)
    for rule in rules:
        moving = rule.operation in _MOVING
        for path in _changed(rule):
            _add(found, path.replace("[]", "").split("."), whole=moving)
    return _frozen(found)


def owned(tree: dict[str, Any], plan: Plan) -> dict[str, Any]:
    """The same object anew, as far as the plan says."""
    made = tree.copy()
    for name, below in plan:
        value: Any = made.get(name)
        kind = value.__class__
        if kind is not dict and kind is not list:
            continue
        if below is None:
            made[name] = copied(value)
        elif kind is dict:
            made[name] = owned(value, below)
        else:
            made[name] = [owned(one, below) if one.__class__ is dict else one for one in value]
    return made


def _changed(rule: Rule) -> tuple[str, ...]:
    """The paths of the fields that are changed, taken away or added to."""
    path, *words = rule.words
    match rule.operation:
        case "empty":
            return ()
        case "move":
            return path, words[0]
        case "append":
            return path, ".".join((*path.split(".")[:-1], words[0]))
        case _:
            return (path,)


def _add(found: _Tree, path: list[str], *, whole: bool) -> None:
    name, *further = path
    if not further and whole:
        found[name] = None
        return
    below = found.setdefault(name, {})
    if below is not None and further:
        _add(below, further, whole=whole)


def _frozen(found: _Tree) -> Plan:
    return tuple((name, None if below is None else _frozen(below)) for name, below in found.items())

"""Data with `${variables}`: filling them in, and what is still open."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

VARIABLE = re.compile(r"\$\{([A-Za-z]\w*)([+-]\d+[smhj])?\}")
_MADE_HERE = object()
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "j": "days"}


@dataclass(frozen=True, slots=True)
class Unbound:
    """A place whose value the editor chooses; it binds the variable when the message comes."""

    name: str


def names_in(node: Any) -> set[str]:  # noqa: ANN401 - a JSON tree
    """Every variable that the data uses."""
    if isinstance(node, str):
        return {match[1] for match in VARIABLE.finditer(node)}
    if isinstance(node, dict):
        return {name for child in node.values() for name in names_in(child)}
    return {name for child in node for name in names_in(child)} if isinstance(node, list) else set()


def fill(node: Any, values: Mapping[str, str]) -> Any:  # noqa: ANN401 - a JSON tree
    """The data with its variables filled in; a text with an open one becomes `Unbound`."""
    if isinstance(node, str):
        return _fill_text(node, values) if "${" in node else node
    if isinstance(node, dict):
        return {name: fill(child, values) for name, child in node.items()}
    return [fill(child, values) for child in node] if isinstance(node, list) else node


def as_typed(node: Any) -> Any:  # noqa: ANN401 - a JSON tree
    """What a person would type: the data without what the editor makes itself.

    Where one part of the data refers to what the editor makes in another, it says so: `@patient[1].patientId`.
    """
    places: dict[str, list[str]] = {}
    _find_unbound(node, "", places)
    made = {name: next(filter(_is_made_at, paths), paths[0]) for name, paths in places.items()}
    return _typed(node, "", made)


def _find_unbound(node: Any, path: str, places: dict[str, list[str]]) -> None:  # noqa: ANN401 - a JSON tree
    if isinstance(node, Unbound):
        places.setdefault(node.name, []).append(path)
    for step, child in _children(node):
        _find_unbound(child, f"{path}{step}".removeprefix("."), places)


def _is_made_at(path: str) -> bool:
    """Whether an identifier stands where it is made: `patient[0].idPat`, and not `medicalNote[0].idPat`."""
    parent, _, field = path.rpartition(".")
    kind = field.lower().replace("id", "").strip("_")
    return kind in parent.rpartition(".")[2].lower()


def _typed(node: Any, path: str, made: Mapping[str, str]) -> Any:  # noqa: ANN401 - a JSON tree
    if isinstance(node, Unbound):
        return _MADE_HERE if made[node.name] == path else f"@{made[node.name]}"
    typed = [
        (step, _typed(child, f"{path}{step}".removeprefix("."), made)) for step, child in _children(node)
    ]
    kept = [(step, child) for step, child in typed if child is not _MADE_HERE]
    if isinstance(node, dict):
        return {step.removeprefix("."): child for step, child in kept}
    return [child for _, child in kept] if isinstance(node, list) else node


def _children(node: Any) -> list[tuple[str, Any]]:  # noqa: ANN401 - a JSON tree
    """What stands below a node, each with the step that leads to it."""
    if isinstance(node, dict):
        return [(f".{name}", child) for name, child in node.items()]
    return [(f"[{index}]", child) for index, child in enumerate(node)] if isinstance(node, list) else []


def _fill_text(text: str, values: Mapping[str, str]) -> str | Unbound:
    for match in VARIABLE.finditer(text):
        if match[1] not in values:
            return Unbound(match[1])
    return VARIABLE.sub(lambda match: shifted(values[match[1]], match[2]), text)


def shifted(value: str, shift: str | None) -> str:
    """A moment, later or earlier by what a variable's name has after it (`+5m`); any value where it has nothing."""
    if shift is None:
        return value
    amount = timedelta(**{_UNITS[shift[-1]]: int(shift[:-1])})
    return (datetime.fromisoformat(value) + amount).isoformat()

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
    return _typed(node, "", {})


def _typed(node: Any, path: str, made: dict[str, str]) -> Any:  # noqa: ANN401 - a JSON tree
    """`made`: where each identifier of the editor was met first, which is where it is made."""
    if isinstance(node, Unbound):
        first = made.setdefault(node.name, path)
        return _MADE_HERE if first == path else f"@{first}"
    if isinstance(node, dict):
        table = {
            name: _typed(child, f"{path}.{name}" if path else name, made) for name, child in node.items()
        }
        return {name: child for name, child in table.items() if child is not _MADE_HERE}
    if isinstance(node, list):
        items = (_typed(child, f"{path}[{index}]", made) for index, child in enumerate(node))
        return [child for child in items if child is not _MADE_HERE]
    return node


def _fill_text(text: str, values: Mapping[str, str]) -> str | Unbound:
    for match in VARIABLE.finditer(text):
        if match[1] not in values:
            return Unbound(match[1])
    return VARIABLE.sub(lambda match: _shifted(values[match[1]], match[2]), text)


def _shifted(value: str, shift: str | None) -> str:
    if shift is None:
        return value
    amount = timedelta(**{_UNITS[shift[-1]]: int(shift[:-1])})
    return (datetime.fromisoformat(value) + amount).isoformat()

"""Test data as a sheet that a person can type from: labels in French, one value a line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from recette.messages.dictionary.labels import label
from recette.wording.values import plain

_REFERENCE = re.compile(r"@(?:\w+\.)*(\w+)\[(\d{1,4})\](?:\.\w+)+")
_SHOWN = 2000
"""Characters of one value at most."""
_DEEPEST = 40


def sheet(data: Mapping[str, Any]) -> list[str]:
    """The lines of the sheet of a message's content, without what is empty."""
    return list(_fields(data, "", 0))


def _fields(data: Mapping[str, Any], parent: str, depth: int) -> Iterator[str]:
    indent = "  " * depth
    if depth > _DEEPEST:
        yield f"{indent}…"
        return
    for raw, value in data.items():
        name = plain(label(str(raw), parent), 80)
        if isinstance(value, list):
            yield from _items(name, str(raw), value, depth)
        elif isinstance(value, Mapping) and not _is_coded(value):
            inside = list(_fields(value, str(raw), depth + 1))
            if inside:
                yield f"{indent}{name}"
                yield from inside
        else:
            yield from _line(f"{indent}{name} : ", _value(value))


def _items(name: str, raw: str, values: list[Any], depth: int) -> Iterator[str]:
    indent = "  " * depth
    simple = all(not isinstance(one, Mapping | list) or _is_coded(one) for one in values)
    if simple and values:
        yield from _line(f"{indent}{name} : ", [", ".join(line for one in values for line in _value(one))])
        return
    for number, one in enumerate(values, start=1):
        fields = one if isinstance(one, Mapping) else {"value": one}
        inside = list(_fields(fields, raw, depth + 1))
        if inside:
            yield f"{indent}{name}{f' n° {number}' if len(values) > 1 else ''}"
            yield from inside


def _line(start: str, lines: list[str]) -> Iterator[str]:
    yield start + (lines[0] if lines else "")
    yield from (" " * len(start) + line for line in lines[1:])


def _is_coded(value: object) -> bool:
    """A nomenclature's code with its label, which a person reads as one."""
    return isinstance(value, Mapping) and set(value) == {"code", "label"}


def _value(value: object) -> list[str]:
    if _is_coded(value):
        assert isinstance(value, Mapping)
        return [f"{plain(str(value['label']), _SHOWN)} (code {plain(str(value['code']), _SHOWN)})"]
    if isinstance(value, bool):
        return ["oui" if value else "non"]
    if value is None:
        return ["(vide)"]
    if isinstance(value, str):
        said = _moment(value) or _referred(value) or value
        return [plain(line, _SHOWN) for line in said.splitlines()] or ["(vide)"]
    return [plain(str(value), _SHOWN)]


def _referred(text: str) -> str | None:
    """An identifier that the software is still to make, by the item of this sheet that will bear it."""
    found = _REFERENCE.fullmatch(text)
    return f"celui de « {label(found[1], '')} n° {int(found[2]) + 1} » de cette fiche" if found else None


def _moment(text: str) -> str | None:
    """A date with a time, as it is said; None for any other text."""
    if len(text) < 19 or text[10] != "T":
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    offset = "" if moment.tzinfo is None else f" (UTC{moment:%z})"
    return f"{moment:%d/%m/%Y à %H:%M:%S}{offset}"

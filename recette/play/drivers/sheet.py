"""Test data as a sheet that a person can type from: labels in French, one value a line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

from recette.messages.dictionary.labels import label
from recette.play.drivers.code_words import words_for
from recette.wording.counting import counted
from recette.wording.values import plain

_REFERENCE = re.compile(r"@(?:\w+\.)*(\w+)\[(\d{1,4})\](?:\.\w+)+")
_AGE = re.compile(r"P(\d{1,3})([YMWD])")
_UNITS = {"Y": ("an", "ans"), "M": ("mois", "mois"), "W": ("semaine", "semaines"), "D": ("jour", "jours")}
_SHOWN = 2000
"""Characters of one value at most."""
_DEEPEST = 40


def sheet(data: Mapping[str, Any]) -> list[str]:
    """The lines of the sheet of a message's content, without what is empty."""
    return list(_Sheet(data).fields(data, "", 0))


class _Sheet:
    """One sheet, which its own lines may refer to."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        self._data = data

    def fields(self, data: Mapping[str, Any], parent: str, depth: int) -> Iterator[str]:
        """One value a line, what is inside another below it."""
        indent = "  " * depth
        if depth > _DEEPEST:
            yield f"{indent}…"
            return
        for raw, value in data.items():
            name = plain(label(str(raw), parent), 80)
            if isinstance(value, list):
                yield from self._items(name, str(raw), value, depth)
            elif isinstance(value, Mapping) and not _is_coded(value):
                inside = list(self.fields(value, str(raw), depth + 1))
                if inside:
                    yield f"{indent}{name}"
                    yield from inside
            else:
                yield from _line(f"{indent}{name} : ", self._value(str(raw), value))

    def _items(self, name: str, raw: str, values: list[Any], depth: int) -> Iterator[str]:
        indent = "  " * depth
        simple = all(not isinstance(one, Mapping | list) or _is_coded(one) for one in values)
        if simple and values:
            told = ", ".join(line for one in values for line in self._value(raw, one))
            yield from _line(f"{indent}{name} : ", [told])
            return
        for number, one in enumerate(values, start=1):
            fields = one if isinstance(one, Mapping) else {"value": one}
            inside = list(self.fields(fields, raw, depth + 1))
            if inside:
                yield f"{indent}{name}{f' n° {number}' if len(values) > 1 else ''}"
                yield from inside

    def _value(self, field: str, value: object) -> list[str]:
        if not isinstance(value, str):
            return _shown(value)
        words = words_for(field, value)
        if words is not None:
            return [f"{words} (code {value})"]
        said = _moment(value) or _day(value) or _age(field, value) or self._referred(value) or value
        return [plain(line, _SHOWN) for line in said.splitlines()] or ["(vide)"]

    def _referred(self, text: str) -> str | None:
        """An identifier that the software is still to make, by the item of this sheet that will bear it."""
        found = _REFERENCE.fullmatch(text)
        if found is None:
            return None
        items, index = self._data.get(found[1]), int(found[2])
        alone = isinstance(items, list) and len(items) == 1
        there = items[index] if isinstance(items, list) and index < len(items) else None
        name = _name(there) if isinstance(there, Mapping) else ""
        number = "" if alone else f" n° {index + 1}"
        return f"celui de « {label(found[1], '')}{number} » de cette fiche{f' ({name})' if name else ''}"


def _name(patient: Mapping[str, Any]) -> str:
    """A person's usual name, where the sheet gives one."""
    identity = patient.get("identity")
    usual = identity.get("nonStrictFeatures") if isinstance(identity, Mapping) else None
    if not isinstance(usual, Mapping):
        return ""
    parts = [str(usual[one]) for one in ("lastName", "firstName") if usual.get(one)]
    return plain(str(usual.get("complete") or " ".join(parts)), 100)


def _line(start: str, lines: list[str]) -> Iterator[str]:
    yield start + (lines[0] if lines else "")
    yield from (" " * len(start) + line for line in lines[1:])


def _is_coded(value: object) -> bool:
    """A nomenclature's code with its label, which a person reads as one."""
    return isinstance(value, Mapping) and set(value) == {"code", "label"}


def _shown(value: object) -> list[str]:
    """A value that is no text."""
    if _is_coded(value):
        assert isinstance(value, Mapping)
        return [f"{plain(str(value['label']), _SHOWN)} (code {plain(str(value['code']), _SHOWN)})"]
    if isinstance(value, bool):
        return ["oui" if value else "non"]
    return ["(vide)"] if value is None else [plain(str(value), _SHOWN)]


def _day(text: str) -> str | None:
    """A date as it is said; None for any other text."""
    try:
        return f"{date.fromisoformat(text):%d/%m/%Y}" if len(text) == len("2026-01-31") else None
    except ValueError:
        return None


def _age(field: str, text: str) -> str | None:
    """An age as it is said; None for any other text."""
    found = _AGE.fullmatch(text) if field == "age" else None
    if found is None:
        return None
    one, many = _UNITS[found[2]]
    return counted(int(found[1]), one, many)


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

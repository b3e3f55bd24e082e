"""What can be typed at a place of a scenario: the keys and the values that the grammar of the language has there."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from recette.console.writing.place import ITEM, Path, Place, place_at
from recette.messages.dictionary.generations import generations
from recette.messages.dictionary.models import models
from recette.scenario.grammar import Schema, resolved_grammar
from recette.scenario.requirements import catalogue

_ACTORS = frozenset({"from", "to", "of", "editor", "case", "by"})
"""Whose value names an actor."""
_BY_GENERATION = re.compile(r"g[1-9]")
_LONGEST = 90
"""Characters that are said of an option."""


@dataclass(frozen=True, slots=True)
class Option:
    """Something that can stand there."""

    label: str
    told: str
    """What it is, in a few words."""
    insert: str


def offered(text: str, line: int, column: int, data: Sequence[str]) -> tuple[int, list[Option]]:
    """The column from which it is typed, and what can be typed there; `data` are the files that there are.

    Line from 1, column from 0.
    """
    place = place_at(text, line, column)
    if place is None:
        return column, []
    found = list(_options(place, text, data))
    begun = place.typed.lstrip("\"'")
    return column - len(begun), [one for one in found if begun.lower() in one.label.lower()]


def _options(place: Place, text: str, data: Sequence[str]) -> Iterator[Option]:
    schemas = list(_below(_grammar(), place.path))
    if not place.of_value or place.path[-1:] == (ITEM,):
        for name, schema in _properties(schemas).items():
            yield Option(name, _short(schema.get("description", "")), f"{name}: ")
    if place.of_value:
        name = next((step for step in reversed(place.path) if step != ITEM), "")
        if name == "data":
            yield from (Option(one, "données", one) for one in data)
        elif name in _ACTORS:
            yield from (Option(one, role, one) for one, role in _actors(text))
        yield from (Option(one, _words(one), one) for one in _values(schemas))


@lru_cache(maxsize=1)
def _grammar() -> Schema:
    return resolved_grammar()


def _below(schema: Schema, path: Path) -> Iterator[Schema]:
    """What the grammar says of a place, in all its alternatives."""
    found = list(_alternatives(schema))
    for step in path:
        if not _BY_GENERATION.fullmatch(step):
            found = [
                other for one in found for child in _children(one, step) for other in _alternatives(child)
            ]
    yield from found


def _children(schema: Schema, step: str) -> Iterator[Schema]:
    if step == ITEM:
        inside = schema.get("items")
    else:
        inside = schema.get("properties", {}).get(step, schema.get("additionalProperties"))
    if isinstance(inside, dict):
        yield inside


def _alternatives(schema: Schema) -> Iterator[Schema]:
    if "$ref" in schema:
        yield from _alternatives(_grammar()["definitions"][schema["$ref"].rpartition("/")[2]])
        return
    yield schema
    for one in (*schema.get("anyOf", ()), *schema.get("oneOf", ())):
        yield from _alternatives(one)


def _properties(schemas: Iterable[Schema]) -> dict[str, Schema]:
    return {name: child for one in schemas for name, child in one.get("properties", {}).items()}


def _values(schemas: Iterable[Schema]) -> list[str]:
    found: list[Any] = []
    for one in schemas:
        found += one.get("enum", ())
        if one.get("type") == "boolean":
            found += [True, False]
        if "const" in one:
            found.append(one["const"])
    told = (str(one).lower() if isinstance(one, bool) else str(one) for one in found)
    return list(dict.fromkeys(told))


def _words(value: str) -> str:
    known = catalogue()
    if value in known:
        return _short(known[value].text)
    return _labels().get(value, "")


@lru_cache(maxsize=1)
def _labels() -> dict[str, str]:
    return {one.name: one.label for generation in generations() for one in models(generation)}


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _actors(text: str) -> list[tuple[str, str]]:
    """The actors that the text names so far, with their roles."""
    found = re.search(r"^actors:[ \t]*(\{[^}\n]*|(?:\n[ \t]+.*)+)", text, re.MULTILINE)
    return re.findall(r"([\w-]+)\s*:\s*([A-Z]\w*)", found[1]) if found else []

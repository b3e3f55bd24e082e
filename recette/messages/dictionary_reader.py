"""Reads the data dictionary: one `.model` file a message, all generations side by side (see dictionary/)."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TypeVar

_T = TypeVar("_T")
GENERATIONS = (1, 2, 3)
_FOLDER = Path(__file__).parent / "dictionary"
_VALUE = re.compile(r'"(?:[^"\\]|\\.)*"|\S+')


class DictionaryError(ValueError):
    """A line of the dictionary that cannot be read; the text names file and line."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field as one or more generations have it.

    `kind` is `string`, `number`, `integer`, `boolean`, `datetime`, `instant`, `object`, `id:NAME`, `match:NAME`
    or `code:NAME`; `most` is None for a single value and for a list without upper bound when `listed`.
    """

    name: str
    kind: str
    required: bool
    listed: bool
    least: int
    most: int | None
    open: bool
    generations: frozenset[int]
    children: tuple[Field, ...] = ()

    def in_generation(self, generation: int) -> bool:
        return generation in self.generations


@dataclass(frozen=True, slots=True)
class MessageEntry:
    """A whole message in the dictionary."""

    name: str
    key: str
    label: str
    generations: frozenset[int]
    header: bool
    open: bool
    fields: tuple[Field, ...]


@cache
def entry(name: str) -> MessageEntry:
    """The dictionary's entry for `name` (`RS-RI`). Raises DictionaryError."""
    path = _FOLDER / f"{name.lower()}.model"
    lines = path.read_text(encoding="utf-8").splitlines()
    try:
        words = lines[0].split()
        generations = _generations("@" + words[words.index("generations") + 1])
        fields, rest = _block(path, list(enumerate(lines[2:], start=3)), 0, generations)
        if rest:
            raise ValueError(f"ligne {rest[0][0]} mal indentée")
        return MessageEntry(
            name=words[1],
            key=words[words.index("key") + 1],
            label=lines[1].removeprefix("label "),
            generations=generations,
            header="header" in words,
            open="open" in words,
            fields=fields,
        )
    except (ValueError, IndexError) as error:
        raise DictionaryError(f"{path.name} : {error}") from error


@cache
def names() -> tuple[str, ...]:
    """All messages of the dictionary, in the order of their files."""
    heads = (path.read_text(encoding="utf-8").partition("\n")[0] for path in sorted(_FOLDER.glob("*.model")))
    return tuple(head.split()[1] for head in heads)


def codes(name: str, generation: int) -> tuple[str, ...]:
    """The values of a code list in one generation. Raises DictionaryError when there is none."""
    return _named(_code_lists(), name, generation)


def pattern(name: str, generation: int) -> str:
    """A named pattern in one generation. Raises DictionaryError when there is none."""
    return _named(_patterns(), name, generation)


def _named(table: dict[tuple[str, int], _T], name: str, generation: int) -> _T:
    try:
        return table[name, generation]
    except KeyError:
        raise DictionaryError(
            f"« {name} » n'est défini pour la génération {generation} dans aucun fichier .codes"
        ) from None


@cache
def _code_lists() -> dict[tuple[str, int], tuple[str, ...]]:
    table: dict[tuple[str, int], tuple[str, ...]] = {}
    name, generations = "", frozenset(GENERATIONS)
    for line in (_FOLDER / "code-lists.codes").read_text(encoding="utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        if not line.startswith(" "):
            name, _, mark = line.partition(" ")
            generations = _generations(mark) if mark else frozenset(GENERATIONS)
            continue
        values = tuple(json.loads(word) if word.startswith('"') else word for word in _VALUE.findall(line))
        for generation in generations:
            table[name, generation] = table.get((name, generation), ()) + values
    return table


@cache
def _patterns() -> dict[tuple[str, int], str]:
    table: dict[tuple[str, int], str] = {}
    name = ""
    for line in (_FOLDER / "patterns.codes").read_text(encoding="utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        if not line.startswith(" "):
            name = line
            continue
        mark, _, text = line.strip().partition(" ")
        table.update({(name, generation): text.strip() for generation in _generations(mark)})
    return table


def _block(
    path: Path, lines: list[tuple[int, str]], indent: int, inherited: frozenset[int]
) -> tuple[tuple[Field, ...], list[tuple[int, str]]]:
    """The fields at this indent, and the lines that come after them."""
    fields: list[Field] = []
    while lines:
        number, line = lines[0]
        if not line.strip():
            lines = lines[1:]
            continue
        depth = len(line) - len(line.lstrip())
        if depth < indent:
            break
        if depth > indent:
            raise DictionaryError(f"{path.name}:{number} : indentation inattendue")
        field = _field(f"{path.name}:{number}", line.split(), inherited)
        lines = lines[1:]
        if field.kind == "object":
            children, lines = _block(path, lines, indent + 2, field.generations)
            field = Field(
                field.name,
                field.kind,
                field.required,
                field.listed,
                field.least,
                field.most,
                field.open,
                field.generations,
                children,
            )
        fields.append(field)
    return tuple(fields), lines


def _field(where: str, words: list[str], inherited: frozenset[int]) -> Field:
    try:
        name, cardinality, kind, *rest = words
        generations = _generations(rest[-1]) if rest and rest[-1].startswith("@") else inherited
        least, _, most = cardinality.rstrip("!?").partition("..")
        listed = most not in {"", "1"}
        required = (int(least) > 0 or cardinality.endswith("!")) and not cardinality.endswith("?")
        upper = int(most) if listed and most != "n" else None
        return Field(
            name, kind, required, listed, int(least) if listed else 0, upper, "open" in rest, generations
        )
    except ValueError as error:
        raise DictionaryError(
            f"{where} : attendu « champ cardinalité type [@générations] » ({error})"
        ) from error


def _generations(mark: str) -> frozenset[int]:
    found: set[int] = set()
    for part in mark.removeprefix("@").split(","):
        first, _, last = part.partition("-")
        found.update(range(int(first), int(last or first) + 1))
    return frozenset(found)

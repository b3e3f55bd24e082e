"""Named code lists and named patterns of the dictionary, with what differs between generations."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import TypeVar

from recette.messages.dictionary.lines import FOLDER, GENERATIONS, DictionaryError, Line, blocks_of

_T = TypeVar("_T")
_CODE = re.compile(r'("(?:[^"\\]|\\.)*"|[^\s"@]+)(@[\d,-]+)?(?:\s+|$)')


def codes(name: str, generation: int) -> tuple[str, ...]:
    """The values of a code list in one generation. Raises DictionaryError when there is none."""
    return _named(_code_lists(), name, generation)


def code_list_names() -> tuple[str, ...]:
    """The code lists of all generations."""
    return tuple(sorted({name for name, _ in _code_lists()}))


def quoted(code: str) -> str:
    """A code as a person may read it: in quotes where blanks or commas are part of it."""
    return f"« {code} »" if " " in code or "," in code else code


def pattern(name: str, generation: int) -> str:
    """A named pattern in one generation. Raises DictionaryError when there is none."""
    return _named(_patterns()[0], name, generation)


def meaning(text: str) -> str | None:
    """What a pattern describes, in French words, if it is one of the dictionary's (of any generation)."""
    return _patterns()[1].get(_unanchored(text))


def _unanchored(text: str) -> str:
    """The pattern as XSD writes it, where it always holds for the whole value."""
    return text.removeprefix("^").removesuffix("$")


def is_named(family: str, name: str, generation: int) -> bool:
    """Whether that code list (`code`) or pattern (`id`, `match`) is there in this generation."""
    return (name, generation) in (_code_lists() if family == "code" else _patterns()[0])


def _named(table: dict[tuple[str, int], _T], name: str, generation: int) -> _T:
    try:
        return table[name, generation]
    except KeyError:
        raise DictionaryError(
            f"« {name} » n'est défini pour la génération {generation} dans aucun fichier .codes"
        ) from None


@cache
def _code_lists() -> dict[tuple[str, int], tuple[str, ...]]:
    table: dict[tuple[str, int], list[str]] = {}
    for head, *lines in blocks_of(FOLDER / "code-lists.codes"):
        name, _, mark = head.text.partition(" ")
        generations = head.generations(mark.strip()) if mark else GENERATIONS
        for generation in generations:
            if (name, generation) in table:
                raise head.error(f"la liste « {name} » existe déjà pour la génération {generation}")
            table[name, generation] = []
        for line in lines:
            for code, held in _codes_of(line, generations):
                for generation in held:
                    table[name, generation].append(code)
    return {place: tuple(values) for place, values in table.items()}


def _codes_of(line: Line, inherited: frozenset[int]) -> list[tuple[str, frozenset[int]]]:
    text, position = line.text.strip(), 0
    found = []
    while position < len(text):
        match = _CODE.match(text, position)
        if match is None:
            raise line.error(f"code illisible : {text[position : position + 20]}")
        word, mark = match.groups()
        code = json.loads(word) if word.startswith('"') else word
        found.append((code, line.generations(mark) & inherited if mark else inherited))
        position = match.end()
    return found


@cache
def _patterns() -> tuple[dict[tuple[str, int], str], dict[str, str]]:
    """Pattern by name and generation; meaning by pattern."""
    table: dict[tuple[str, int], str] = {}
    meanings: dict[str, str] = {}
    for head, *lines in blocks_of(FOLDER / "patterns.codes"):
        name, _, words = head.text.partition(" ")
        for line in lines:
            mark, _, text = line.text.strip().partition(" ")
            if not text:
                raise line.error("attendu « @générations motif »")
            meanings.setdefault(_unanchored(text.strip()), words.strip())
            table.update({(name, generation): text.strip() for generation in line.generations(mark)})
    return table, meanings

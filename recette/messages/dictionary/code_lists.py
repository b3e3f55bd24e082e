"""Named code lists and named patterns of the dictionary, with what differs between editions."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from typing import TypeVar

from recette.messages.dictionary.generations import Edition, Models, edition_of, editions, marked
from recette.messages.dictionary.lines import FOLDER, DictionaryError, Line, blocks_of

_T = TypeVar("_T")
_CODE = re.compile(r'("(?:[^"\\]|\\.)*"|[^\s"@]+)(@[\w.,-]+)?(?:\s+|$)')


def codes(name: str, models: Models) -> tuple[str, ...]:
    """The values of a code list in one edition. Raises DictionaryError when there is none."""
    return _named(_code_lists(), name, edition_of(models))


def code_list_names() -> tuple[str, ...]:
    """The code lists of all editions."""
    return tuple(sorted({name for name, _ in _code_lists()}))


def quoted(code: str) -> str:
    """A code as a person may read it: in quotes where blanks or commas are part of it."""
    return f"« {code} »" if " " in code or "," in code else code


def pattern(name: str, models: Models) -> str:
    """A named pattern in one edition. Raises DictionaryError when there is none."""
    return _named(_patterns()[0], name, edition_of(models))


def meaning(text: str) -> str | None:
    """What a pattern describes, in French words, if it is one of the dictionary's (of any edition)."""
    return _patterns()[1].get(_unanchored(text))


def _unanchored(text: str) -> str:
    """The pattern as XSD writes it, where it always holds for the whole value."""
    return text.removeprefix("^").removesuffix("$")


def is_named(family: str, name: str, models: Models) -> bool:
    """Whether that code list (`code`) or pattern (`id`, `match`) is there in this edition."""
    return (name, edition_of(models)) in (_code_lists() if family == "code" else _patterns()[0])


@dataclass(frozen=True, slots=True)
class CodeLine:
    """One line of codes: each with the editions that have it, within those of the list."""

    number: int
    within: frozenset[Edition]
    codes: tuple[tuple[str, frozenset[Edition]], ...]


def code_places(name: str, edition: Edition) -> list[CodeLine]:
    """The lines that hold a code list of one edition."""
    for head, *lines in blocks_of(FOLDER / "code-lists.codes"):
        own, _, mark = head.text.partition(" ")
        within = marked(head, mark.strip()) if mark else frozenset(editions())
        if own == name and edition in within:
            return [CodeLine(line.number, within, tuple(_codes_of(line, within))) for line in lines]
    return []


@dataclass(frozen=True, slots=True)
class PatternLine:
    """One form of a pattern, with the editions that have it."""

    number: int
    held: frozenset[Edition]
    text: str


def pattern_places(name: str) -> list[PatternLine]:
    """The lines that hold the forms of a pattern."""
    found = []
    for head, *lines in blocks_of(FOLDER / "patterns.codes"):
        for line in lines if head.words[0] == name else []:
            mark, _, text = line.text.strip().partition(" ")
            found.append(PatternLine(line.number, marked(line, mark), text.strip()))
    return found


def pattern_names() -> tuple[str, ...]:
    """The patterns of all editions."""
    return tuple(sorted({name for name, _ in _patterns()[0]}))


def _named(table: dict[tuple[str, Edition], _T], name: str, edition: Edition) -> _T:
    try:
        return table[name, edition]
    except KeyError:
        raise DictionaryError(
            f"« {name} » n'est défini pour l'édition {edition.tag} dans aucun fichier .codes"
        ) from None


@cache
def _code_lists() -> dict[tuple[str, Edition], tuple[str, ...]]:
    table: dict[tuple[str, Edition], list[str]] = {}
    for head, *lines in blocks_of(FOLDER / "code-lists.codes"):
        name, _, mark = head.text.partition(" ")
        within = marked(head, mark.strip()) if mark else frozenset(editions())
        for edition in within:
            if (name, edition) in table:
                raise head.error(f"la liste « {name} » existe déjà pour l'édition {edition.tag}")
            table[name, edition] = []
        for line in lines:
            for code, held in _codes_of(line, within):
                for edition in held:
                    table[name, edition].append(code)
    return {place: tuple(values) for place, values in table.items()}


def _codes_of(line: Line, inherited: frozenset[Edition]) -> list[tuple[str, frozenset[Edition]]]:
    text, position = line.text.strip(), 0
    found = []
    while position < len(text):
        match = _CODE.match(text, position)
        if match is None:
            raise line.error(f"code illisible : {text[position : position + 20]}")
        word, mark = match.groups()
        code = json.loads(word) if word.startswith('"') else word
        found.append((code, marked(line, mark) & inherited if mark else inherited))
        position = match.end()
    return found


@cache
def _patterns() -> tuple[dict[tuple[str, Edition], str], dict[str, str]]:
    """Pattern by name and edition; meaning by pattern."""
    table: dict[tuple[str, Edition], str] = {}
    meanings: dict[str, str] = {}
    for head, *lines in blocks_of(FOLDER / "patterns.codes"):
        name, _, words = head.text.partition(" ")
        for line in lines:
            mark, _, text = line.text.strip().partition(" ")
            if not text:
                raise line.error("attendu « @éditions motif »")
            meanings.setdefault(_unanchored(text.strip()), words.strip())
            table.update({(name, edition): text.strip() for edition in marked(line, mark)})
    return table, meanings

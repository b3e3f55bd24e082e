"""Where a new official tag stands among the editions: its generation, and which edition it follows."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from recette.messages.dictionary.generations import (
    TABLE,
    Edition,
    edition_named,
    editions,
    generations,
    table,
)
from recette.messages.json.schemas import SchemaSet
from recette.messages.official.edits import Edits
from recette.messages.official.spaces import namespaces
from recette.messages.xml.schemas import UnusableXsdError, from_documents

_VERSION = re.compile(
    r"v?(\d{1,6})\.(\d{1,6})(?:\.(\d{1,6}))?(?:[.-]?(alpha|beta|rc)[.-]?(\d{1,6})?)?", re.IGNORECASE
)
_FINAL = "~"
"""After any word for what comes before a version."""
_BRANCHES = frozenset({"main"})
"""Names of what the next version is made of: newer than every tag before it."""
Version = tuple[int, int, int, str, int]


@dataclass(frozen=True, slots=True)
class Wanted:
    """A tag on its way in, with what a person decided about its place."""

    tag: str
    published: str = ""
    after: str = ""
    """The edition that it follows; `0` for none of its generation."""
    generation: int | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """In this generation, which may be new, behind this edition of it, or before all of them."""

    generation: int
    after: Edition | None


class UnplaceableError(ValueError):
    """A tag that cannot be an edition of this dictionary; the text says why."""


class UndecidedPlaceError(ValueError):
    """Nothing tells where the tag belongs; the text asks for it by name."""


def put_in_table(wanted: Wanted, official: SchemaSet, edits: Edits) -> dict[str, str]:
    """Write the tag's row where it belongs; tells its `place`, in French, and the tag that is `nearest` to it.

    Raises UndecidedPlaceError, UnplaceableError and UnknownEditionError.
    """
    _check_xsd(official)
    if wanted.tag in {*(one.tag for one in editions()), *table().aliases}:
        raise UnplaceableError(f"L'édition {wanted.tag} existe déjà.")
    nearest = official.edition
    place = place_of(wanted, nearest)
    namespace = namespaces(official.xsd).get("", "")
    row = f"  edition    {wanted.tag}" + (f"  {wanted.published}" if wanted.published else "")
    lines = edits.lines(TABLE)
    if place.generation not in generations():
        block = _new_generation(lines, place.generation, nearest, namespace or nearest.namespace)
        behind = _end_of_generation(lines, max(generations()))
        edits.insert_right_behind(TABLE, behind, ["", *block, row])
        told = f"première édition de la génération {place.generation}, qui est nouvelle"
    else:
        behind = _line_of(lines, place)
        if namespace and namespace != _namespace_of(lines, behind):
            row += f"  namespace {namespace}"
        edits.insert_right_behind(TABLE, behind, [row])
        told = f"édition de la génération {place.generation}, "
        told += f"après {place.after.tag}" if place.after is not None else "avant toutes les autres"
    return {"place": told, "nearest": nearest.tag}


def _check_xsd(official: SchemaSet) -> None:
    if not official.xsd:
        raise UnplaceableError(f"{official.source} ne contient pas de XSD : une édition en demande aussi.")
    try:
        from_documents({name: text.encode() for name, text in official.xsd.items()})
    except UnusableXsdError as error:
        raise UnplaceableError(
            f"{official.source} : {error}. Un fichier du lot manque, ou est abîmé."
        ) from error


def _new_generation(lines: list[str], number: int, like: Edition, namespace: str) -> list[str]:
    """The head of a generation: what is told of the nearest one, less its editions."""
    start = lines.index(f"generation {like.generation}")
    told = []
    for text in lines[start + 1 : _end_of_generation(lines, like.generation)]:
        word = text.split()[:1]
        if word and word[0] not in {"edition", "namespace", "#"}:
            told.append(text)
    return [f"generation {number}", f"  namespace  {namespace}", *told]


def _end_of_generation(lines: list[str], number: int) -> int:
    """The number of the last line of a generation's block."""
    last = start = lines.index(f"generation {number}")
    for place in range(start + 1, len(lines)):
        if lines[place].strip() and not lines[place].startswith(" "):
            break
        last = place if lines[place].strip() else last
    return last + 1


def _line_of(lines: list[str], place: Place) -> int:
    """The number of the line that the row follows: the edition before it, or all that precedes the first one."""
    start = lines.index(f"generation {place.generation}")
    for number in range(start + 1, len(lines)):
        words = lines[number].split()
        if place.after is None and words[:1] == ["edition"]:
            return number
        if place.after is not None and words[:2] == ["edition", place.after.tag]:
            return number + 1
    raise UnplaceableError(f"{TABLE} : la génération {place.generation} n'y est pas écrite comme attendu.")


def _namespace_of(lines: list[str], behind: int) -> str:
    """The namespace of the generation that a line is in."""
    return next((one.split()[1] for one in reversed(lines[:behind]) if one.split()[:1] == ["namespace"]), "")


def place_of(wanted: Wanted, nearest: Edition) -> Place:
    """By what was decided, else by version, whose first number is the generation's; a branch is the newest of the nearest one.

    Raises UndecidedPlaceError and UnknownEditionError.
    """
    if wanted.after and wanted.after != "0":
        return _behind(wanted, edition_named(wanted.after))
    version = version_of(wanted.tag)
    if version is None and wanted.tag not in _BRANCHES and wanted.after != "0":
        known = ", ".join(one.tag for one in editions(wanted.generation or nearest.generation))
        raise UndecidedPlaceError(
            f"« {wanted.tag} » ne se lit pas comme une version : quelle édition suit-elle ? --after {nearest.tag} "
            f"(connues : {known} ; 0 pour aucune)."
        )
    generation = wanted.generation
    if generation is None:
        generation = version[0] if version is not None else nearest.generation
    known_generations = generations()
    if generation not in known_generations and generation < max(known_generations):
        raise UndecidedPlaceError(
            f"La génération {generation} n'est pas du dictionnaire, et une nouvelle ne s'y ajoute qu'après les autres "
            f"({', '.join(map(str, known_generations))}) : de laquelle {wanted.tag} est-elle ? --generation {nearest.generation}."
        )
    held = editions(generation) if generation in known_generations else ()
    if wanted.after == "0" or not held:
        return Place(generation, None)
    if version is None:
        return Place(generation, held[-1])
    return Place(generation, _last_before(version, wanted.published, held))


def _behind(wanted: Wanted, before: Edition) -> Place:
    if wanted.generation not in {None, before.generation}:
        raise UndecidedPlaceError(
            f"L'édition {before.tag} est de la génération {before.generation}, pas de la {wanted.generation} : "
            "accordez --after et --generation."
        )
    return Place(before.generation, before)


def _last_before(version: Version, published: str, held: Sequence[Edition]) -> Edition | None:
    """The last edition that this version follows; what is no version (a branch) stands with what is before it, or by its day."""
    last: Edition | None = None
    reached: Version | tuple[()] = ()
    for one in held:
        known = version_of(one.tag)
        dated_later = bool(published and one.published) and published < one.published
        if (known or reached) > version or (known is None and dated_later):
            break
        last, reached = one, known or reached
    return last


def version_of(tag: str) -> Version | None:
    """`3.4.0`, `v3.4.0-rc.2`, `3.0-RC-6` as something that compares; None for what is no version."""
    found = _VERSION.fullmatch(tag)
    if found is None:
        return None
    major, minor, patch, word, number = found.groups()
    return int(major), int(minor), int(patch or 0), (word or _FINAL).lower(), int(number or 0)

"""Reads the data dictionary: one `.model` file a message, all editions side by side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import TypeAlias

from recette.messages.dictionary.code_lists import is_named
from recette.messages.dictionary.generations import Edition, Models, edition_of, marked
from recette.messages.dictionary.lines import FOLDER, Line, lines_of

_PLAIN = frozenset({"string", "number", "integer", "boolean", "datetime", "instant"})
_NAMED = frozenset({"code", "id", "match"})
_SHARED = "types.model"


@dataclass(frozen=True, slots=True)
class Field:
    """One field as one or more editions have it.

    `kind` is `string`, `number`, `integer`, `boolean`, `datetime`, `instant`, `object`, `id:NAME`, `match:NAME`
    or `code:NAME`; `least` and `most` bound a list (`most` is None for a single value and where there is no bound).
    """

    name: str
    kind: str
    required: bool
    listed: bool
    least: int
    most: int | None
    open: bool
    editions: frozenset[Edition]
    children: tuple[Field, ...] = ()
    line: int = field(default=0, compare=False)
    """Where it is written, in the file of its message or of its type."""

    def held_in(self, models: Models) -> bool:
        """Whether an edition has it."""
        return edition_of(models) in self.editions


Told: TypeAlias = tuple[tuple[str, frozenset[Edition]], ...]
"""What a head says over time, each with the editions that it holds in: the last that holds stands."""


def _last(told: Told, models: Models) -> str:
    edition = edition_of(models)
    return next((one for one, held in reversed(told) if edition in held), told[0][0])


@dataclass(frozen=True, slots=True)
class MessageEntry:
    """A whole message in the dictionary."""

    name: str
    keys: Told
    """Its use-case key; `-` for a part of every message."""
    label: str
    editions: frozenset[Edition]
    xml_editions: frozenset[Edition]
    """Those whose XSD can carry it (fact sheet 3.3)."""
    header: bool
    open: bool
    fields_as: str
    """The message whose fields it has; empty where they are its own."""
    spaces: Told
    """The end of its namespace in XML; `-` where its use-case key tells it."""
    fields: tuple[Field, ...]

    def key_in(self, models: Models) -> str:
        """Its use-case key in an edition."""
        return _last(self.keys, models)

    def space_in(self, models: Models) -> str:
        """The end of its namespace in an edition; empty where its key tells it."""
        return _last(self.spaces, models).removeprefix("-")

    @property
    def whole(self) -> bool:
        """Whether it is a message, not a part of every one."""
        return self.keys[0][0] != "-"

    def held_in(self, models: Models) -> bool:
        """Whether an edition has it."""
        return edition_of(models) in self.editions

    @property
    def generations(self) -> tuple[int, ...]:
        """The numbers of the generations that have it in at least one edition, oldest first."""
        return tuple(sorted({one.generation for one in self.editions}))


@dataclass(frozen=True, slots=True)
class _Type:
    """A structure used in several places; its lines are read again for each place, whose editions differ."""

    head: Line
    lines: list[Line]


@cache
def entry(name: str) -> MessageEntry:
    """The dictionary's entry for `name` (`RS-RI`). Raises DictionaryError."""
    head, label, *lines = _checked(lines_of(FOLDER / f"{name.lower()}.model"))
    words = head.words
    options = dict(zip(words[::2], words[1::2], strict=False))
    missing = {"message", "key", "editions"} - options.keys()
    if missing or not label.text.startswith("label "):
        raise head.error("attendu « message NOM  key CLÉ  editions … » puis « label TEXTE »")
    if options["message"] != name:
        raise head.error(f"le fichier décrit {options['message']}, pas {name}")
    editions = marked(head, options["editions"])
    own, types = _split(lines)
    if "as" in words:
        fields = entry(words[words.index("as") + 1]).fields
    else:
        fields = _fields(own, editions, {**_shared(), **types}, ())
    return MessageEntry(
        name=name,
        keys=_over_time(head, options["key"], editions),
        label=label.text.removeprefix("label "),
        editions=editions,
        xml_editions=marked(head, options["xml"]) & editions if "xml" in options else editions,
        header="header" in words,
        open="open" in words,
        fields_as=words[words.index("as") + 1] if "as" in words else "",
        spaces=_over_time(head, options.get("space", "-"), editions),
        fields=fields,
    )


def _over_time(head: Line, text: str, editions: frozenset[Edition]) -> Told:
    """`one`, or `one|other@3.5.0-` where some editions say it otherwise. Raises DictionaryError."""
    found = []
    for part in text.split("|"):
        value, sign, mark = part.partition("@")
        found.append((value, marked(head, f"@{mark}") if sign else editions))
    return tuple(found)


@cache
def names() -> tuple[str, ...]:
    """All messages of the dictionary, in the order of their files."""
    files = [path for path in sorted(FOLDER.glob("*.model")) if path.name != _SHARED]
    return tuple(_checked(lines_of(path))[0].words[1] for path in files)


def _checked(lines: list[Line]) -> list[Line]:
    if len(lines) < 2 or len(lines[0].words) < 2:
        where = lines[0] if lines else Line("?.model", 1, "")
        raise where.error("attendu « message NOM  key CLÉ  editions … » puis « label TEXTE »")
    return lines


@cache
def _shared() -> Mapping[str, _Type]:
    stray, types = _split(lines_of(FOLDER / _SHARED))
    if stray:
        raise stray[0].error("attendu « type NOM »")
    return types


def _split(lines: list[Line]) -> tuple[list[Line], dict[str, _Type]]:
    """A message's own lines, and the types below them."""
    own: list[Line] = []
    types: dict[str, _Type] = {}
    current = own
    for line in lines:
        words = line.words
        if line.indent == 0 and words[0] == "type" and (len(words) == 2 or words[2].startswith("@")):
            current = []
            types[words[1]] = _Type(line, current)
        else:
            current.append(line)
    return own, types


def _fields(
    lines: list[Line], editions: frozenset[Edition], types: Mapping[str, _Type], within: tuple[str, ...]
) -> tuple[Field, ...]:
    """The fields of one block of lines of the same indent, each with the deeper lines below it."""
    found: list[Field] = []
    position = 0
    while position < len(lines):
        line = lines[position]
        if line.indent != lines[0].indent:
            raise line.error("indentation inattendue")
        end = position + 1
        while end < len(lines) and lines[end].indent > line.indent:
            end += 1
        read = _field(line, lines[position + 1 : end], editions, types, within)
        if read is not None:
            if any(one.name == read.name and one.editions & read.editions for one in found):
                raise line.error(f"« {read.name} » est décrit deux fois pour la même édition")
            found.append(read)
        position = end
    return tuple(found)


def _field(
    line: Line,
    below: list[Line],
    inherited: frozenset[Edition],
    types: Mapping[str, _Type],
    within: tuple[str, ...],
) -> Field | None:
    """One field, or None where none of its generations is one of the place."""
    name, cardinality, kind, *rest = _at_least_three(line)
    marks = [word for word in rest if word.startswith("@")]
    if any(word != "open" and word not in marks for word in rest):
        raise line.error("après le type, seuls « open » et « @éditions » ont un sens")
    own = marked(line, marks[0]) if marks else inherited
    if not within and marks and not marks[0].endswith("-") and not own <= inherited:
        raise line.error(f"{marks[0]} dépasse les éditions de ce qui l'entoure")
    editions = own & inherited  # a type may have fields that the place where it is used has not
    if not editions:
        return None
    if kind == "object":
        if not below and "open" not in rest:
            raise line.error(f"l'objet « {name} » n'a pas de champs")
        children = _fields(below, editions, types, within)
    elif below:
        raise below[0].error("indentation inattendue")
    elif kind in types:
        if kind in within:
            raise line.error(f"le type « {kind} » se contient lui-même")
        children = _of_type(line, kind, editions, types, within)
        kind = "object"
    else:
        _known_kind(line, kind, editions)
        children = ()
    required, listed, least, most = _cardinality(line, cardinality)
    return Field(name, kind, required, listed, least, most, "open" in rest, editions, children, line.number)


def _of_type(
    line: Line,
    kind: str,
    editions: frozenset[Edition],
    types: Mapping[str, _Type],
    within: tuple[str, ...],
) -> tuple[Field, ...]:
    used = types[kind]
    marks = [word for word in used.head.words if word.startswith("@")]
    if marks and not editions <= marked(used.head, marks[0]):
        raise line.error(f"le type « {kind} » n'existe que dans {marks[0]}")
    return _fields(used.lines, editions, types, (*within, kind))


def _at_least_three(line: Line) -> list[str]:
    words = line.words
    if len(words) < 3:
        raise line.error("attendu « champ cardinalité type [open] [@éditions] »")
    return words


def _known_kind(line: Line, kind: str, editions: frozenset[Edition]) -> None:
    family, _, name = kind.partition(":")
    if kind in _PLAIN:
        return
    if family not in _NAMED:
        raise line.error(f"le type « {kind} » est inconnu")
    for edition in editions:
        if not is_named(family, name, edition):
            raise line.error(
                f"« {name} » n'est défini pour l'édition {edition.tag} dans aucun fichier .codes"
            )


def _cardinality(line: Line, text: str) -> tuple[bool, bool, int, int | None]:
    """Required, listed, least and most. `!` requires a list that may be empty, `?` makes optional one that may not."""
    least, _, most = text.rstrip("!?").partition("..")
    listed = most not in {"", "1"}
    if not least.isdigit() or (listed and most != "n" and not most.isdigit()):
        raise line.error(f"« {text} » n'est pas une cardinalité (attendu 1, 0..1, 0..n, 1..n, 0..3)")
    required = (int(least) > 0 or text.endswith("!")) and not text.endswith("?")
    upper = int(most) if listed and most != "n" else None
    return required, listed, int(least) if listed else 0, upper

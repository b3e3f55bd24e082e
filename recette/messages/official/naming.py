"""How the dictionary writes what an official schema demands: kinds, cardinalities, code lists and patterns."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from recette.messages.dictionary import reader as dictionary
from recette.messages.dictionary.code_lists import (
    code_list_names,
    code_places,
    codes,
    is_named,
    pattern,
    pattern_names,
    pattern_places,
)
from recette.messages.dictionary.generations import Edition, spelled
from recette.messages.dictionary.reader import Field
from recette.messages.json.schemas import field_schema
from recette.messages.json.shape import Schema, plain_shape, same
from recette.messages.official.edits import Edits, code_text
from recette.messages.xml.writing import is_element_name

_CODES, _PATTERNS = "code-lists.codes", "patterns.codes"
_PLAIN = frozenset({"string", "number", "integer", "boolean"})
_SAID = frozenset(
    {"type", "pattern", "format", "enum", "minItems", "maxItems", "properties", "required", "open", "items"}
)


class UnsayableError(ValueError):
    """What the dictionary has no words for; the text says where and what."""


def cardinality_of(shape: Schema, required: bool) -> str:
    """`1`, `0..1`, `1..n`, `0..n!`, as the dictionary writes it."""
    if shape.get("type") != "array":
        return "1" if required else "0..1"
    least, most = shape.get("minItems", 0), shape.get("maxItems", "n")
    if most == 1:
        raise UnsayableError("une liste d'au plus une valeur")
    sign = "!" if required and not least else "?" if least and not required else ""
    return f"{least}..{most}{sign}"


@dataclass(slots=True)
class Names:
    """The code lists and patterns of one edition, and what must change in them."""

    edition: Edition
    edits: Edits
    shapes: Mapping[str, Schema]
    _demanded: dict[str, list[Schema]] = field(default_factory=dict)
    """What the official schemas demand of the fields of each named kind."""
    _made: dict[str, Schema] = field(default_factory=dict)
    """New names, and what they stand for."""

    def __post_init__(self) -> None:
        for name, shape in self.shapes.items():
            if name in dictionary.names():
                self._gather(dictionary.entry(name).fields, shape)

    def shape_of(self, known: Field) -> Schema:
        """What a field demands now."""
        return plain_shape(field_schema(known, self.edition))

    def agrees(self, known: Field, shape: Schema, required: bool) -> bool:
        """Whether a field demands this, or will once the lists and patterns that change as a whole have changed."""
        own = self.shape_of(known)
        if known.required != required:
            return False
        if same(own, shape):
            return True
        if cardinality_of(shape, required) != cardinality_of(own, required):
            return False
        inner = shape["items"] if shape.get("type") == "array" else shape
        if known.kind != "object":
            return self._changed(known.kind) and inner == self._demanded[known.kind][0]
        children = [one for one in known.children if one.held_in(self.edition)]
        wanted = inner.get("properties", {})
        return (
            inner.get("open") == known.open
            and [one.name for one in children] == list(wanted)
            and all(self.agrees(one, wanted[one.name], one.name in inner["required"]) for one in children)
        )

    def settle(self) -> None:
        """Write the lists and patterns that changed, and the new ones."""
        for kind in self._demanded:
            if self._changed(kind):
                self._rewrite(kind, self._demanded[kind][0])
        for kind, shape in self._made.items():
            family, _, name = kind.partition(":")
            mark = f"@{spelled([self.edition])}"
            if family == "code":
                texts = ["", f"{name} {mark}", *_wrapped(map(code_text, shape["enum"]))]
                self.edits.append(_CODES, texts)
            else:
                self.edits.append(
                    _PATTERNS, ["", f"{name} forme reprise des modèles", f"    {mark}  {shape['pattern']}"]
                )

    def lines(self, name: str, shape: Schema, required: bool, indent: int, mark: str) -> list[str]:
        """A field and what is below it."""
        if not is_element_name(name):
            raise UnsayableError(f"« {name} » : un nom de champ qui n'est pas fait de lettres sans accent")
        inner = shape["items"] if shape.get("type") == "array" else shape
        unknown = (shape.keys() | inner.keys()) - _SAID
        if unknown:
            raise UnsayableError(f"« {name} » : contrainte {', '.join(sorted(unknown))}")
        children: list[str] = []
        if inner.get("type") == "object" or "properties" in inner:
            kind = "object open" if inner["open"] else "object"
            for child, below in inner["properties"].items():
                children += self.lines(child, below, child in inner["required"], indent + 2, "")
            if not children and not inner["open"]:
                raise UnsayableError(f"« {name} » : un objet sans champ")
        else:
            kind = self._kind(name, inner)
        head = f"{' ' * indent}{name}  {cardinality_of(shape, required)}  {kind}"
        return [f"{head}  {mark}" if mark else head, *children]

    def _kind(self, name: str, shape: Schema) -> str:
        told, form = shape.get("type", "string"), shape.get("format", "date-time")
        if not isinstance(told, str):
            raise UnsayableError(f"« {name} » : plusieurs types ({', '.join(map(str, told))})")
        if form != "date-time":
            raise UnsayableError(f"« {name} » : format {form}")
        if "enum" in shape and told != "string":
            raise UnsayableError(f"« {name} » : des codes de type {told}")
        if "enum" in shape:
            return self._known("code", shape) or self._new("code", name, shape, code_list_names())
        if shape.get("format") == "date-time":
            held = shape.get("pattern")
            if held not in {None, pattern("datetime", self.edition)}:
                raise UnsayableError(f"« {name} » : une date d'une autre forme ({held})")
            return "datetime" if held else "instant"
        if "pattern" in shape:
            return self._known("match", shape) or self._new("match", name, shape, pattern_names())
        if shape.get("type") in _PLAIN:
            return told
        raise UnsayableError(f"« {name} » : type {shape.get('type')}")

    def _known(self, family: str, shape: Schema) -> str:
        """A named list or pattern that says so already, and goes on saying so."""
        for known in code_list_names() if family == "code" else pattern_names():
            kinds = ["code"] if family == "code" else ["id", "match"]
            if not is_named(family, known, self.edition) or any(
                self._changed(f"{one}:{known}") for one in kinds
            ):
                continue
            if family == "code" and set(codes(known, self.edition)) == set(shape["enum"]):
                return f"code:{known}"
            if family == "match" and pattern(known, self.edition) == shape["pattern"]:
                return f"match:{known}"
        return ""

    def _new(self, family: str, name: str, shape: Schema, taken: Collection[str]) -> str:
        for kind, held in self._made.items():
            if held == shape and kind.startswith(f"{family}:"):
                return kind
        used = {kind.partition(":")[2] for kind in self._made} | set(taken)
        free = next(one for one in _candidates(name, self.edition.tag) if one not in used)
        self._made[f"{family}:{free}"] = shape
        return f"{family}:{free}"

    def _gather(self, fields: tuple[Field, ...], shape: Schema) -> None:
        for one in fields:
            inside = shape.get("properties", {}).get(one.name) if one.held_in(self.edition) else None
            if inside is None:
                continue
            inner = inside["items"] if inside.get("type") == "array" else inside
            if one.kind == "object":
                self._gather(one.children, inner)
            elif ":" in one.kind:
                self._demanded.setdefault(one.kind, []).append(inner)

    def _changed(self, kind: str) -> bool:
        """Whether all fields of a named kind demand the same, and another thing than now."""
        demanded = self._demanded.get(kind, [])
        family, _, name = kind.partition(":")
        if not demanded or any(one != demanded[0] for one in demanded):
            return False
        if family == "code":
            return "enum" in demanded[0] and set(demanded[0]["enum"]) != set(codes(name, self.edition))
        same_form = demanded[0].keys() == {"type", "pattern"}
        return same_form and demanded[0]["pattern"] != pattern(name, self.edition)

    def _rewrite(self, kind: str, shape: Schema) -> None:
        family, _, name = kind.partition(":")
        if family == "code":
            self._rewrite_codes(name, shape["enum"])
            return
        mark = f"@{spelled([self.edition])}"
        for place in pattern_places(name):
            if self.edition in place.held:
                before = place.held - {self.edition}
                old = f"    @{spelled(before)}  {place.text}"
                texts = [f"    {mark}  {shape['pattern']}"]
                if before:
                    self.edits.replace(_PATTERNS, place.number, old)
                    self.edits.insert_right_behind(_PATTERNS, place.number, texts)
                else:
                    self.edits.replace(_PATTERNS, place.number, texts[0])

    def _rewrite_codes(self, name: str, wanted: list[str]) -> None:
        """Each code of the list's block with its editions; what comes stands behind the last."""
        places = code_places(name, self.edition)
        written: set[str] = set()
        for place in places:
            texts = []
            for code, held in place.codes:
                want = code in wanted and code not in written
                now = (held | {self.edition}) if want else held - {self.edition}
                written |= {code} if want else set()
                if now:
                    whole = now == place.within
                    texts.append(code_text(code) + ("" if whole else f"@{spelled(now)}"))
            self.edits.replace(_CODES, place.number, "    " + " ".join(texts) if texts else "    # (néant)")
        come = [one for one in wanted if one not in written]
        if come:
            mark = f"@{spelled([self.edition])}"
            self.edits.insert_right_behind(
                _CODES, places[-1].number, _wrapped(f"{code_text(one)}{mark}" for one in come)
            )


def _candidates(name: str, tag: str) -> Iterator[str]:
    yield name
    yield f"{name}.{tag}"
    number = 2
    while True:
        yield f"{name}.{tag}.{number}"
        number += 1


def _wrapped(texts: Any) -> list[str]:  # noqa: ANN401 - an iterable of words
    """Words in lines of an indent, none longer than 115 characters where it can be helped."""
    lines, line = [], "   "
    for one in texts:
        if len(line) + len(one) > 110 and line.strip():
            lines.append(line)
            line = "   "
        line += f" {one}"
    return [*lines, line] if line.strip() else lines

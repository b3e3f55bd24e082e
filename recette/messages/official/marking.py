"""What a new official tag demands, written as marks into a dictionary that has the tag in its table already.

Read by a process of its own, since what is read once of a dictionary is kept: see `adoption.py`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from recette.messages.dictionary import reader as dictionary
from recette.messages.dictionary.generations import (
    TABLE,
    Edition,
    UnknownEditionError,
    edition_named,
    spelled,
    table,
)
from recette.messages.dictionary.lines import FOLDER
from recette.messages.dictionary.reader import Field, MessageEntry, Told
from recette.messages.json.schemas import ENVELOPE, BundleError, SchemaSet, compiled
from recette.messages.json.shape import Schema, plain_shape, same
from recette.messages.official.edits import Edits
from recette.messages.official.naming import Names, UnsayableError, cardinality_of
from recette.messages.official.placing import UndecidedPlaceError, UnplaceableError, Wanted, put_in_table
from recette.messages.official.spaces import namespaces
from recette.messages.official.words import check_words
from recette.messages.xml.names import IN_MESSAGE_NAMESPACE, content_namespace


@dataclass(frozen=True, slots=True)
class Answers:
    """What a person decided: renames by `MODEL.old` (empty: none), perimeters by new message."""

    renamed: Mapping[str, str]
    perimeters: Mapping[str, list[str]]


@dataclass(slots=True)
class Marking:
    """One tag on its way into the dictionary."""

    edition: Edition
    official: SchemaSet
    answers: Answers
    edits: Edits
    questions: list[str] = field(default_factory=list)
    renames: set[tuple[str, str]] = field(default_factory=set)
    """Old and new names that were asked about, or written: a shared structure has them in many messages."""
    shapes: dict[str, Schema] = field(init=False)
    spaces: Mapping[str, str] = field(init=False)
    """The namespace of each content, by its key."""

    def __post_init__(self) -> None:
        self.shapes = {name: plain_shape(one) for name, one in self.official.schemas.items()}
        self.shapes[ENVELOPE] = {"type": "object", **self.shapes[ENVELOPE]}
        self.spaces = namespaces(self.official.xsd)
        check_words(self.shapes, self.official.use_cases.values(), self.spaces)

    def messages(self) -> None:
        """Which messages there are: heads of files, new files, and who uses a new one."""
        known = {name: dictionary.entry(name) for name in dictionary.names()}
        for name, entry in known.items():
            held, wanted = self.edition in entry.editions, name in self.shapes
            if held != wanted:
                self._head(name, "editions", spelled(entry.editions ^ {self.edition}))
            if wanted:
                self._key(name, entry)
        names = Names(self.edition, self.edits, self.shapes)
        for name in sorted(self.shapes.keys() - known.keys()):
            self._new_message(name, names)
        names.settle()

    def fields(self) -> None:
        """What each message that both have holds."""
        names = Names(self.edition, self.edits, self.shapes)
        for name, shape in self.shapes.items():
            entry = dictionary.entry(name)
            own = plain_shape(compiled(name, self.edition))
            alike = own == shape if name == ENVELOPE else same(own, shape)
            if alike or entry.fields_as:
                continue
            if entry.open != shape["open"]:
                raise UnsayableError(f"{name} : ce qui y est permis au-delà de ses champs a changé.")
            if name == ENVELOPE:
                self._check_envelope(shape, own, "")
            _Comparison(self, names, name, f"{name.lower()}.model").compare(entry.fields, shape, "", 0)
        names.settle()

    def _check_envelope(self, shape: Schema, own: Schema, path: str) -> None:
        """What a message is found by has to be where it was. Raises UnsayableError."""
        for name, below in own.get("properties", {}).items():
            found = shape.get("properties", {}).get(name)
            if found is None:
                raise UnsayableError(
                    f"Enveloppe : « {path}{name} » n'y est plus, et c'est par ce nom que la recette la lit ; cette édition "
                    "demande une recette plus récente."
                )
            inner = [one.get("items", one) for one in (found, below)]
            self._check_envelope(inner[0], inner[1], f"{path}{name}.")

    def _key(self, name: str, entry: MessageEntry) -> None:
        """The use-case key and the namespace of a message that both have. Raises UnsayableError."""
        used = next((one for one in self.official.use_cases.values() if one.model == name), None)
        if used is None:
            return
        if used.has_header != entry.header:
            raise UnsayableError(
                f"{name} : avec ou sans en-tête, ce que rien ne change d'une édition à l'autre."
            )
        mark = f"@{spelled([self.edition])}"
        if used.key != entry.key_in(self.edition):
            self._head(name, "key", f"{self._told(entry.keys)}|{used.key}{mark}")
        space = self.spaces.get(used.key, "")
        if space and space != content_namespace(entry.key_in(self.edition), self.edition):
            end = self._space(name, used.key).removeprefix("  space ") or "-"
            if end != (entry.space_in(self.edition) or "-"):
                self._head(name, "space", f"{self._told(entry.spaces)}|{end}{mark}")

    def _told(self, told: Told) -> str:
        """What a head says over time, as it is written."""
        first, *more = told
        return "|".join([first[0], *(f"{value}@{spelled(held)}" for value, held in more)])

    def _head(self, name: str, option: str, value: str) -> None:
        """Have the first line of a message's file say this of an option."""
        file = f"{name.lower()}.model"
        number = next(i for i, text in enumerate(self.edits.lines(file), 1) if text.startswith("message "))
        words = self.edits.text(file, number).split()
        if option in words:
            words[words.index(option) + 1] = value
        else:
            words[2:2] = [option, value]
        self.edits.replace(file, number, " ".join(words))

    def _new_message(self, name: str, names: Names) -> None:
        used = next((one for one in self.official.use_cases.values() if one.model == name), None)
        if used is None:
            return
        perimeters = self.answers.perimeters.get(name)
        told = any(name in each for each in table().used.values())
        if perimeters is None and not told:
            known = ", ".join(one for one in table().used if one != "*")
            self.questions.append(
                f"{name} est nouveau : quels périmètres l'emploient ? --perimeter {name}=P1,P2 "
                f"(connus : {known} ; * pour tous)."
            )
            return
        head = f"message {name}  key {used.key}  editions {spelled([self.edition])}"
        head += self._space(name, used.key) + ("  header" if used.has_header else "  bare")
        shape = self.shapes[name]
        lines = [
            line
            for child, inside in shape["properties"].items()
            for line in names.lines(child, inside, child in shape["required"], 0, "")
        ]
        self.edits.create(
            f"{name.lower()}.model",
            [head + ("  open" if shape["open"] else ""), f"label {name}", *([""] if lines else []), *lines],
        )
        for perimeter in perimeters or ():
            self._used(name, perimeter)

    def _space(self, name: str, key: str) -> str:
        """What the head says of the namespace, where the key does not tell it."""
        space = self.spaces.get(key, "")
        expected = key.lower() if self.edition.contents_lower else key
        end = space.removeprefix(f"{self.edition.namespace}:")
        if not space or end == expected or (end == space and key in IN_MESSAGE_NAMESPACE):
            return ""
        if end == space:
            raise UnsayableError(f"{name} : l'espace de noms {space} ne suit pas celui des messages.")
        return f"  space {end}"

    def _used(self, name: str, perimeter: str) -> None:
        lines = self.edits.lines(TABLE)
        for number, text in enumerate(lines, 1):
            if text.split()[:2] == ["used", perimeter]:
                self.edits.replace(TABLE, number, f"{self.edits.text(TABLE, number)} {name}")
                return
        self.edits.append(TABLE, [f"used {perimeter}  {name}"])


@dataclass(slots=True)
class _Comparison:
    """The fields of one message, its own lines and those that it adds."""

    marking: Marking
    names: Names
    model: str
    file: str

    def compare(self, fields: tuple[Field, ...], shape: Schema, path: str, parent: int) -> None:
        """One object: `parent` is the line that its children stand below, 0 for the message itself."""
        edition, edits = self.marking.edition, self.marking.edits
        held = {one.name: one for one in fields if one.held_in(edition)}
        wanted: Mapping[str, Schema] = shape["properties"]
        last = parent
        indent = self._indent(fields, parent)
        gone = [one for name, one in held.items() if name not in wanted]
        self._ask_renames(held, shape, path)
        moved = [] if self.model == ENVELOPE else [held.pop(name) for name in _moved(held, wanted)]
        for one in (*gone, *moved):
            edits.mark(self.file, one.line, one.editions - {edition})
        for name, inside in wanted.items():
            required = name in shape["required"]
            known = held.get(name)
            if known is None:
                mark = f"@{spelled([edition])}"
                self._put(last, parent, self.names.lines(name, inside, required, indent, mark))
                continue
            if not self.names.agrees(known, inside, required):
                self._change(known, inside, required, f"{path}.{name}", indent)
            last = known.line

    def _change(self, known: Field, shape: Schema, required: bool, path: str, indent: int) -> None:
        edition, edits = self.marking.edition, self.marking.edits
        inner = shape["items"] if shape.get("type") == "array" else shape
        same = cardinality_of(shape, required) == cardinality_of(self.names.shape_of(known), known.required)
        inline = known.children and edits.text(self.file, known.line).split()[2] == "object"
        if inline and same and inner.get("type") == "object" and inner["open"] == known.open:
            self.compare(known.children, inner, path, known.line)
            return
        if inner.get("type") == "object":
            self._ask_below(known.children, inner, path)
        before = known.editions - {edition}
        lines = self.names.lines(known.name, shape, required, indent, f"@{spelled([edition])}")
        if before:
            edits.mark(self.file, known.line, before)
        edits.insert(self.file, known.line, lines)

    def _put(self, last: int, parent: int, lines: list[str]) -> None:
        edits = self.marking.edits
        if last and last != parent:
            edits.insert(self.file, last, lines)
        elif parent:
            edits.insert_right_behind(self.file, parent, lines)
        else:
            texts = edits.lines(self.file)
            label = next(i for i, text in enumerate(texts, 1) if text.startswith("label "))
            blank = label < len(texts) and not texts[label].strip()
            edits.insert_right_behind(self.file, label + blank, lines)

    def _indent(self, fields: tuple[Field, ...], parent: int) -> int:
        lines = self.marking.edits.lines(self.file)
        for one in fields:
            if one.line:
                return len(lines[one.line - 1]) - len(lines[one.line - 1].lstrip(" "))
        return 0 if not parent else len(lines[parent - 1]) - len(lines[parent - 1].lstrip(" ")) + 2

    def _ask_renames(self, held: Mapping[str, Field], shape: Schema, path: str) -> None:
        """A field that goes while one of the same shape comes may be the same under another name: a person knows."""
        wanted: Mapping[str, Schema] = shape["properties"]
        come = [name for name in wanted if name not in held]
        for one in (known for name, known in held.items() if name not in wanted):
            place = f"{self.model}{path}.{one.name}"
            alike = [
                name
                for name in come
                if wanted[name] == self.names.shape_of(one) and (name in shape["required"]) == one.required
            ]
            new = self._answer(place, one.name, come)
            if new is not None:
                if new and new not in come:
                    self.marking.questions.append(
                        f"{place} : « {new} » n'est pas un champ qui vient à sa place."
                    )
                elif new:
                    self._renamed(one.name, new)
            elif alike and (one.name, alike[0]) not in self.marking.renames:
                self.marking.renames.add((one.name, alike[0]))
                self.marking.questions.append(
                    f"{place} disparaît, {' et '.join(alike)} apparaît, de même forme : est-ce un autre nom ? "
                    f"--rename {place}={alike[0]}, ou --rename {place}= si ce n'en est pas un."
                )

    def _answer(self, place: str, old: str, come: list[str]) -> str | None:
        """What was decided of this place, or of the same name at another, where what it was called there comes here too."""
        decided = self.marking.answers.renamed
        elsewhere = (new for other, new in decided.items() if other.rpartition(".")[2] == old)
        return decided.get(place, next((new for new in elsewhere if not new or new in come), None))

    def _ask_below(self, fields: tuple[Field, ...], shape: Schema, path: str) -> None:
        """The renames in a structure that is written anew."""
        wanted = shape["properties"]
        held = {one.name: one for one in fields if one.held_in(self.marking.edition)}
        self._ask_renames(held, shape, path)
        for name in (one for one in held if one in wanted):
            inner = wanted[name].get("items", wanted[name])
            if inner.get("type") == "object":
                self._ask_below(held[name].children, inner, f"{path}.{name}")

    def _renamed(self, old: str, new: str) -> None:
        """The table's row of what one thing is called over time."""
        if (old, new) in self.marking.renames:
            return
        self.marking.renames.add((old, new))
        edits = self.marking.edits
        for number, text in enumerate(edits.lines(TABLE), 1):
            words = text.split()
            if words[:1] == ["name"] and old in words[1:]:
                edits.replace(TABLE, number, f"{edits.text(TABLE, number)} {new}")
                return
        edits.append(TABLE, [f"name {old}  {new}"])


def _moved(held: Iterable[str], wanted: Iterable[str]) -> list[str]:
    """The fewest of those in both that have to move for the others to be in the order that is wanted."""
    places = {name: place for place, name in enumerate(wanted)}
    common = [name for name in held if name in places]
    longest: list[list[str]] = []
    """By its last name, the longest of what stays up to there."""
    for name in common:
        before = [one for one in longest if places[one[-1]] < places[name]]
        longest.append([*max(before, key=len, default=[]), name])
    stays = max(longest, key=len, default=[])
    return [name for name in common if name not in stays]


def _told(
    questions: list[str] | None = None, told: Mapping[str, str] | None = None, impossible: str = ""
) -> None:
    json.dump({"questions": questions or [], "told": told or {}, "impossible": impossible}, sys.stdout)


def main() -> None:
    """`python -m recette.messages.official.marking BUNDLE place|messages|fields`, answers as JSON on standard input.

    Prints what is told, the questions that are left and what is impossible as JSON; without either, the edits are written.
    """
    bundle, step = sys.argv[1:]
    asked: dict[str, Any] = json.load(sys.stdin)
    wanted, edits = Wanted(**asked["wanted"]), Edits(FOLDER)
    try:
        official = SchemaSet.from_bundle(Path(bundle))
        if step == "place":
            told = put_in_table(wanted, official, edits)
            edits.write()
            _told(told=told)
            return
        answers = Answers(asked["renamed"], asked["perimeters"])
        marking = Marking(edition_named(wanted.tag), official, answers, edits)
        getattr(marking, step)()
    except UnsayableError as error:
        _told(impossible=f"Le dictionnaire n'a pas de mots pour ceci : {error}")
    except UndecidedPlaceError as error:
        _told([str(error)])
    except (UnknownEditionError, BundleError, UnplaceableError) as error:
        _told(impossible=str(error))
    else:
        if not marking.questions:
            edits.write()
        _told(marking.questions)


if __name__ == "__main__":
    main()

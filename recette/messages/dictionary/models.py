"""The messages there are, by name, by use-case key and by generation."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from recette.messages.dictionary import reader as dictionary
from recette.messages.dictionary.reader import Field
from recette.wording.nearest_name import nearest

_STEP = re.compile(r"\.([A-Za-z0-9_-]+)|\[(\d+|\*)\]")


class UnknownModelError(ValueError):
    """No such message in this generation; the text names the nearest one."""


@dataclass(frozen=True, slots=True)
class MessageModel:
    """One message in one generation; `key` is its use-case key beside the header (fact sheet 5.1)."""

    name: str
    key: str
    label: str
    generation: int
    has_header: bool

    @property
    def fields(self) -> tuple[Field, ...]:
        """Its fields of this generation, in the order that XML demands."""
        return _held(dictionary.entry(self.name).fields, self.generation)


@cache
def models(generation: int) -> tuple[MessageModel, ...]:
    """Every message of a generation."""
    entries = (dictionary.entry(name) for name in dictionary.names())
    return tuple(
        MessageModel(entry.name, entry.key, entry.label, generation, entry.header)
        for entry in entries
        if entry.key != "-" and generation in entry.generations
    )


def model(name: str, generation: int) -> MessageModel:
    """The message of that name. Raises UnknownModelError."""
    found = _by_name(generation)
    if name in found:
        return found[name]
    near = nearest(name, found)
    hint = f" : vouliez-vous dire {near[0]} ?" if near else f". Connus : {', '.join(sorted(found))}."
    if name in dictionary.names():
        held = sorted(dictionary.entry(name).generations)
        hint = f", mais bien dans la {' et la '.join(map(str, held))}."
    raise UnknownModelError(f"Le message « {name} » n'existe pas dans la génération {generation}{hint}")


@cache
def _by_name(generation: int) -> dict[str, MessageModel]:
    return {known.name: known for known in models(generation)}


@cache
def _by_key(generation: int) -> dict[str, MessageModel]:
    return {known.key: known for known in models(generation)}


def model_of_key(key: str, generation: int) -> MessageModel | None:
    """The message that this use-case key names, if any."""
    return _by_key(generation).get(key)


@cache
def comes_bare(key: str) -> bool:
    """Whether what stands under this key comes without a header, which no generation changes."""
    entries = (dictionary.entry(name) for name in dictionary.names())
    return any(entry.key == key and not entry.header for entry in entries)


def has_path(message: MessageModel, path: str) -> bool:
    """Whether `$.<key>.<field>[0]…` is a place that this message can have.

    A list is passed with an index or `[*]`; a path may end on a list or on one of its items.
    """
    steps = _STEP.findall(path.removeprefix("$"))
    if "$" + "".join(f".{name}" if name else f"[{index}]" for name, index in steps) != path:
        return False
    if not steps or steps[0][0] != message.key:
        return False
    if dictionary.entry(message.name).open:
        return True
    fields = {field.name: field for field in message.fields}
    field: Field | None = None
    indexed = True
    for name, index in steps[1:]:
        if index:
            if field is None or indexed:
                return False
            indexed = True
            continue
        if field is not None and field.open:
            return True
        if not indexed or name not in fields:
            return False
        field = fields[name]
        indexed = not field.listed
        fields = {child.name: child for child in _held(field.children, message.generation)}
    return True


def _held(fields: tuple[Field, ...], generation: int) -> tuple[Field, ...]:
    return tuple(field for field in fields if field.in_generation(generation))

"""The messages there are, by name, by use-case key and by generation."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache

from recette.messages import dictionary_reader as dictionary
from recette.messages.dictionary_reader import Field

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
        return dictionary.entry(self.name).fields


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
    found = {known.name: known for known in models(generation)}
    if name in found:
        return found[name]
    near = get_close_matches(name.upper(), found, n=1)
    hint = f" : vouliez-vous dire {near[0]} ?" if near else f". Connus : {', '.join(sorted(found))}."
    raise UnknownModelError(f"Le message « {name} » n'existe pas dans la génération {generation}{hint}")


@cache
def _by_key(generation: int) -> dict[str, MessageModel]:
    return {known.key: known for known in models(generation)}


def model_of_key(key: str, generation: int) -> MessageModel | None:
    """The message that this use-case key names, if any."""
    return _by_key(generation).get(key)


def has_path(message: MessageModel, path: str) -> bool:
    """Whether `$.<key>.<field>[0]…` is a place that this message can have."""
    steps = _STEP.findall(path.removeprefix("$"))
    if "$" + "".join(f".{name}" if name else f"[{index}]" for name, index in steps) != path:
        return False
    names = [name for name, _ in steps if name]
    if not names or names[0] != message.key:
        return False
    fields = [field for field in message.fields if field.in_generation(message.generation)]
    for position, name in enumerate(names[1:], start=1):
        field = next((field for field in fields if field.name == name), None)
        if field is None:
            return message.key == "customContent"
        if field.open and position < len(names) - 1:
            return True
        fields = [child for child in field.children if child.in_generation(message.generation)]
    return True

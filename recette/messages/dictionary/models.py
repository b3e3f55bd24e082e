"""The messages there are, by name, by use-case key and by edition."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache

from recette.messages.dictionary import reader as dictionary
from recette.messages.dictionary.generations import Edition, Models, edition_of, editions, generations
from recette.messages.dictionary.reader import Field
from recette.wording.nearest_name import nearest

_STEP = re.compile(r"\.([A-Za-z0-9_-]+)|\[(\d+|\*)\]")


class UnknownModelError(ValueError):
    """No such message in this edition; the text names the nearest one."""


@dataclass(frozen=True, slots=True)
class MessageModel:
    """One message in one edition; `key` is its use-case key beside the header (fact sheet 5.1)."""

    name: str
    key: str
    label: str
    edition: Edition
    has_header: bool

    @property
    def fields(self) -> tuple[Field, ...]:
        """Its fields of this edition, in the order that XML demands."""
        return _held(dictionary.entry(self.name).fields, self.edition)


def models(edition: Models) -> tuple[MessageModel, ...]:
    """Every message of an edition."""
    return _models(edition_of(edition))


@cache
def _models(edition: Edition) -> tuple[MessageModel, ...]:
    entries = (dictionary.entry(name) for name in dictionary.names())
    return tuple(
        MessageModel(entry.name, entry.key_in(edition), entry.label, edition, entry.header)
        for entry in entries
        if entry.whole and edition in entry.editions
    )


def model(name: str, edition: Models) -> MessageModel:
    """The message of that name. Raises UnknownModelError."""
    asked = edition_of(edition)
    found = _by_name(asked)
    if name in found:
        return found[name]
    near = nearest(name, found)
    hint = f" : vouliez-vous dire {near[0]} ?" if near else f". Connus : {', '.join(sorted(found))}."
    if name in dictionary.names():
        hint = f", mais bien dans la {' et la '.join(where_held(dictionary.entry(name).editions))}."
    raise UnknownModelError(f"Le message « {name} » n'existe pas dans la {asked.title}{hint}")


def where_held(held: Collection[Edition]) -> list[str]:
    """Where something is, as a sentence lists it: `génération 2`, `3`; an edition where not all of its generation have it."""
    found: list[str] = []
    for number in generations():
        own = [one for one in editions(number) if one in held]
        whole = len(own) == len(editions(number))
        found += (
            [str(number)] if whole else [f"{number} ({', '.join(one.tag for one in own)})"] if own else []
        )
    return [f"génération {found[0]}", *found[1:]] if found else []


@cache
def _by_name(edition: Edition) -> dict[str, MessageModel]:
    return {known.name: known for known in _models(edition)}


@cache
def _by_key(edition: Edition) -> dict[str, MessageModel]:
    return {known.key: known for known in _models(edition)}


def model_of_key(key: str, edition: Models) -> MessageModel | None:
    """The message that this use-case key names, if any."""
    return _by_key(edition_of(edition)).get(key)


@cache
def comes_bare(key: str) -> bool:
    """Whether what stands under this key comes without a header, which no edition changes."""
    entries = (dictionary.entry(name) for name in dictionary.names())
    return any(key in dict(entry.keys) and not entry.header for entry in entries)


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
        fields = {child.name: child for child in _held(field.children, message.edition)}
    return True


def _held(fields: tuple[Field, ...], edition: Models) -> tuple[Field, ...]:
    return tuple(field for field in fields if field.held_in(edition))

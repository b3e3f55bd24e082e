"""How an edition spells what all of them have: the names of one thing over time, and which of them a message uses."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from recette.messages.dictionary import reader as dictionary
from recette.messages.dictionary.generations import Edition, Models, edition_of, table
from recette.messages.dictionary.reader import Field


def spelling(name: str, model: str, models: Models) -> str:
    """What the message calls what is named `name` elsewhere: `patientId` is `idPat` in generation 1.

    `name` itself where the message has none of its spellings.
    """
    held = _names(model, edition_of(models))
    return next((one for one in table().spellings.get(name, (name,)) if one in held), name)


def has_field(name: str, model: str, models: Models) -> bool:
    """Whether the message has a field of that name, at whatever depth."""
    return name in _names(model, edition_of(models))


@cache
def _names(model: str, edition: Edition) -> frozenset[str]:
    if model not in dictionary.names():
        return frozenset()
    return frozenset(_below(dictionary.entry(model).fields, edition))


def _below(fields: tuple[Field, ...], edition: Edition) -> Iterator[str]:
    for one in fields:
        if one.held_in(edition):
            yield one.name
            yield from _below(one.children, edition)

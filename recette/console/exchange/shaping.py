"""A field taken into a message being written, or out of it, as the dictionary has it there."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from recette.messages.dictionary.examples import field_example
from recette.messages.dictionary.generations import Edition
from recette.messages.dictionary.models import MessageModel
from recette.messages.dictionary.reader import Field

_LONGEST = 4096
"""Characters of a change."""
Path = tuple[str | int, ...]


class ShapeError(ValueError):
    """There is no such place in the message; the text says so."""


@dataclass(frozen=True, slots=True)
class Change:
    """One field or item more, or less."""

    adds: bool
    at: Path

    @property
    def text(self) -> str:
        """As a page sends it."""
        return json.dumps({"adds": self.adds, "at": self.at})


def change_of(text: str) -> Change:
    """What a page sent. Raises ShapeError."""
    try:
        found = json.loads(text[:_LONGEST])
    except (ValueError, RecursionError) as error:
        raise ShapeError("Ce changement ne peut pas être lu : rechargez la page.") from error
    at = found.get("at") if isinstance(found, dict) else None
    if not isinstance(at, list) or not at or not all(isinstance(one, str | int) for one in at):
        raise ShapeError("Ce changement ne dit pas où il se fait : rechargez la page.")
    return Change(found.get("adds") is True, tuple(at))


def changes(
    node: Mapping[str, Any], fields: Iterable[Field], edition: Edition, at: Path
) -> Iterator[tuple[Change, Field | None, str]]:
    """What can be added to an object at `at`, then what can go: each with its field and its name there."""
    known = {one.name: one for one in fields if one.held_in(edition)}
    for name, one in known.items():
        held = node.get(name)
        more = isinstance(held, list) and one.listed and (one.most is None or len(held) < one.most)
        if name not in node or more:
            yield Change(adds=True, at=(*at, name)), one, name
    for name, held in node.items():
        of = known.get(name)
        items = len(held) or 1 if isinstance(held, list) else 1  # a list of nothing can go as well
        least = (max(of.least, 1) if of.listed else 1) if of is not None and of.required else 0
        if items > least:
            last = (len(held) - 1,) if isinstance(held, list) and held else ()
            yield Change(adds=False, at=(*at, name, *last)), of, name


def shaped(content: Mapping[str, Any], change: Change, model: MessageModel) -> dict[str, Any]:
    """The content with that change; what is added is as short an example as the dictionary allows. Raises ShapeError."""
    found: Any = copy.deepcopy(dict(content))
    *way, last = change.at
    holder = found
    for step in way:
        holder = _inside(holder, step)
    if not change.adds:
        _inside(holder, last)
        del holder[last]
        if isinstance(holder, list) and not holder:
            return shaped(content, Change(adds=False, at=tuple(way)), model)
        return dict(found)
    one = _field(model.fields, change.at)
    if not isinstance(holder, dict) or one is None or not isinstance(last, str):
        raise _nowhere(change.at)
    value = field_example(one, model.edition)
    if isinstance(holder.get(last), list) and isinstance(value, list):
        holder[last].extend(value[:1])
    elif last in holder:
        raise _nowhere(change.at)
    else:
        holder[last] = value
    return dict(found)


def _inside(holder: Any, step: str | int) -> Any:  # noqa: ANN401 - a JSON tree
    if isinstance(holder, dict) and isinstance(step, str) and step in holder:
        return holder[step]
    if isinstance(holder, list) and isinstance(step, int) and 0 <= step < len(holder):
        return holder[step]
    raise _nowhere((step,))


def _field(fields: Iterable[Field], at: Path) -> Field | None:
    """The field at a place, by the names on the way to it."""
    found: Field | None = None
    for name in (one for one in at if isinstance(one, str)):
        found = next((one for one in fields if one.name == name), None)
        fields = found.children if found is not None else ()
    return found


def _nowhere(at: Path) -> ShapeError:
    return ShapeError(f"Il n'y a pas de place pour « {at[-1]} » dans ce message : rechargez la page.")

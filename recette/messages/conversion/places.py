"""Paths of the conversion tables (`patient[].detail.treatment`) in a message's content."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

Tree = dict[str, Any]


class Place(NamedTuple):
    """A field that is there. Most are only looked at: what it is called, and whose it is, is told when asked for."""

    content: Tree
    trail: Trail
    items: tuple[int, ...]
    """Which item of each list on the way."""
    tree: Tree
    """The object whose field it is."""

    @property
    def name(self) -> str:
        return self.trail.name

    @property
    def path(self) -> str:
        """As a JSONPath."""
        taken = iter(self.items)
        above = [f"{name}[{next(taken)}]" if listed else name for name, listed in self.trail.above]
        return ".".join(("$", *above, self.trail.name))

    @property
    def patient(self) -> str | None:
        """The id of the patient below whom it lies."""
        if not self.trail.of_patient:
            return None
        identifier = self.content["patient"][self.items[0]].get("patientId")
        return identifier if isinstance(identifier, str) else None

    @property
    def value(self) -> Any:  # noqa: ANN401 - a JSON tree
        return self.tree[self.trail.name]

    def put(self, value: Any) -> None:  # noqa: ANN401 - a JSON tree
        self.tree[self.trail.name] = value

    def take(self) -> Any:  # noqa: ANN401 - a JSON tree
        """The value, which is then no longer there; nor is what held it, where that holds nothing more."""
        value = self.tree.pop(self.trail.name)
        if not self.tree:
            self._prune()
        return value

    def _prune(self) -> None:
        holders: list[Any] = [self.content]
        taken = iter(self.items)
        for name, listed in self.trail.above:
            below = holders[-1][name]
            holders.append(below[next(taken)] if listed else below)
        for holder, (name, listed) in zip(holders[-2::-1], reversed(self.trail.above), strict=True):
            if holder[name] or listed:
                return
            del holder[name]


_new = tuple.__new__
"""A named tuple in a third of the time that its class takes: a conversion makes scores of them."""


@dataclass(frozen=True, slots=True)
class Trail:
    """A path, read once."""

    above: tuple[tuple[str, bool], ...]
    """The fields on the way, and whether it goes through the items of each."""
    name: str
    """The last field."""
    straight: tuple[str, ...]
    """The fields up to the first list, or all of them."""
    listed: str = ""
    """The first list."""
    below: Trail | None = None
    """The way on from each of its items."""
    of_patient: bool = False

    def holders(self, content: Tree) -> Sequence[tuple[tuple[int, ...], Tree]]:
        """Each object that may have the last field, with the items that were gone through."""
        tree: Any = content
        for name in self.straight:
            tree = tree.get(name)
            if tree.__class__ is not dict:
                return ()
        below = self.below
        if below is None:
            return (((), tree),)
        value = tree.get(self.listed)
        if value.__class__ is not list:
            return ()
        if not below.above:
            return [((index,), one) for index, one in enumerate(value) if one.__class__ is dict]
        return [
            ((index, *further), holder)
            for index, one in enumerate(value)
            if one.__class__ is dict
            for further, holder in below.holders(one)
        ]

    def trees(self, content: Tree) -> Sequence[Tree]:
        """Each object that may have the last field, where nothing is told of what is done there."""
        tree: Any = content
        for name in self.straight:
            tree = tree.get(name)
            if tree.__class__ is not dict:
                return ()
        below = self.below
        if below is None:
            return (tree,)
        value = tree.get(self.listed)
        if value.__class__ is not list:
            return ()
        found = [one for one in value if one.__class__ is dict]
        return [further for one in found for further in below.trees(one)] if below.above else found

    def places(self, content: Tree) -> Sequence[Place]:
        """Every place that it leads to and that is there."""
        found = self.holders(content)
        return (
            [_new(Place, (content, self, items, tree)) for items, tree in found if self.name in tree]
            if found
            else ()
        )


@cache
def trail(path: str) -> Trail:
    """The path as it is written in a table."""
    *above, last = path.split(".")
    steps = tuple((one.removesuffix("[]"), one.endswith("[]")) for one in above)
    lists = [at for at, (_, listed) in enumerate(steps) if listed]
    straight = tuple(name for name, _ in steps[: lists[0] if lists else None])
    if not lists:
        return Trail(steps, last.removesuffix("[]"), straight)
    below = trail(path.split(".", lists[0] + 1)[-1])
    return Trail(steps, below.name, straight, steps[lists[0]][0], below, steps[0] == ("patient", True))


def items(place: Place) -> Iterator[Tree]:
    """The objects of the list at a place."""
    value = place.value
    yield from (one for one in value if isinstance(one, dict)) if isinstance(value, list) else ()

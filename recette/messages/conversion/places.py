"""Paths of the conversion tables (`patient[].detail.treatment`) in a message's content."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple


class Holder(NamedTuple):
    """An object on the way to a place: its field in `above`, or an item of the list there."""

    tree: dict[str, Any]
    name: str = "$"
    item: int | None = None
    above: Holder | None = None

    @property
    def path(self) -> str:
        where = f"{self.above.path}.{self.name}" if self.above is not None else self.name
        return where if self.item is None else f"{where}[{self.item}]"

    @property
    def patient(self) -> str | None:
        """The id of the patient that it is, or that it lies below."""
        if self.name == "patient" and self.item is not None:
            identifier = self.tree.get("patientId")
            return identifier if isinstance(identifier, str) else None
        return self.above.patient if self.above is not None else None


class Place(NamedTuple):
    """A field that may be there."""

    holder: Holder
    name: str

    @property
    def there(self) -> bool:
        return self.name in self.holder.tree

    @property
    def path(self) -> str:
        return f"{self.holder.path}.{self.name}"

    @property
    def patient(self) -> str | None:
        """The id of the patient below whom it lies."""
        return self.holder.patient

    @property
    def value(self) -> Any:  # noqa: ANN401 - a JSON tree
        return self.holder.tree[self.name]

    def put(self, value: Any) -> None:  # noqa: ANN401 - a JSON tree
        self.holder.tree[self.name] = value

    def take(self) -> Any:  # noqa: ANN401 - a JSON tree
        """The value, which is then no longer there; nor is what held it, where that holds nothing more."""
        value = self.holder.tree.pop(self.name)
        holder = self.holder
        while not holder.tree and holder.above is not None and holder.item is None:
            del holder.above.tree[holder.name]
            holder = holder.above
        return value


def places(content: dict[str, Any], path: str) -> list[Place]:
    """Every place that `path` names, whether its last field is there or not."""
    above, name = _steps(path)
    if above and above[0].name not in content:
        return []
    holders = [Holder(content)]
    for step in above:
        holders = [below for one in holders for below in _below(one, step)]
        if not holders:
            return []
    return [Place(one, name) for one in holders]


def leads(content: dict[str, Any], path: str) -> bool:
    """Whether `path` names anything that is there: most rules have nothing to do, and this tells it at the least cost."""
    return _leads(content, *_steps(path))


def _leads(tree: dict[str, Any], above: tuple[_Step, ...], name: str) -> bool:
    for place, (field, listed) in enumerate(above):
        value = tree.get(field)
        if listed:
            rest = above[place + 1 :]
            return value.__class__ is list and any(
                one.__class__ is dict and _leads(one, rest, name) for one in value or ()
            )
        if value.__class__ is not dict:
            return False
        tree = value or {}
    return name in tree


def items(place: Place) -> Iterator[dict[str, Any]]:
    """The objects of the list at a place."""
    value = place.holder.tree.get(place.name)
    yield from (one for one in value if isinstance(one, dict)) if isinstance(value, list) else ()


class _Step(NamedTuple):
    """One field of a path, and whether it goes through the items of a list."""

    name: str
    listed: bool


@cache
def _steps(path: str) -> tuple[tuple[_Step, ...], str]:
    """What lies above the last field, and that field."""
    *above, last = path.split(".")
    return tuple(_Step(one.removesuffix("[]"), one.endswith("[]")) for one in above), last.removesuffix("[]")


def _below(one: Holder, step: _Step) -> list[Holder]:
    value = one.tree.get(step.name)
    if value.__class__ is dict:
        return [] if step.listed else [Holder(value, step.name, None, one)]
    if step.listed and value.__class__ is list:
        return [
            Holder(item, step.name, index, one) for index, item in enumerate(value) if item.__class__ is dict
        ]
    return []

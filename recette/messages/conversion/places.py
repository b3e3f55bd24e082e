"""Paths of the conversion tables (`patient[].detail.treatment`) in a message's content."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple


class Place(NamedTuple):
    """A field that may be there: the object that holds it, its name, and where that is."""

    holder: dict[str, Any]
    name: str
    path: str
    patient: str | None = None
    """The id of the patient below whom it lies."""
    above: Place | None = None
    """The field whose value the holder is; None for the content itself and for an item of a list."""

    @property
    def there(self) -> bool:
        return self.name in self.holder

    @property
    def value(self) -> Any:  # noqa: ANN401 - a JSON tree
        return self.holder[self.name]

    def put(self, value: Any) -> None:  # noqa: ANN401 - a JSON tree
        self.holder[self.name] = value

    def take(self) -> Any:  # noqa: ANN401 - a JSON tree
        """The value, which is then no longer there; nor is what held it, where that holds nothing more."""
        value = self.holder.pop(self.name)
        if not self.holder and self.above is not None:
            self.above.take()
        return value


def places(content: dict[str, Any], path: str) -> list[Place]:
    """Every place that `path` names, whether its last field is there or not."""
    above, name = _steps(path)
    if above and above[0].name not in content:
        return []
    holders = [_Holder(content, "$")]
    for step in above:
        holders = [below for one in holders for below in _below(one, step)]
    return [Place(one.holder, name, f"{one.path}.{name}", one.patient, one.field) for one in holders]


def items(place: Place) -> Iterator[dict[str, Any]]:
    """The objects of the list at a place."""
    value = place.holder.get(place.name)
    yield from (one for one in value or () if isinstance(one, dict)) if isinstance(value, list) else ()


class _Holder(NamedTuple):
    """An object on the way, and the field whose value it is."""

    holder: dict[str, Any]
    path: str
    patient: str | None = None
    field: Place | None = None


class _Step(NamedTuple):
    """One field of a path, and whether it goes through the items of a list."""

    name: str
    listed: bool


@cache
def _steps(path: str) -> tuple[tuple[_Step, ...], str]:
    """What lies above the last field, and that field."""
    *above, last = path.split(".")
    return tuple(_Step(one.removesuffix("[]"), one.endswith("[]")) for one in above), last.removesuffix("[]")


def _below(one: _Holder, step: _Step) -> Iterator[_Holder]:
    name = step.name
    value = one.holder.get(name)
    if step.listed and isinstance(value, list):
        for index, item in enumerate(value):
            if isinstance(item, dict):
                patient = _patient_id(item) if name == "patient" else one.patient
                yield _Holder(item, f"{one.path}.{name}[{index}]", patient)
    elif isinstance(value, dict):
        where = f"{one.path}.{name}"
        yield _Holder(value, where, one.patient, Place(one.holder, name, where, one.patient, one.field))


def _patient_id(patient: dict[str, Any]) -> str | None:
    identifier = patient.get("patientId")
    return identifier if isinstance(identifier, str) else None

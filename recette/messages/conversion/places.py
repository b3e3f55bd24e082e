"""Paths of the conversion tables (`patient[].detail.treatment`) in a message's content."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Place:
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
    *above, last = path.split(".")
    name = last.removesuffix("[]")
    return [
        Place(one.holder, name, f"{one.path}.{last}", one.patient, one.field)
        for one in _holders(content, above)
    ]


def items(place: Place) -> Iterator[dict[str, Any]]:
    """The objects of the list at a place."""
    value = place.holder.get(place.name)
    yield from (one for one in value or () if isinstance(one, dict)) if isinstance(value, list) else ()


@dataclass(frozen=True, slots=True)
class _Holder:
    """An object on the way, and the field whose value it is."""

    holder: dict[str, Any]
    path: str
    patient: str | None = None
    field: Place | None = None


def _holders(content: dict[str, Any], steps: list[str]) -> list[_Holder]:
    found = [_Holder(content, "$")]
    for step in steps:
        found = [below for one in found for below in _below(one, step)]
    return found


def _below(one: _Holder, step: str) -> Iterator[_Holder]:
    name = step.removesuffix("[]")
    value = one.holder.get(name)
    if step.endswith("[]") and isinstance(value, list):
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

"""Whether what a journal line holds is of the kind that its event declares: a journal may be whoever's."""

from __future__ import annotations

import dataclasses
import math
import types
import typing
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

Check = Callable[[object], bool]
_LARGEST = 1e12
"""Seconds, or whatever a number stands for: more than a run can have."""
_OF_64_BITS = 2**64
"""What stood on the wire as a number of so many bits, whoever wrote it there."""


def fields_of(cls: type) -> Mapping[str, Any]:
    """The annotation of each field of a dataclass, by its name."""
    return _fields_of(cls)


@cache
def _fields_of(cls: type) -> dict[str, Any]:
    hints = typing.get_type_hints(cls)
    return {one.name: hints[one.name] for one in dataclasses.fields(cls)}


def kind_of(hint: Any) -> Any:  # noqa: ANN401 - an annotation
    """What a field holds where it holds anything: `bytes` of `bytes | None`, `tuple` of `tuple[str, ...]`."""
    inner = [one for one in typing.get_args(hint) if one is not type(None)]
    if typing.get_origin(hint) in {types.UnionType, typing.Union} and len(inner) == 1:
        return kind_of(inner[0])
    return typing.get_origin(hint) or hint


def checks_of(cls: type) -> dict[str, Check]:
    """A check for each field of a dataclass, by its name."""
    wide: frozenset[str] = getattr(cls, "wide", frozenset())
    return {name: _wide if name in wide else _check(hint) for name, hint in fields_of(cls).items()}


def _check(hint: Any) -> Check:  # noqa: ANN401 - an annotation
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if hint is Any:
        return lambda _: True
    if origin in {types.UnionType, typing.Union}:
        kinds = [one for one in inner if one is not type(None)]
        if len(kinds) == 1 < len(inner):
            there = _check(kinds[0])
            return lambda value: value is None or there(value)
        choices = [_check(one) for one in inner]
        return lambda value: any(one(value) for one in choices)
    if origin is tuple:
        item = _check(inner[0])
        return lambda value: isinstance(value, tuple) and all(map(item, value))
    if origin is Mapping:
        held = _check(inner[1])
        return lambda value: isinstance(value, Mapping) and all(map(held, value.values()))
    if dataclasses.is_dataclass(hint):
        fields = checks_of(typing.cast("type", hint))
        return lambda value: (
            type(value) is hint and all(one(getattr(value, name)) for name, one in fields.items())
        )
    if hint is float:
        return _number
    if hint is int:
        return lambda value: type(value) is int and abs(value) < _LARGEST
    return lambda value: isinstance(value, hint)


def _wide(value: object) -> bool:
    return type(value) is int and abs(value) < _OF_64_BITS


def _number(value: object) -> bool:
    return type(value) in {int, float} and math.isfinite(value) and abs(value) < _LARGEST  # type: ignore[arg-type]

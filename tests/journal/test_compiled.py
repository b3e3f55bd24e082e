"""What is compiled for the events of a busy link does what it stands for."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from recette.journal.compiled import made_quickly, reading


@dataclasses.dataclass(frozen=True, slots=True)
class Plain:
    first: int
    second: str = "by default"


@made_quickly
@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Quick:
    first: int
    second: str = "by default"


@made_quickly
@dataclasses.dataclass(frozen=True, slots=True)
class ByPlace:
    first: int
    second: str = "by default"


def test_it_is_a_frozen_dataclass_as_any() -> None:
    one = Quick(first=1)
    assert dataclasses.astuple(one) == dataclasses.astuple(Plain(1)) == dataclasses.astuple(ByPlace(1))
    assert (one, hash(one)) == (Quick(first=1, second="by default"), hash(Quick(first=1)))
    assert dataclasses.replace(one, second="other") == Quick(first=1, second="other")
    with pytest.raises(dataclasses.FrozenInstanceError):
        one.first = 2  # type: ignore[misc]


@pytest.mark.parametrize(
    ("given", "named"), [((1,), {}), ((), {"second": "x"}), ((), {"first": 1, "third": 3})]
)
def test_it_takes_no_other_arguments(given: tuple[Any, ...], named: dict[str, Any]) -> None:
    with pytest.raises(TypeError):
        Quick(*given, **named)


def test_attributes_are_read_with_what_stands_ahead_of_them() -> None:
    read = reading(("n",), ("second", "first"))
    assert list(read(ByPlace(1, "x"), 7).items()) == [("n", 7), ("second", "x"), ("first", 1)]

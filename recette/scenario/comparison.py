"""Comparing what came with what was expected: lists by identity, dates as the scenario says."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

from recette.scenario.template import Unbound

IDENTITY_FIELDS = (
    "resourceId",
    "patientId",
    "idPat",
    "requestId",
    "reportId",
    "medicalNoteId",
    "idObs",
    "code",
    "key",
    "ID",
)
MAX_CROSSED = 200
"""Items of a list that are matched by likeness; longer lists without identity are compared by position."""
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}")
_ABSENT = object()


@dataclass(frozen=True, slots=True)
class Difference:
    """One place where the two are not the same; `actual` is None where it is missing."""

    path: str
    expected: Any
    actual: Any
    missing: bool = False


@dataclass(slots=True)
class Comparison:
    """How to compare, and what the editor's own values turned out to be."""

    ignore: tuple[str, ...] = ()
    identity: Mapping[str, str] = field(default_factory=dict)
    ordered: bool = False
    instants: bool = False
    bound: dict[str, str] = field(default_factory=dict)

    def differences(self, expected: Any, actual: Any, path: str) -> list[Difference]:  # noqa: ANN401
        """Everything in `expected` that `actual` does not say; what it says beyond is no difference."""
        ignored = bool(self.ignore) and any(covers(pattern, path) for pattern in self.ignore)
        if isinstance(expected, Unbound):
            # What the editor made is learnt even where it is not compared.
            unlike = self._bind(expected, actual, path)
            return [] if ignored else unlike
        if ignored:
            return []
        if isinstance(expected, dict):
            if not isinstance(actual, dict):
                return [Difference(path, expected, None if actual is _ABSENT else actual, actual is _ABSENT)]
            found: list[Difference] = []
            for name, value in expected.items():
                there = actual.get(name, _ABSENT)
                # The same text is no difference, ignored or not.
                if value.__class__ is not str or there != value:
                    found += self.differences(value, there, f"{path}.{name}")
            return found
        if isinstance(expected, list):
            if not isinstance(actual, list):
                return [Difference(path, expected, None if actual is _ABSENT else actual, actual is _ABSENT)]
            return self._lists(expected, actual, path)
        return self._scalars(expected, actual, path)

    def _bind(self, variable: Unbound, actual: Any, path: str) -> list[Difference]:  # noqa: ANN401
        known = self.bound.get(variable.name)
        if known is not None:
            return self._scalars(known, actual, path)
        if not isinstance(actual, str):
            return [Difference(path, f"une valeur pour {variable.name}", None, missing=True)]
        self.bound[variable.name] = actual
        return []

    def _scalars(self, expected: Any, actual: Any, path: str) -> list[Difference]:  # noqa: ANN401
        if actual is _ABSENT:
            return [Difference(path, expected, None, missing=True)]
        if (
            isinstance(expected, str)
            and _DATE.match(expected)
            and isinstance(actual, str)
            and _DATE.match(actual)
        ):
            if not self.instants or _instant(expected) == _instant(actual):
                return []
            return [Difference(path, expected, actual)]
        same = expected == actual and isinstance(expected, bool) == isinstance(actual, bool)
        return [] if same else [Difference(path, expected, actual)]

    def _lists(self, expected: list[Any], actual: list[Any], path: str) -> list[Difference]:
        chosen = dict(enumerate(actual) if self.ordered else self._paired(expected, actual, path))
        found: list[Difference] = []
        for index, value in enumerate(expected):
            found += self.differences(value, chosen.get(index, _ABSENT), f"{path}[{index}]")
        return found

    def _paired(self, expected: list[Any], actual: list[Any], path: str) -> list[tuple[int, Any]]:
        """Which actual item each expected one is compared with: by identity first, then by likeness."""
        name = self.identity.get(path) or self._identity_of(expected)
        left = list(range(len(actual)))
        pairs: list[tuple[int, Any]] = []
        rest: list[int] = []
        for index, item in enumerate(expected):
            wanted = item.get(name) if name and isinstance(item, dict) else _ABSENT
            at = next(
                (i for i in left if isinstance(actual[i], dict) and actual[i].get(name, _ABSENT) == wanted),
                None,
            )
            if name is None or at is None:
                rest.append(index)
            else:
                left.remove(at)
                pairs.append((index, actual[at]))
        crossed = len(left) * len(rest) <= MAX_CROSSED
        while left and rest:
            index, at = rest[0], left[0]
            if crossed:  # of a list that lacks some, each item is what it is likest of all that are expected
                asked = rest if len(left) < len(rest) else rest[:1]
                index, at = min(
                    ((index, at) for index in asked for at in left),
                    key=lambda pair: self._distance(expected[pair[0]], actual[pair[1]], f"{path}[{pair[0]}]"),
                )
            rest.remove(index)
            left.remove(at)
            pairs.append((index, actual[at]))
        return pairs

    def _distance(self, expected: Any, actual: Any, path: str) -> int:  # noqa: ANN401
        trial = Comparison(self.ignore, self.identity, self.ordered, self.instants, dict(self.bound))
        return len(trial.differences(expected, actual, path))

    def _identity_of(self, items: list[Any]) -> str | None:
        tables = [item for item in items if isinstance(item, dict)]
        if not tables or len(tables) != len(items):
            return None
        return next(
            (name for name in IDENTITY_FIELDS if all(isinstance(t.get(name), str) for t in tables)), None
        )


def covers(pattern: str, path: str) -> bool:
    """Whether an ignored path covers `path`: the same place, or one above it."""
    wanted, there = _steps(pattern), _steps(path)
    return len(wanted) <= len(there) and all(
        want in {have, "*"} for want, have in zip(wanted, there, strict=False)
    )


@lru_cache(maxsize=4096)
def _steps(path: str) -> tuple[str, ...]:
    """`$.a[0].b` and `$.a.0.b` alike: the official book writes one, the official page reads the other."""
    return tuple(step for step in re.split(r"[.\[\]]+", path.removeprefix("$")) if step)


def find(tree: Any, path: str) -> Any:  # noqa: ANN401 - a JSON tree
    """The value at `path` (`[*]` takes the first), or None."""
    for step in _steps(path):
        if isinstance(tree, list):
            index = 0 if step == "*" else int(step) if step.isdigit() else len(tree)
            tree = tree[index] if index < len(tree) else None
        else:
            tree = tree.get(step) if isinstance(tree, dict) else None
    return tree


def _instant(text: str) -> datetime | str:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    return moment if moment.tzinfo else text

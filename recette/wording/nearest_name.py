"""The known name or code that a mistyped one stands for."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

_COMPARED = 100
"""Characters of a name that are compared with the known ones."""


def nearest(text: str, known: Iterable[str], count: int = 1, cutoff: float = 0.6) -> list[str]:
    """The `count` nearest of `known`, nearest first; one that differs only in case and blanks comes alone."""
    by_fold: dict[str, str] = {}
    for name in known:
        by_fold.setdefault(_folded(name), name)
    own = _folded(text[:_COMPARED])
    if own in by_fold:
        return [by_fold[own]]
    return [by_fold[one] for one in get_close_matches(own, by_fold, n=count, cutoff=cutoff)]


def _folded(name: str) -> str:
    return name.strip().casefold()

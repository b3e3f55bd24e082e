"""Where two files are not the same."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from recette.wording.values import plain

_NAME = 60
"""Characters of a name that whoever changed the file gave."""


def places_of_difference(name: str, found: bytes, expected: bytes) -> Iterator[str]:
    """Where two files that are not the same differ, as a reader finds it: JSONPaths, lines and columns, or a byte.

    Text that has other lines than expected, and what is no text, is the same up to the first place, and that alone is told.
    """
    if name.endswith(".json"):
        try:
            paths = list(_in_json(json.loads(found), json.loads(expected), "$"))
        except (ValueError, RecursionError):
            paths = []
        if paths:
            yield from paths
            return
    if name.endswith(".pdf"):
        yield f"octet {_first(found, expected) + 1}"
        return
    lines, others = found.split(b"\n"), expected.split(b"\n")
    for number, (line, other) in enumerate(zip(lines, others, strict=False), 1):
        if line != other:
            yield f"ligne {number}, octet {_first(line, other) + 1}"
            if len(lines) != len(others):
                return
    if len(lines) != len(others):
        yield f"ligne {min(len(lines), len(others))}, octet {len(min(lines, others, key=len)[-1]) + 1}"


def _first(found: bytes, expected: bytes) -> int:
    """The place of the first octet that differs."""
    pairs = enumerate(zip(found, expected, strict=False))
    return next((at for at, (one, other) in pairs if one != other), min(len(found), len(expected)))


def _in_json(found: Any, expected: Any, path: str) -> Iterator[str]:  # noqa: ANN401 - JSON trees
    if isinstance(found, dict) and isinstance(expected, dict):
        for name in dict.fromkeys((*expected, *found)):
            place = f"{path}.{plain(name, _NAME)}"
            if name not in found or name not in expected:
                yield place
            else:
                yield from _in_json(found[name], expected[name], place)
    elif isinstance(found, list) and isinstance(expected, list):
        for index, (one, other) in enumerate(zip(found, expected, strict=False)):
            yield from _in_json(one, other, f"{path}[{index}]")
        if len(found) != len(expected):
            yield f"{path}[{min(len(found), len(expected))}]"
    elif type(found) is not type(expected) or found != expected:
        yield path

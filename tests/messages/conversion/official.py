"""What the agency's converter made of given messages, where its cases are at hand."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

_FOLDER = Path(__file__).parents[4] / "shared" / "conversion-cases"
_PLACEHOLDER = re.compile(r"(@@[^@]+@@)")


def lines(name: str) -> Iterator[dict[str, Any]]:
    path = _FOLDER / name
    if not path.is_file():
        pytest.skip(f"les conversions mesurées ne sont pas là ({path})")
    with path.open(encoding="utf-8") as file:
        yield from map(json.loads, file)


def generation(version: str) -> int | None:
    """`v1` to its number; None for a version that there is not."""
    return int(version[1:]) if version in {"v1", "v2", "v3"} else None


def alike(expected: Any, found: Any, drawn: dict[str, str]) -> bool:
    """The same JSON tree; a placeholder stands for any text, and for the same one wherever it stands."""
    if isinstance(expected, dict):
        return (
            isinstance(found, dict)
            and expected.keys() == found.keys()
            and all(alike(value, found[key], drawn) for key, value in expected.items())
        )
    if isinstance(expected, list):
        return (
            isinstance(found, list)
            and len(expected) == len(found)
            and all(alike(one, other, drawn) for one, other in zip(expected, found, strict=True))
        )
    if isinstance(expected, str) and isinstance(found, str) and "@@" in expected:
        parts = _PLACEHOLDER.split(expected)
        shape = "".join("(.+?)" if one.startswith("@@") else re.escape(one) for one in parts)
        match = re.fullmatch(shape, found, re.DOTALL)
        names = [one for one in parts if one.startswith("@@")]
        return match is not None and all(
            drawn.setdefault(name, value) == value for name, value in zip(names, match.groups(), strict=True)
        )
    return type(expected) is type(found) and bool(expected == found)

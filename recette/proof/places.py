"""Where two files are not the same."""

from __future__ import annotations

import json
from typing import Any


def first_difference(name: str, found: bytes, expected: bytes) -> str:
    """The place of the first difference as a reader finds it: JSONPath, line and column, or byte."""
    if name.endswith(".json"):
        try:
            path = _in_json(json.loads(found), json.loads(expected), "$")
        except (ValueError, RecursionError):
            path = None
        if path is not None:
            return path
    at = next(
        (index for index, (one, other) in enumerate(zip(found, expected, strict=False)) if one != other),
        min(len(found), len(expected)),
    )
    if name.endswith(".pdf"):
        return f"octet {at + 1}"
    start = found.rfind(b"\n", 0, at) + 1
    line = found.count(b"\n", 0, at) + 1
    return f"ligne {line}, octet {at - start + 1}"


def _in_json(found: Any, expected: Any, path: str) -> str | None:  # noqa: ANN401 - JSON trees
    if isinstance(found, dict) and isinstance(expected, dict):
        for name in dict.fromkeys((*expected, *found)):
            if name not in found or name not in expected:
                return f"{path}.{name}"
            deeper = _in_json(found[name], expected[name], f"{path}.{name}")
            if deeper is not None:
                return deeper
        return None
    if isinstance(found, list) and isinstance(expected, list):
        for index, (one, other) in enumerate(zip(found, expected, strict=False)):
            deeper = _in_json(one, other, f"{path}[{index}]")
            if deeper is not None:
                return deeper
        return None if len(found) == len(expected) else f"{path}[{min(len(found), len(expected))}]"
    return None if type(found) is type(expected) and found == expected else path

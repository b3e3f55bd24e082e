"""A short text that a pattern takes, for the patterns that official schemas have: no look-around, no back reference."""

from __future__ import annotations

from importlib import import_module
from typing import Any

_CATEGORIES = {"CATEGORY_DIGIT": "0", "CATEGORY_WORD": "a", "CATEGORY_SPACE": " "}
_PREFERRED = "0a A-._@+/:"


def sample_of(pattern: str) -> str:
    """The shortest text that `pattern` takes. Raises ValueError for what no official pattern has."""
    parser: Any = import_module("re._parser")
    return _text(parser.parse(pattern))


def _text(parsed: Any) -> str:  # noqa: ANN401 - the parse tree of Python's own regular expressions
    return "".join(_part(str(kind), value) for kind, value in parsed)


def _part(kind: str, value: Any) -> str:  # noqa: ANN401
    match kind:
        case "LITERAL":
            return chr(value)
        case "AT":
            return ""
        case "ANY":
            return "a"
        case "IN":
            return _of_class(value)
        case "MAX_REPEAT":
            least, _, inside = value
            return _text(inside) * int(least)
        case "SUBPATTERN":
            return _text(value[-1])
        case "BRANCH":
            return _text(value[1][0])
        case _:
            raise ValueError(f"motif hors de portée : {kind}")


def _of_class(items: Any) -> str:  # noqa: ANN401
    """A character of a class, or outside of it where it is negated."""
    if str(items[0][0]) == "NEGATE":
        return next(one for one in _PREFERRED if not any(_holds(one, *item) for item in items[1:]))
    kind, value = items[0]
    if str(kind) == "RANGE":
        return chr(value[0])
    return chr(value) if str(kind) == "LITERAL" else _CATEGORIES[str(value)]


def _holds(one: str, kind: Any, value: Any) -> bool:  # noqa: ANN401
    if str(kind) == "RANGE":
        return bool(value[0] <= ord(one) <= value[1])
    return one == (chr(value) if str(kind) == "LITERAL" else _CATEGORIES.get(str(value), ""))

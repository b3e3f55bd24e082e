"""A page as French sets it: no line begins with what a narrow space stands before."""

from __future__ import annotations

import re
from collections.abc import Iterator

_THIN = "\u202f"
_TAG = re.compile(r"(<[^>]*>)")
_NAME = re.compile(r"</?([a-z][a-z0-9]*)")
_BEFORE = re.compile(r" (?=[:;?!»](?:[\s»).,]|$))")
_AS_IT_STANDS = frozenset({"code", "pre", "style", "title"})
"""Elements whose text is somebody's own, to the character, or is none that anybody reads."""


def typeset(page: str) -> str:
    """The page with no-break spaces in its text; attributes, code and style stay as they are."""
    return "".join(_parts(page))


def _parts(page: str) -> Iterator[str]:
    inside = 0
    for place, part in enumerate(_TAG.split(page)):
        if place % 2:
            name = _NAME.match(part)
            if name is not None and name[1] in _AS_IT_STANDS:
                inside += -1 if part.startswith("</") else 1
            yield part
        else:
            yield part if inside else _BEFORE.sub(_THIN, part).replace("« ", f"«{_THIN}")

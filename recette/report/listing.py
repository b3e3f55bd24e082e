"""A message as lines to be read, with the places that findings name marked. Bounded, whatever the message is."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from recette.messages.json.parsing import parse_json
from recette.messages.reading import XML_TYPE
from recette.messages.xml.names import local_name
from recette.messages.xml.parsing import parse_xml

MAX_LINES = 4000
MAX_WIDTH = 240
"""Characters of one line that are shown."""
_STEP = re.compile(r"\.([A-Za-z_][A-Za-z0-9_-]*)|\[(\d{1,9})\]|\['((?:[^'\\]|\\.)*)'\]")
_IN_JSON = ("content", 0, "jsonContent", "embeddedJsonContent", "message")
_IN_XML = ("content", "contentObject", "contentXML", "embeddedXMLContent", "message")

Place = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """One line; `marked` where a finding points at it."""

    text: str
    marked: bool = False


@dataclass(frozen=True, slots=True)
class Listing:
    """A whole message, line by line."""

    lines: tuple[Line, ...]
    absent: tuple[str, ...] = ()
    """Paths that lead to nothing in the message; the nearest place above is marked."""
    cut: bool = False
    """There is more than MAX_LINES."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Lines that an excerpt leaves out."""

    lines: int


def listing(body: bytes, content_type: str | None, paths: Iterable[str]) -> Listing:
    """The lines of a message, those at `paths` (JSONPath from the root of the envelope) marked."""
    pairs, of_path = _read(body, content_type)
    lines = list(islice(pairs, MAX_LINES + 1))
    places = {place for place, _ in lines}
    wanted: set[Place] = set()
    absent = []
    for path in dict.fromkeys(paths):
        if not path:
            continue
        place = of_path(steps_of(path))
        if place not in places:
            absent.append(path)
        while place not in places and place:
            place = place[:-1]
        wanted.add(place)
    marked: set[Place] = set()
    shown = []
    for place, text in lines[:MAX_LINES]:
        first = place in wanted and place not in marked
        marked.add(place)
        shown.append(Line(_bounded(text), first))
    return Listing(tuple(shown), tuple(absent), len(lines) > MAX_LINES)


def excerpt(whole: Listing, around: int) -> list[Line | Gap]:
    """The marked lines with `around` lines before and after; the beginning where none is marked."""
    marked = [index for index, line in enumerate(whole.lines) if line.marked] or [0]
    kept = sorted({n for at in marked for n in range(at - around, at + around + 1)})
    shown: list[Line | Gap] = []
    last = -1
    for index in (n for n in kept if 0 <= n < len(whole.lines)):
        if index > last + 1:
            shown.append(Gap(index - last - 1))
        shown.append(whole.lines[index])
        last = index
    if last + 1 < len(whole.lines):
        shown.append(Gap(len(whole.lines) - last - 1))
    return _dedented(shown)


def _dedented(shown: list[Line | Gap]) -> list[Line | Gap]:
    texts = [one.text for one in shown if isinstance(one, Line)]
    margin = min((len(text) - len(text.lstrip(" ")) for text in texts), default=0)
    return [replace(one, text=one.text[margin:]) if isinstance(one, Line) else one for one in shown]


def steps_of(path: str) -> Place:
    """The steps of a JSONPath, as far as it is one."""
    steps: list[str | int] = []
    at = 1
    while found := _STEP.match(path, at):
        name, index, quoted = found.groups()
        steps.append(int(index) if index else name or quoted.replace("\\'", "'"))
        at = found.end()
    return tuple(steps)


def _read(
    body: bytes, content_type: str | None
) -> tuple[Iterator[tuple[Place, str]], Callable[[Place], Place]]:
    """The lines with their places, and how the steps of a path become a place."""
    if content_type == XML_TYPE:
        root, _ = parse_xml(body)
        if root is not None:
            return _xml((), root, 0), _xml_place
    else:
        tree, _ = parse_json(body)
        if tree is not None:
            return _json((), "", tree, 0, ""), lambda place: place
    text = body[: MAX_WIDTH * 100].decode("utf-8", "replace")
    raw = [
        line[start : start + MAX_WIDTH]
        for line in text.splitlines()
        for start in range(0, len(line), MAX_WIDTH)
    ]
    return ((("raw", n) if n else (), line) for n, line in enumerate(raw)), lambda place: place


def _json(place: Place, name: str, value: Any, depth: int, comma: str) -> Iterator[tuple[Place, str]]:  # noqa: ANN401 - a JSON tree
    indent = "  " * depth
    if not isinstance(value, dict | list) or not value:
        yield place, f"{indent}{name}{json.dumps(value, ensure_ascii=False)}{comma}"
        return
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    yield place, f"{indent}{name}{opening}"
    last = len(value) - 1
    items: Iterable[tuple[str | int, Any]] = value.items() if isinstance(value, dict) else enumerate(value)
    for index, (key, child) in enumerate(items):
        shown = f"{json.dumps(key, ensure_ascii=False)}: " if isinstance(key, str) else ""
        yield from _json((*place, key), shown, child, depth + 1, "," if index < last else "")
    yield place, f"{indent}{closing}{comma}"


def _xml(place: Place, element: Any, depth: int) -> Iterator[tuple[Place, str]]:  # noqa: ANN401 - an lxml element
    indent = "  " * depth
    name = local_name(element.tag)
    space = element.nsmap.get(element.prefix) if element.getparent() is None or _new_space(element) else None
    opened = f'{name} xmlns="{space}"' if space else name
    text = (element.text or "").strip()
    if not len(element):
        yield place, f"{indent}<{opened}>{text}</{name}>" if text else f"{indent}<{opened}/>"
        return
    yield place, f"{indent}<{opened}>{text}"
    seen: dict[str, int] = {}
    for child in element:
        child_name = local_name(child.tag)
        number = seen[child_name] = seen.get(child_name, -1) + 1
        yield from _xml((*place, child_name, number), child, depth + 1)
    yield place, f"{indent}</{name}>"


def _new_space(element: Any) -> bool:  # noqa: ANN401 - an lxml element
    parent = element.getparent()
    return bool(element.nsmap.get(element.prefix) != parent.nsmap.get(parent.prefix))


def _xml_place(place: Place) -> Place:
    """Names with the number of the like-named sibling: what has no index in the tree is the first."""
    if place[: len(_IN_JSON)] == _IN_JSON:
        place = (*_IN_XML, *place[len(_IN_JSON) :])
    found: list[str | int] = []
    for step in place:
        if isinstance(step, int):
            found[-1:] = [step]
        else:
            found += [step, 0]
    return tuple(found)


def _bounded(text: str) -> str:
    return text if len(text) <= MAX_WIDTH else f"{text[:MAX_WIDTH]}… ({len(text)} caractères)"

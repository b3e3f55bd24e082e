"""An XML envelope as the same document tree that JSON gives: lists of one, booleans and numbers as the dictionary says.

Lenient: unknown elements are kept under their local name, whatever their namespace; nothing is judged here.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from recette.messages.dictionary import reader as dictionary
from recette.messages.dictionary.generations import Edition, Models, edition_of
from recette.messages.dictionary.models import model_of_key
from recette.messages.dictionary.reader import Field
from recette.messages.json.parsing import MAX_DIGITS
from recette.messages.xml.names import CONTENT_STEPS, local_name

_INTEGER = re.compile(r"[+-]?\d+", re.ASCII)
_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}
_PASSED_OVER = frozenset({"keyword"})
"""Allowed in XML, refused in JSON, of no use (fact sheet 3.2)."""


class TooLongNumberError(ValueError):
    """A number of more characters than MAX_DIGITS, which XSD would take."""

    def __init__(self) -> None:
        super().__init__(
            f"Le corps contient un nombre de plus de {MAX_DIGITS} chiffres (limite de la recette)."
        )


@dataclass(frozen=True, slots=True)
class Shape:
    """What a field is in one edition, as far as reading XML needs it."""

    kind: str
    listed: bool
    children: Shapes
    text: bool = False
    """Its value is its text, as it stands."""


Met = tuple[str, bool, bool, Shape | None]
"""A local name, whether its value is a text, whether it is listed, and its shape where it has one."""


class Shapes(dict[str, Shape]):
    """The fields of an object by name; also by tag, as elements of whatever namespace are met."""

    MAX_TAGS = 1000
    """Namespaces come from outside: tags beyond this number are looked up anew each time."""

    def __init__(self, shapes: Mapping[str, Shape] | None = None) -> None:
        super().__init__(shapes or {})
        self.by_tag: dict[str, Met] = {}

    def met(self, tag: str) -> Met:
        """What a tag stands for that is not in `by_tag` yet."""
        name = local_name(tag)
        shape = self.get(name)
        found = (name, shape is not None and shape.text, shape is not None and shape.listed, shape)
        if shape is not None and len(self.by_tag) < self.MAX_TAGS:
            self.by_tag[tag] = found
        return found


def shapes(name: str, edition: Models) -> Shapes:
    """The fields of a message of the dictionary, by name."""
    return _message_shapes(name, edition_of(edition))


@cache
def _message_shapes(name: str, edition: Edition) -> Shapes:
    return _shapes(dictionary.entry(name).fields, edition)


def document_of(root: Any, edition: Models) -> dict[str, Any]:  # noqa: ANN401 - an lxml element
    """The tree of a whole envelope; the root's own name is not looked at."""
    document: dict[str, Any] = {}
    known = shapes("EDXL-DE", edition)
    for child in root[:]:
        name, is_text, _, _ = known.by_tag.get(child.tag) or known.met(child.tag)
        if is_text:
            document.setdefault(name, child.text or "")
        elif name == "content":
            document.setdefault("content", []).append(_content(child, edition))
        elif name == "descriptor":
            found = _value(child, known[name])
            if isinstance(found, dict):
                found = {key: value for key, value in found.items() if key not in _PASSED_OVER}
            document.setdefault(name, found)
        else:
            document.setdefault(name, _value(child, known.get(name)))
    return document


def content_of(element: Any, edition: Models) -> Any:  # noqa: ANN401
    """What stands under a use-case key, by the message that the key names."""
    known = model_of_key(local_name(element.tag), edition)
    if known is None:
        return _generic(element)
    inside = shapes(known.name, edition)
    return _object(element, inside) if inside else _open(element)


def message_element(root: Any) -> Any:  # noqa: ANN401
    """The `message` element of an envelope; None where there is none."""
    element = root
    for step in CONTENT_STEPS:
        element = next((child for child in element if local_name(child.tag) == step), None)
        if element is None:
            return None
    return element


def _content(element: Any, edition: Models) -> dict[str, Any]:  # noqa: ANN401
    for step in CONTENT_STEPS[1:]:
        element = next((child for child in element if local_name(child.tag) == step), None)
        if element is None:
            return {}
    header = shapes("RC-DE", edition)
    message: dict[str, Any] = {}
    for child in element[:]:
        name, is_text, listed, shape = header.by_tag.get(child.tag) or header.met(child.tag)
        if is_text:
            message.setdefault(name, child.text or "")
        elif shape is None:
            message.setdefault(name, content_of(child, edition))
        elif listed:
            message.setdefault(name, []).append(_value(child, shape))
        else:
            message.setdefault(name, _value(child, shape))
    return {"jsonContent": {"embeddedJsonContent": {"message": message}}}


def _object(element: Any, known: Shapes) -> dict[str, Any]:  # noqa: ANN401
    """One loop without a call for a text: it runs for each element of each message."""
    found: dict[str, Any] = {}
    by_tag = known.by_tag
    for child in element[:]:
        tag = child.tag
        name, is_text, listed, shape = by_tag.get(tag) or known.met(tag)
        if is_text:
            value: Any = child.text or ""
        elif shape is None:
            value = _generic(child)
        elif shape.children:
            value = _object(child, shape.children)
        else:
            value = _value(child, shape)
        if name not in found:
            found[name] = [value] if listed else value
        elif listed:
            found[name].append(value)  # else repeated where it may not be: the judges of XML say so
    return found


def _value(element: Any, shape: Shape | None) -> Any:  # noqa: ANN401
    if shape is None:
        return _generic(element)
    if shape.kind == "object":
        return _object(element, shape.children) if shape.children else _open(element)
    text = element.text or ""
    match shape.kind:
        case "boolean":
            return _BOOLEANS.get(text.strip(), text)
        case "number" | "integer":
            return number_of(text)
        case _:
            return text


def number_of(text: str) -> int | float | str:
    """The number that `text` writes; the text itself where it writes none. Raises TooLongNumberError."""
    bare = text.strip()
    if len(bare) > MAX_DIGITS:
        raise TooLongNumberError
    if _INTEGER.fullmatch(bare):
        return int(bare)
    try:
        number = float(bare)
    except ValueError:
        return text
    return number if math.isfinite(number) else text


def _open(element: Any) -> dict[str, Any]:  # noqa: ANN401
    found = _generic(element)
    return found if isinstance(found, dict) else {}


def _generic(element: Any) -> Any:  # noqa: ANN401
    """An element that the dictionary does not describe: text, or a map whose repeated names are lists."""
    if len(element) == 0:
        return element.text or ""
    found: dict[str, Any] = {}
    repeated: set[str] = set()
    for child in element:
        name, value = local_name(child.tag), _generic(child)
        if name not in found:
            found[name] = value
        elif name in repeated:
            found[name].append(value)
        else:
            repeated.add(name)
            found[name] = [found[name], value]
    return found


def _shapes(fields: tuple[Field, ...], edition: Models) -> Shapes:
    found = {
        one.name: Shape(
            one.kind,
            one.listed,
            _shapes(one.children, edition),
            text=one.kind not in {"object", "boolean", "number", "integer"},
        )
        for one in fields
        if one.held_in(edition)
    }
    return Shapes(found)

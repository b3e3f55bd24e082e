"""A body as the hub's own libraries read it: laxer than the specification in places, and that is not judged here.

Measured on the real dispatcher (fact sheet 7.9). What is bounded here and not there: docs/sandbox-limites.md.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from sys import float_info
from typing import Any

from recette.hub.wire import Delivery
from recette.messages.clients import is_health
from recette.messages.dictionary.generations import Edition
from recette.messages.json.parsing import parse_object
from recette.messages.reading import JSON_TYPE, XML_TYPE, Message, from_document, from_xml
from recette.messages.xml.names import ROOT, local_name
from recette.messages.xml.parsing import parse_xml

MAX_BODY = 16 * 1024 * 1024
"""Bytes that the hub at home reads: what RabbitMQ 4 takes by default."""
MAX_DEPTH = 900
"""Nested objects and lists; the real one stops at a thousand."""
_XML_DECLARATION = re.compile(r"\A<\?xml[^>]{0,200}\?>")
_DOCTYPE = re.compile(r"<!DOCTYPE[^\[>]{0,1000}(\[[^\]]{0,1000}\])?\s{0,100}>")
_LONGEST_NUMBER = 1_000
"""Characters of a number that the hub's library reads."""
_MAY_HOLD_ONE = re.compile(rb"(?<![-+.eE\d])[-+.eE\d]{%d}" % (_LONGEST_NUMBER + 1))
"""Looked for at the beginning of each run alone, which takes linear time."""


class UnreadableError(Exception):
    """No message can be made of a body: the code of the refusal, and what the report quotes of it."""

    def __init__(self, code: int, source: Mapping[str, Any] | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.source = source


class VoidError(Exception):
    """A body that the real one drops without a report."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A message, and whether its bytes can be forwarded as they came."""

    message: Message
    exact: bool


def read_as(delivery: Delivery) -> str:
    """The type that a body is read as: who is no health actor writes XML, unless it says JSON."""
    said = delivery.properties.content_type
    return (
        JSON_TYPE if said == JSON_TYPE or (is_health(delivery.routing_key) and said != XML_TYPE) else XML_TYPE
    )


def read_body(body: bytes, content_type: str, edition: Edition) -> Reading:
    """Raises UnreadableError and VoidError."""
    if len(body) > MAX_BODY:
        raise UnreadableError(301 if content_type == JSON_TYPE else 300)
    return _json(body, edition) if content_type == JSON_TYPE else _xml(body, edition)


def _json(body: bytes, edition: Edition) -> Reading:
    tree, problems = parse_object(body)
    exact = tree is not None and not problems
    if tree is not None and exact and not _MAY_HOLD_ONE.search(body):
        return Reading(from_document(tree, edition), exact)
    text = body.decode("utf-8", "replace")
    start = len(text) - len(text.lstrip(" \t\r\n"))
    if start == len(text):
        raise UnreadableError(102)
    try:
        tree = _DECODER.raw_decode(text, start)[0]
    except (ValueError, RecursionError) as error:
        raise UnreadableError(301, _other_encoding(body)) from error
    if tree is None:
        raise VoidError("Le corps est « null »")
    if not isinstance(tree, dict):
        raise UnreadableError(102)
    return Reading(from_document(tree, edition), exact)


def _not_json(_: str) -> None:
    raise ValueError


def _integer(text: str) -> int:
    if len(text.removeprefix("-")) > _LONGEST_NUMBER:
        raise ValueError
    return int(text)


def _finite(text: str) -> float:
    """A number with a fraction or an exponent; beyond all doubles, which the real one keeps, the greatest of them."""
    if len(text.removeprefix("-")) > _LONGEST_NUMBER:
        raise ValueError
    return max(-float_info.max, min(float_info.max, float(text)))


_DECODER = json.JSONDecoder(parse_constant=_not_json, parse_float=_finite, parse_int=_integer)


def _other_encoding(body: bytes) -> Mapping[str, Any] | None:
    """What the report can still quote: a body with a byte order mark, or in UTF-16."""
    if json.detect_encoding(body) == "utf-8":
        return None
    try:
        tree = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return tree if isinstance(tree, dict) else None


def _xml(body: bytes, edition: Edition) -> Reading:
    root, problems = parse_xml(body)
    exact = not problems
    if not exact:
        root = _lax_root(body)
    for child in root.iterchildren("{*}dateTimeSent", "{*}dateTimeExpires"):
        text = child.text or ""
        if text != text.strip():
            child.text, exact = text.strip(), False
    message = from_xml(root, edition)
    if message.document is None:
        raise UnreadableError(300)
    return Reading(message, exact)


def _lax_root(body: bytes) -> Any:  # noqa: ANN401 - an lxml element
    """A root that only the project's own reading refuses. Raises UnreadableError."""
    text = body.decode("utf-8", "replace")
    declared = _XML_DECLARATION.match(text)
    bare = text[declared.end() :] if declared else text
    if "<!ENTITY" in bare:
        raise UnreadableError(102)
    root, problems = parse_xml(_DOCTYPE.sub("", bare, count=1).encode())
    if problems:
        raise UnreadableError(300, _first_root(bare))
    if "\ufffd" in bare:
        other = declared is not None and "utf-8" not in declared[0].lower()
        raise UnreadableError(300, raw_map(root) if other else None)
    return root


def _first_root(text: str) -> Mapping[str, Any] | None:
    """What the report quotes of a text that begins with a mark, or goes on after its root."""
    found, end, _ = text.removeprefix("\ufeff").partition(f"</{ROOT}>")
    root, problems = parse_xml((found + end).encode())
    return None if problems else raw_map(root)


def raw_map(element: Any) -> Any:  # noqa: ANN401 - an lxml element
    """An element as the reports quote it: a map of its children under their local names, all texts."""
    if len(element) == 0:
        return element.text or ""
    found: dict[str, Any] = {}
    for child in element:
        name, value = local_name(child.tag), raw_map(child)
        if name not in found:
            found[name] = value
        elif isinstance(found[name], list):
            found[name].append(value)
        else:
            found[name] = [found[name], value]
    return found

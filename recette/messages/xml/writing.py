"""A document tree to XML: the order and the namespaces of the edition (fact sheet 3.3)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from recette.messages.dictionary.generations import Models, edition_of, editions
from recette.messages.dictionary.models import comes_bare
from recette.messages.reading import HEADER_FIELDS, inner
from recette.messages.xml.names import (
    ENVELOPE_NS,
    ROOT,
    TYPES_NS,
    XLINK_NS,
    content_namespace,
    message_namespace,
    sayable,
)
from recette.messages.xml.reading import Shape, shapes
from recette.wording.values import plain

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"})


class NotInXmlError(ValueError):
    """A message that its edition cannot carry in XML; the text says which and why."""


def to_xml(document: Mapping[str, Any], edition: Models) -> bytes:
    """The whole envelope as UTF-8 XML. Unknown fields follow the known ones. Raises NotInXmlError."""
    message = inner(document)
    keys = [key for key in message if key not in HEADER_FIELDS]
    for key in keys:
        _sayable(key, edition)
    known = shapes("EDXL-DE", edition)
    envelope = {name: value for name, value in document.items() if name != "content"}
    parts = [
        "<?xml version='1.0' encoding='UTF-8'?>\n",
        f'<{ROOT} xmlns="{ENVELOPE_NS}" xmlns:xlink="{XLINK_NS}" xmlns:ct="{TYPES_NS}" xlink:type="extended">',
        *_children(envelope, known),
    ]
    if message:
        parts.append("<content><contentObject><contentXML><embeddedXMLContent>")
        parts.append(f'<message xmlns="{message_namespace(edition)}">')
        header = {name: message[name] for name in message if name in HEADER_FIELDS}
        parts.extend(_children(header, shapes("RC-DE", edition)))
        parts.extend(content_xml(key, message[key], edition) for key in keys)
        parts.append("</message></embeddedXMLContent></contentXML></contentObject></content>")
    parts.append(f"</{ROOT}>")
    return "".join(parts).encode("utf-8")


def content_xml(key: str, content: object, edition: Models) -> str:
    """One content as an element of its own. Raises NotInXmlError."""
    entry = _sayable(key, edition)
    known = {} if entry is None else shapes(entry, edition)
    space = content_namespace(key, edition)
    inside = "".join(_children(content, known)) if isinstance(content, Mapping) else _text(content)
    if key == "customContent" and not inside.startswith("<"):
        raise NotInXmlError("Un customContent sans champ ne peut pas s'écrire en XML : il y faut un élément.")
    return f'<{_name(key)} xmlns="{space}">{inside}</{key}>'


def _sayable(key: str, edition: Models) -> str | None:
    """The message of that key; None for a key of no edition, which is written as it is."""
    entry = sayable(edition).get(key)
    if entry is not None:
        return entry.name
    if any(key in sayable(other) for other in editions()) or comes_bare(key):
        raise NotInXmlError(
            f"La {edition_of(edition).title} ne sait pas dire « {key} » en XML : ses XSD n'ont pas ce contenu ; "
            "envoyez-le en JSON."
        )
    return None


def _children(value: Mapping[str, Any], known: Mapping[str, Shape]) -> Iterator[str]:
    for name, shape in known.items():
        if name in value:
            yield from _element(name, value[name], shape)
    for name in value:
        if name not in known:
            yield from _element(name, value[name], None)


def _element(name: str, value: object, shape: Shape | None) -> Iterator[str]:
    if value is None:
        return
    for one in value if isinstance(value, list) else (value,):
        tag = _name(name)
        if isinstance(one, Mapping):
            inside = "".join(_children(one, shape.children if shape else {}))
        else:
            inside = _text(one)
        yield f"<{tag}>{inside}</{tag}>"


def is_element_name(name: str) -> bool:
    """Whether a key can be written as an element."""
    return _NAME.fullmatch(name) is not None


def _name(name: str) -> str:
    if not is_element_name(name):
        raise NotInXmlError(f"La clé « {plain(name, 60)} » ne peut pas être le nom d'un élément XML.")
    return name


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:f}" if "e" in repr(value) else repr(value)
    text = "" if value is None else str(value)
    if _ILLEGAL.search(text):
        raise NotInXmlError(f"Le texte « {plain(text)} » contient un caractère que XML ne permet pas.")
    return text.translate(_ESCAPES)

"""XML for what no XSD of the generation describes: the hub's library writes it all the same (fact sheet 7.9)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from recette.messages.reading import inner
from recette.messages.xml.names import ENVELOPE_NS, ROOT, TYPES_NS, XLINK_NS

_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9_.-]")
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"})


class ControlCharacterError(ValueError):
    """A character that no XML can hold."""


def loose_xml(document: Mapping[str, Any]) -> bytes:
    """The envelope as XML in the order in which it came, without namespaces of the content.

    Raises ControlCharacterError.
    """
    message = inner(document)
    outside = {name: value for name, value in document.items() if name != "content"}
    parts = [
        "<?xml version='1.0' encoding='UTF-8'?>\n",
        f'<{ROOT} xmlns="{ENVELOPE_NS}" xmlns:xlink="{XLINK_NS}" xmlns:ct="{TYPES_NS}" xlink:type="extended">',
        *_children(outside),
        "<content><contentObject><contentXML><embeddedXMLContent><message>",
        *_children(message),
        "</message></embeddedXMLContent></contentXML></contentObject></content>",
        f"</{ROOT}>",
    ]
    return "".join(parts).encode("utf-8")


def _children(value: Mapping[str, Any]) -> Iterator[str]:
    for name, child in value.items():
        tag = _NOT_IN_NAMES.sub("_", name)
        tag = tag if tag[:1].isalpha() else f"_{tag}"
        for one in child if isinstance(child, list) else (child,):
            inside = "".join(_children(one)) if isinstance(one, Mapping) else _text(one)
            yield f"<{tag}>{inside}</{tag}>"


def _text(value: object) -> str:
    if value is None:
        return ""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    if _ILLEGAL.search(text):
        raise ControlCharacterError
    return text.translate(_ESCAPES)

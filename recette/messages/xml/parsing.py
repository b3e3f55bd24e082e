"""Bytes to an XML tree, within bounds: no DTD, no entity, no network; what comes in is hostile until shown otherwise."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from recette.messages.json.parsing import BOUND, MAX_BODY, MAX_VALUES, unreadable
from recette.messages.validation.diagnostics import Diagnostic
from recette.wording.syntax_errors import in_xml
from recette.wording.values import plain

MAX_XML_DEPTH = 256
"""Nested elements: libxml2's own bound, which it keeps while it parses."""
_DECLARATION = re.compile(rb"<\?xml[^>]{0,200}?encoding\s{0,20}=\s{0,20}[\"']([^\"'>]{0,100})[\"']")
_READ_ENCODINGS = frozenset({"utf-8", "utf8", "us-ascii", "ascii"})


def parse_xml(body: bytes) -> tuple[Any, tuple[Diagnostic, ...]]:
    """The root element of `body` (lxml), or None with the reason. Never raises, in bounded time."""
    problem = _refused(body)
    if problem is None:
        from lxml import etree

        try:
            return etree.fromstring(body, _parser()), ()
        except etree.XMLSyntaxError as error:
            line, column = error.position
            problem = f"Le corps n'est pas du XML ({in_xml(line, column, str(error.msg))})."
            if "depth" in str(error.msg).lower():
                problem = f"Le corps est imbriqué sur plus de {MAX_XML_DEPTH} niveaux {BOUND}."
    return None, (unreadable(problem, "un document XML", body),)


def looks_like_xml(body: bytes) -> bool:
    """Whether a body of unknown type begins as XML does."""
    return body[:1000].removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<")


def _refused(body: bytes) -> str | None:
    if len(body) > MAX_BODY:
        return f"Le corps fait {len(body)} octets, plus de {MAX_BODY} octets {BOUND}."
    if body.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        return (
            "Le corps commence par une marque d'ordre des octets (BOM) : le hub attend de l'UTF-8 sans elle."
        )
    if b"\x00" in body:
        return "Le corps contient un octet nul, que XML ne permet pas (est-ce de l'UTF-16 ?)."
    declared = _DECLARATION.match(body[:400])
    if declared and declared[1].decode("ascii", "replace").lower() not in _READ_ENCODINGS:
        name = plain(declared[1].decode("ascii", "replace"), 40)
        return f"Le corps se déclare en « {name} » : le hub attend de l'UTF-8."
    try:
        body.decode("utf-8")
    except UnicodeDecodeError as error:
        return f"Le corps n'est pas de l'UTF-8 valide (octet {error.start})."
    # After the encoding is known to be UTF-8: nothing can hide from a search for bytes.
    if b"!" in body and (b"<!DOCTYPE" in body or b"<!ENTITY" in body):
        return f"Le corps contient une DTD ou une entité (<!DOCTYPE, <!ENTITY), qui n'est pas lue {BOUND}."
    if len(body) > 2 * MAX_VALUES and body.count(b"<") + body.count(b"=") > 2 * MAX_VALUES:
        return f"Le corps contient plus de {MAX_VALUES} valeurs {BOUND}."
    return None


@cache
def _parser() -> Any:  # noqa: ANN401 - an lxml parser
    from lxml import etree

    return etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )

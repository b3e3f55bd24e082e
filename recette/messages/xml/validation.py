"""Judging what came in XML: structure by XSD, values and patterns on the tree, the hub's profile of the envelope."""

from __future__ import annotations

import re
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from recette.messages.dictionary.generations import Edition, Models, edition_of
from recette.messages.dictionary.models import model_of_key
from recette.messages.json.bounds import with_bounds
from recette.messages.json.schemas import ENVELOPE, HEADER, Schema, compiled, decider
from recette.messages.reading import HEADER_FIELDS, MESSAGE_PATH, find_inner
from recette.messages.validation.diagnostics import Diagnostic, Layer, below
from recette.messages.xml.names import ENVELOPE_NS, ROOT, local_name, sayable
from recette.messages.xml.schemas import XmlSchemas

_LED_DATE = re.compile(r"\s+\d{4}-\d\d-\d\dT")
_PROFILE: dict[tuple[str, Edition], tuple[Schema, Any]] = {}


def judge_envelope(
    root: Any,  # noqa: ANN401 - an lxml element
    document: Mapping[str, Any],
    body: Mapping[str, Any],
    schemas: XmlSchemas,
    edition: Models,
    *,
    stray_keys: bool,
) -> tuple[Diagnostic, ...]:
    """Everything wrong with a whole envelope, outermost layer first.

    `body` is the `message` inside, empty where there is none; `stray_keys`: there are keys beside the header that name no message, which the caller tells itself.
    """
    if local_name(root.tag) != ROOT:
        text = f"La racine est « {local_name(root.tag)[:60]} », pas « {ROOT} » de l'espace de noms {ENVELOPE_NS}."
        return (Diagnostic("envelope", "$", "EN-15", text, ROOT, local_name(root.tag)[:60]),)
    keys = [key for key in body if key not in HEADER_FIELDS]
    errors = _broken(root, keys, body, schemas)
    found = _profile(ENVELOPE, document, "envelope", "$", edition)
    if errors is None:
        return found
    told = found + _explained(root, body, keys, edition)
    if told or stray_keys:
        return told
    from recette.messages.xml.explanation import said_by_xsd

    return said_by_xsd(root, edition, errors or ())


def xsd_holds(root: Any, document: Mapping[str, Any], schemas: XmlSchemas) -> bool:  # noqa: ANN401
    """Whether XSD alone takes a whole envelope, whatever the hub's profile says beyond it."""
    body = find_inner(document) or {}
    keys = [key for key in body if key not in HEADER_FIELDS]
    return local_name(root.tag) == ROOT and _broken(root, keys, body, schemas) is None


def judge_content(
    root: Any,  # noqa: ANN401
    content: object,
    schemas: XmlSchemas,
    edition: Models,
) -> tuple[Diagnostic, ...]:
    """Everything wrong with a bare content, whose root is its use-case element."""
    key = local_name(root.tag)
    unsayable = _unsayable(key, "$", edition)
    if unsayable:
        return unsayable
    errors = _structure(schemas.headed, root)
    if errors is None and schemas.values_hold(key, content):
        return ()
    from recette.messages.xml.explanation import said_by_xsd, structure

    model = model_of_key(key, edition)
    found = structure(root, edition)
    if model is not None:
        found += _profile(model.name, content, "content", below("$", key), edition)
    return found or said_by_xsd(root, edition, errors or ())


def _broken(root: Any, keys: list[str], body: Mapping[str, Any], schemas: XmlSchemas) -> Any:  # noqa: ANN401
    """None where XSD holds, patterns included; else libxml2's errors, of which a pattern has none."""
    errors = _structure(schemas.bare if keys and keys[0] in schemas.bare_keys else schemas.headed, root)
    if errors is None and not all(schemas.values_hold(key, body[key]) for key in keys):
        return ()
    return errors


def _structure(schema: Any, root: Any) -> Any:  # noqa: ANN401
    """None where the XSD holds, else libxml2's errors."""
    errors = _said(schema, root)
    if errors is None or not any(map(_led_by_blanks, root.iter())):
        return errors
    trimmed = deepcopy(root)
    for one in filter(_led_by_blanks, trimmed.iter()):
        one.text = one.text.lstrip()
    return _said(schema, trimmed)


def _said(schema: Any, root: Any) -> Any:  # noqa: ANN401
    from lxml import etree

    try:
        return None if schema.validate(root) else tuple(schema.error_log)
    except etree.XMLSchemaValidateError:
        return tuple(schema.error_log)


def _led_by_blanks(element: Any) -> bool:  # noqa: ANN401
    """Whether it holds a date behind blanks, which XSD collapses and libxml2 does not."""
    return bool(element.text) and _LED_DATE.match(element.text) is not None


def _unsayable(key: str, path: str, edition: Models) -> tuple[Diagnostic, ...]:
    if key in sayable(edition) or model_of_key(key, edition) is None:
        return ()
    text = f"La {edition_of(edition).title} ne sait pas dire « {key} » en XML : ses XSD n'ont pas ce contenu."
    return (Diagnostic("content", below(path, key), "EN-15", text, "du JSON", "du XML"),)


def _explained(
    root: Any,  # noqa: ANN401
    body: Mapping[str, Any],
    keys: list[str],
    edition: Models,
) -> tuple[Diagnostic, ...]:
    from recette.messages.xml.explanation import structure

    found = structure(root, edition)
    if any(field in body for field in HEADER_FIELDS):
        found += _profile(HEADER, body, "header", MESSAGE_PATH, edition)
    for key in keys:
        model = model_of_key(key, edition)
        unsayable = _unsayable(key, MESSAGE_PATH, edition)
        if unsayable:
            found += unsayable
        elif model is not None:
            found += _profile(model.name, body[key], "content", below(MESSAGE_PATH, key), edition)
    return found


def _profile(
    name: str,
    value: object,
    layer: Layer,
    path: str,
    edition: Models,
) -> tuple[Diagnostic, ...]:
    """What the dictionary, as it holds for XML, says of a value of the tree."""
    place = (name, edition_of(edition))
    if place not in _PROFILE:
        schema = with_bounds(compiled(name, edition, of_xml=True))
        _PROFILE[place] = (schema, decider(schema))
    schema, deciding = _PROFILE[place]
    if deciding.is_valid(value):
        return ()
    from recette.messages.validation.explanation import explain

    return explain(schema, value, layer, path, name)

"""A JSON Schema reduced to what it demands, so that two that demand the same are equal whatever their writing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Schema = dict[str, Any]
_APART = frozenset({"enum", "properties", "required", "additionalProperties", "items", "definitions", "$ref"})
"""Told in a form of their own, or not at all."""
_TEXTS = frozenset(
    {"title", "description", "example", "examples", "$id", "$schema", "$comment", "version", "default"}
)
_REFERENCE = "#/definitions/"
MAX_DEPTH = 40
"""Levels of a schema; the official ones have fewer than ten."""


def plain_shape(schema: Mapping[str, Any]) -> Schema:
    """The schema without texts, references resolved, sets in order. Raises ValueError for what no official one has."""
    return _plain(schema, schema.get("definitions", {}), 0)


def same(one: Schema, other: Schema) -> bool:
    """Whether two plain shapes demand the same, of the order of elements in XML too, which is that of the fields."""
    return one == other and _orders(one) == _orders(other)


def _orders(shape: Schema) -> list[Any]:
    inner = shape.get("items", shape)
    return [[name, _orders(below)] for name, below in inner.get("properties", {}).items()]


def _plain(node: Mapping[str, Any], definitions: Mapping[str, Any], depth: int) -> Schema:
    if depth > MAX_DEPTH:
        raise ValueError(f"plus de {MAX_DEPTH} niveaux")
    reference = node.get("$ref")
    if isinstance(reference, str):
        name = reference.removeprefix(_REFERENCE)
        if name == reference or name not in definitions:
            raise ValueError(f"la référence {reference} ne mène nulle part")
        return _plain(definitions[name], definitions, depth + 1)
    found: Schema = {
        name: value
        for name, value in node.items()
        if name not in _APART and name not in _TEXTS and not name.startswith("x-")
    }
    if not found.get("minItems"):
        found.pop("minItems", None)
    if "enum" in node:
        found["enum"] = sorted(set(map(str, node["enum"])))
    if node.get("type") == "object" or "properties" in node:
        properties = node.get("properties", {})
        found["properties"] = {
            name: _plain(child, definitions, depth + 1) for name, child in properties.items()
        }
        found["required"] = sorted(node.get("required", ()))
        found["open"] = node.get("additionalProperties", True) is not False
    if "items" in node:
        found["items"] = _plain(node["items"], definitions, depth + 1)
    return found

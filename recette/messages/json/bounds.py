"""Bounds on values that the official schemas leave open, laid into the schemas that judge."""

from __future__ import annotations

from typing import Any

MAX_IDENTIFIER = 1000
"""Characters of any one identifier, far above what a client writes; the bound is a finding (fact sheet 12.1)."""
_ALSO_IDENTIFIERS = frozenset({"owner", "explicitAddressValue"})


def with_bounds(schema: dict[str, Any]) -> dict[str, Any]:
    """The same schema, with a greatest length for identifiers and whatever else a pattern describes."""
    return {
        key: {name: _child(name, child) for name, child in value.items()}
        if key in {"properties", "definitions"}
        else value
        for key, value in schema.items()
    }


def _child(name: str, schema: Any) -> Any:  # noqa: ANN401 - a schema may be true or false too
    if not isinstance(schema, dict):
        return schema
    bounded = with_bounds(schema)
    if isinstance(schema.get("items"), dict):
        bounded["items"] = _child(name, schema["items"])
    is_identifier = "pattern" in schema or name.lower().endswith("id") or name in _ALSO_IDENTIFIERS
    if is_identifier and schema.get("type") == "string":
        bounded["maxLength"] = MAX_IDENTIFIER
    return bounded

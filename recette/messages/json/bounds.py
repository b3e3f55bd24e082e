"""What the official schemas leave open, laid into the schemas that judge: bounds, and a date that is disputed."""

from __future__ import annotations

from typing import Any

MAX_IDENTIFIER = 1000
"""Characters of any one identifier, far above what a client writes; the bound is a finding (fact sheet 12.1)."""
DISPUTED_OFFSET = "-00:00$"
"""An end of dates that RC-DE names for UTC, and that the hub refuses: neither right nor wrong (fact sheet 6.3)."""
_ALSO_IDENTIFIERS = frozenset({"owner", "explicitAddressValue"})


def with_bounds(schema: dict[str, Any]) -> dict[str, Any]:
    """The same schema, with a greatest length for identifiers and whatever else a pattern describes, and disputed dates."""
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
    if schema.get("format") == "date-time":
        bounded["not"] = {"pattern": DISPUTED_OFFSET}
    return bounded

"""Which requirement (fact sheet section 11) a schema error breaks."""

from __future__ import annotations

from collections.abc import Sequence

from recette.messages.validation.diagnostics import Layer

_ENVELOPE = {
    "distributionStatus": "EN-07",
    "distributionKind": "EN-08",
    "dateTimeSent": "EN-05",
    "dateTimeExpires": "EN-06",
    "language": "EN-10",
    "content": "EN-13",
}
_HEADER = {"messageId": "HD-01", "sentAt": "HD-04", "kind": "HD-05", "status": "HD-06", "recipient": "HD-07"}
_BY_DEFECT = {"enum": "DA-03", "pattern": "DA-02", "datetime": "DA-04", "label": "DA-20"}


def rule_of(layer: Layer, what: str, steps: Sequence[str | int], model: str) -> str:
    """The requirement broken by `what` (required, extra, enum, pattern, datetime, label, type, count, other)."""
    names = [step for step in steps if isinstance(step, str)]
    field = names[-1] if names else ""
    if layer == "envelope":
        if what == "extra":
            return "EN-14"
        return "EN-01" if what == "required" else _ENVELOPE.get(field, "EN-01")
    if layer == "header":
        if names[:1] == ["sender"]:
            return "HD-03" if field == "URI" else "HD-02"
        return _HEADER.get(names[0] if names else "", "HD-01")
    return _content_rule(what, field, model)


def _content_rule(what: str, field: str, model: str) -> str:
    if what == "extra":
        return "DA-19" if model == "RS-EDA-MAJ" else "DA-01"
    if field == "customMap" and what == "count":
        return "DA-15"
    if what in {"enum", "pattern", "type"}:
        if field == "phoneNumber":
            return "DA-13"
        if field in {"age", "sex"}:
            return "DA-14"
    return _BY_DEFECT.get(what, "DA-01")

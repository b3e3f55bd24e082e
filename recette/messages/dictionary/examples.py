"""Minimal and maximal example messages of every model, invented and fictitious, from the dictionary alone."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from recette.messages.building import envelope
from recette.messages.dictionary.code_lists import codes, pattern
from recette.messages.dictionary.generations import Models
from recette.messages.dictionary.models import MessageModel
from recette.messages.dictionary.reader import Field
from recette.messages.dictionary.samples import sample_of

Size = Literal["minimal", "maximal"]
SENT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
SENDER, RECIPIENT = "fr.health.samu000", "fr.health.samu999"
_MANY = 2
"""Items of a list in a maximal example, where its bound allows."""
_CASE = "fr.health.samu000.DRFR150002600200001"
SAMPLES = {
    "age": "P42Y",
    "case": _CASE,
    "date": "1984-01-02",
    "diagnosis": "I21.0",
    "healthMotive": "M03.02",
    "inseeCode": "99999",
    "locationKind": "L01.00.00",
    "medicalNote": "fr.health.samu000.medicalNote.1",
    "owner": "fr.health.samu000",
    "patient": "fr.health.samu000.patient.1",
    "phoneNumber": "+33199000000",
    "request": "fr.health.samu000.request.1",
    "resource": "fr.health.samu000.resource.1",
    "riskThreat": "R01",
    "rpps": "810000000000",
    "samu": "fr.health.samu000",
    "siteId": "000000000",
    "technicalEmail": "exemple@recette.test",
    "technicalPhone": "+3319900",
    "whatsHappen": "C01.01.01",
}
"""One value for each named pattern, good in every generation."""


def example(model: MessageModel, size: Size) -> dict[str, Any]:
    """The content: only what is required, or everything there is."""
    if model.name == "customContent":
        return {"texte": "contenu libre fictif"}
    return _object(model.fields, model.edition, size)


def example_message(model: MessageModel, size: Size) -> dict[str, Any]:
    """The same in its envelope."""
    return envelope(
        example(model, size),
        model.key,
        sender=SENDER,
        recipient=RECIPIENT,
        distribution_id=f"{SENDER}_{model.name}-{size}",
        sent_at=SENT,
        expires_at=SENT + timedelta(days=1),
        kind={"RC-REF": "Ack", "RS-ERROR": "Error"}.get(model.name, "Report"),
    )


def field_example(one: Field, edition: Models) -> Any:  # noqa: ANN401 - a JSON tree
    """One field with only what is required in it; one item of a list."""
    return _field(one, edition, "minimal")


def _object(fields: Iterable[Field], edition: Models, size: Size) -> dict[str, Any]:
    held = (one for one in fields if one.held_in(edition) and (one.required or size == "maximal"))
    return {one.name: _field(one, edition, size) for one in held}


def _field(one: Field, edition: Models, size: Size) -> Any:  # noqa: ANN401 - a JSON tree
    value = _object(one.children, edition, size) if one.kind == "object" else _scalar(one, edition)
    if one.kind == "object" and not one.children and size == "maximal":
        value = {"texte": "contenu libre fictif"}
    if not one.listed:
        return value
    most = _MANY if one.most is None else min(_MANY, one.most)
    return [value] * (max(one.least, most) if size == "maximal" else max(one.least, 1))


def _scalar(one: Field, edition: Models) -> Any:  # noqa: ANN401
    family, _, name = one.kind.partition(":")
    match family:
        case "code":
            return codes(name, edition)[0]
        case "id" | "match":
            return _of_pattern(name, pattern(name, edition))
        case "datetime" | "instant":
            return SENT.isoformat()
        case "number":
            return 48.5
        case "integer":
            return 1
        case "boolean":
            return True
        case _:
            return f"{one.name} fictif"


def _of_pattern(name: str, text: str) -> str:
    """The sample of a named pattern, or of another name that it takes, or one made of the pattern itself."""
    known = [SAMPLES[name]] if name in SAMPLES else []
    fitting = (one for one in (*known, *SAMPLES.values()) if re.search(text, one))
    return next(fitting, None) or sample_of(text)

"""A case between health and the fire side: RS-EDA to RC-EDA and back (hub-sante-2026 4.5)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from recette.messages.conversion.failures import ConversionError
from recette.messages.conversion.losses import Losses
from recette.messages.conversion.notes import WORDS, NoteWriter, as_text, drawn
from recette.messages.conversion.places import trail
from recette.messages.conversion.trees import copied, copied_object

_UNTOLD_TO_FIRE = (
    "owner", "patient", "medicalNote", "decision", "perimeter", "interventionType",
    "qualification.origin", "qualification.details",
    "location.detailedAddress.highway", "location.geometry.point.isAml",
)  # fmt: skip
_UNTOLD_TO_HEALTH = (
    "referenceVersion", "newAlert",
    "location.country", "location.locID", "location.locLabel", "location.geometry.sketch",
    "location.geometry.point.coord.heading", "location.geometry.point.coord.speed",
    "initialAlert.id", "initialAlert.attachment", "initialAlert.reporting", "initialAlert.qualification",
    "initialAlert.location", "initialAlert.callTaker",
)  # fmt: skip
_ALERT_HEADINGS = (
    ("initialAlert", "attachment", "Pièces jointes : "),
    ("initialAlert", "callTaker", "Contact de l'opérateur SIS : "),
    ("", "freetext", " "),
    ("", "newAlert", "Nouvelles alertes : "),
)
"""What is merged into the first note of the first call: where it lies, and what introduces it."""
_URGENT = frozenset({"P0", "P1"})


def to_fire(case: Mapping[str, Any], sender: str, losses: Losses) -> dict[str, Any]:
    """The RC-EDA's content that an RS-EDA becomes."""
    made = copied_object(case)
    priority = made.get("qualification", {}).get("details", {}).get("priority")
    patients = len(made.get("patient") or ())
    _drop(made, _UNTOLD_TO_FIRE, losses)
    _put(made, "referenceVersion", "2.0", "$", losses)
    qualification = made.setdefault("qualification", {})
    _put(qualification, "victims", {"count": _count(patients)}, "$.qualification", losses)
    if "whatsHappen" not in qualification:
        _put(qualification, "whatsHappen", dict(_UNKNOWN_KIND), "$.qualification", losses)
    stamp, letters = datetime.now(UTC).strftime("%Y%m%d%H%M%S"), drawn(4)
    location = made.setdefault("location", {})
    _put(location, "locID", f"LOC-{stamp}-{letters}", "$.location", losses)
    _put(location, "country", "FR", "$.location", losses)
    for index, one in enumerate(location.get("externalInfo", ())):
        if "type" not in one:
            _put(one, "type", "AUTRE", f"$.location.externalInfo[{index}]", losses)
    alert = made.get("initialAlert")
    if alert is not None:
        told = {
            "id": f"INAL-{stamp}-{letters}",
            "reception": made.get("creation"),
            "reporting": "ATTENTION" if priority in _URGENT else "STANDARD",
            "callTaker": {
                "organization": sender,
                "controlRoom": f"CRRA {sender.removeprefix('fr.health.')}",
            },
            "qualification": copied(qualification),
            "location": copied(location),
        }
        for name, value in told.items():
            _put(alert, name, value, "$.initialAlert", losses)
    return made


_UNKNOWN_KIND = {"code": "C11.06.00", "label": "Autre nature de fait"}


def _put(holder: dict[str, Any], name: str, value: Any, above: str, losses: Losses) -> None:  # noqa: ANN401 - JSON
    """Write a value, and tell what it takes the place of."""
    if name not in holder:
        losses.added(f"{above}.{name}", value)
    elif holder[name] != value:
        losses.replaced(f"{above}.{name}", holder[name], value)
    holder[name] = value


def _count(patients: int) -> str:
    if patients < 2:
        return str(patients)
    return "PLUSIEURS" if patients < 5 else "BEAUCOUP"


def to_health(case: Mapping[str, Any], sender: str, recipient: str, losses: Losses) -> dict[str, Any]:
    """The RS-EDA's content that an RC-EDA becomes. Raises ConversionError."""
    made = copied_object(case)
    _put(made, "owner", recipient, "$", losses)
    alert = made.get("initialAlert")
    if alert is None and ("freetext" in made or "newAlert" in made):
        raise ConversionError(
            500, "Le dossier a des textes ou de nouvelles alertes, mais pas d'initialAlert."
        )
    if "additionalInformation" in made:
        losses.lost("$.additionalInformation", made["additionalInformation"])
    made.pop("additionalInformation", None)
    customs = list(_told_as_custom(made))
    if customs:
        _put(made, "additionalInformation", {"customMap": customs}, "$", losses)
    _note_victims(made, sender, losses)
    if alert is not None:
        urgent = alert.get("reporting") == "ATTENTION"
        details = made.setdefault("qualification", {}).setdefault("details", {})
        _put(details, "priority", "P0" if urgent else "P2", "$.qualification.details", losses)
        _merge_notes(made, alert, losses)
    _tell_city(made, losses)
    made.pop("freetext", None)
    _drop(made, _UNTOLD_TO_HEALTH, losses)
    return made


def _note_victims(case: dict[str, Any], sender: str, losses: Losses) -> None:
    victims = case.get("qualification", {}).pop("victims", None)
    if victims:
        text = as_text(victims, WORDS["victims"])
        NoteWriter(case, author=sender).write(text, None)
        losses.noted("$.qualification.victims", victims, text)


def _told_as_custom(case: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    victims = case.get("qualification", {}).get("victims", {})
    if "count" in victims:
        yield _entry("qualification.victims.count", "Nombre de patients-victimes", victims["count"])
    if "mainVictim" in victims:
        yield _entry(
            "qualification.victims.mainVictim", "Type du patient-victime principal", victims["mainVictim"]
        )
    organization = case.get("initialAlert", {}).get("callTaker", {}).get("organization")
    if organization is not None:
        yield _entry("initialalert.calltaker.organization", "Identifiant SDIS", organization)


def _entry(key: str, label: str, value: str) -> dict[str, str]:
    return {"key": key, "label": label, "value": value}


def _merge_notes(case: dict[str, Any], alert: dict[str, Any], losses: Losses) -> None:
    notes = alert.get("notes", [])
    own = [one["freetext"] for one in notes if "freetext" in one]
    told = list(own)
    for holder, name, heading in _ALERT_HEADINGS:
        value = (case[holder] if holder else case).pop(name, None)
        if value is not None:
            told.append(heading + " ".join(_texts(value)))
            losses.noted(f"$.{holder}.{name}" if holder else f"$.{name}", value, told[-1])
    merged = "; ".join(told)
    for text in own if len(told) > 1 else ():
        losses.noted("$.initialAlert.notes[*].freetext", text, merged)
    dated = [one["creation"] for one in notes if "freetext" in one and "creation" in one]
    for date in dated:
        losses.lost(
            "$.initialAlert.notes[*].creation", date, "les notes sont fondues en une seule, sans date"
        )
    alert["notes"] = ([{"freetext": merged}] if told else []) + [
        one for one in notes if "freetext" not in one
    ]


def _texts(value: Any) -> Iterator[str]:  # noqa: ANN401 - a JSON tree
    """Every text below, in the order in which it came; numbers are left out, as the hub does."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from _texts(one)
    elif isinstance(value, list):
        for one in value:
            yield from _texts(one)


def _tell_city(case: Mapping[str, Any], losses: Losses) -> None:
    """The details of a town go to the place's text, which is there from then on, if only empty."""
    location = case.get("location")
    if not isinstance(location, dict):
        return
    if "freetext" not in location:
        _put(location, "freetext", "", "$.location", losses)
    detail = location.get("city", {}).pop("detail", None)
    if detail is not None:
        location["freetext"] = f"{location['freetext']}\nDétails de commune : {detail}"
        losses.noted("$.location.city.detail", detail, location["freetext"])


def _drop(case: dict[str, Any], paths: tuple[str, ...], losses: Losses) -> None:
    for path in paths:
        for place in trail(path).places(case):
            losses.lost(place, place.take())

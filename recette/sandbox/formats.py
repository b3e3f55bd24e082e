"""What a conversion between formats does to a message, and to a report (fact sheet 3.3, 7.4)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from recette.messages.building import serialise
from recette.messages.dictionary.generations import Edition
from recette.messages.reading import JSON_TYPE
from recette.messages.xml.writing import NotInXmlError
from recette.sandbox.loose_xml import loose_xml


def with_offsets(document: Mapping[str, Any]) -> dict[str, Any]:
    """The envelope with its dates as a conversion writes them: seconds, and an offset instead of Z."""
    dates = {
        name: _with_offset(document[name]) for name in ("dateTimeSent", "dateTimeExpires") if name in document
    }
    return {**document, **dates}


def written(document: Mapping[str, Any], form: str, edition: Edition) -> bytes:
    """A message in a format; in XML also where no XSD describes it. Raises ControlCharacterError."""
    if form == JSON_TYPE:
        return serialise(document)
    try:
        return serialise(document, form, edition)
    except NotInXmlError:
        return loose_xml(document)


def _with_offset(date: str) -> str:
    try:
        return datetime.fromisoformat(date.strip().upper()).replace(microsecond=0).isoformat()
    except ValueError:
        return date  # the year 0, which Python does not have

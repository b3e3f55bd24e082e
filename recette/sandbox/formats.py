"""In which format the hub gives a message to whom, and what conversion does to it (fact sheet 3.3, 7.4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from recette.hub.wire import Delivery
from recette.messages.building import serialise
from recette.messages.clients import is_health
from recette.messages.dictionary.generations import Models
from recette.messages.reading import JSON_TYPE, XML_TYPE, inner
from recette.messages.xml.writing import NotInXmlError

_NOT_FORCED = frozenset({"fr.cisu.sdisY"})


@dataclass(frozen=True, slots=True)
class Formats:
    """The clients' preferences: JSON unless said otherwise, XML always for whom is no health actor."""

    xml_clients: frozenset[str]

    def of(self, client: str) -> str:
        """The content type that `client` is given."""
        forced = not is_health(client) and client not in _NOT_FORCED
        return XML_TYPE if forced or client in self.xml_clients else JSON_TYPE


def received_type(delivery: Delivery) -> str | None:
    """How a body is read: a sender that is no health actor is read as XML where it says nothing."""
    said = delivery.properties.content_type
    return XML_TYPE if said is None and not is_health(delivery.routing_key) else said


def with_offsets(document: Mapping[str, Any]) -> dict[str, Any]:
    """The envelope with its dates as a conversion writes them: seconds, and an offset instead of Z."""
    dates = {
        name: datetime.fromisoformat(document[name]).replace(microsecond=0).isoformat()
        for name in ("dateTimeSent", "dateTimeExpires")
        if name in document
    }
    return {**document, **dates}


def written_report(document: Mapping[str, Any], form: str, edition: Models) -> bytes:
    """A report in the format of who gets it; without the message it is about where XML cannot hold that."""
    try:
        return serialise(document, form, edition)
    except NotInXmlError:
        inner(document)["error"].pop("sourceMessage", None)
        return serialise(document, form, edition)

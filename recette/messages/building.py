"""Making a message: envelope, header, content, bytes."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson

from recette.messages.dictionary.generations import Models
from recette.messages.dictionary.models import comes_bare
from recette.messages.reading import HEADER_FIELDS, JSON_TYPE, XML_TYPE
from recette.platform.random_bytes import random_bytes

ADDRESS_SCHEME = "hubex"


def format_datetime(moment: datetime) -> str:
    """`YYYY-MM-DDThh:mm:ss±hh:mm`, the one form that every layer takes (fact sheet 12.4)."""
    return (moment if moment.tzinfo else moment.astimezone()).isoformat(timespec="seconds")


def new_distribution_id(sender: str) -> str:
    """`<senderID>_<internal id>`, never drawn twice (DST 3.4.3)."""
    return f"{sender}_{uuid.UUID(bytes=random_bytes(), version=4)}"


def is_drawn(internal: str) -> bool:
    """Whether an internal id may have been drawn by `new_distribution_id`."""
    try:
        return str(uuid.UUID(internal)) == internal
    except ValueError:
        return False


def envelope(
    content: Mapping[str, Any],
    key: str,
    *,
    sender: str,
    recipient: str,
    distribution_id: str,
    sent_at: datetime,
    expires_at: datetime,
    kind: str = "Report",
    status: str = "Actual",
    language: str = "fr-FR",
) -> dict[str, Any]:
    """The whole EDXL-DE document around `content`, with an RC-DE header unless `key` goes without."""
    sent = format_datetime(sent_at)
    values = (
        distribution_id,
        {"name": sender, "URI": f"{ADDRESS_SCHEME}:{sender}"},
        sent,
        kind,
        status,
        [{"name": recipient, "URI": f"{ADDRESS_SCHEME}:{recipient}"}],
    )
    header = {} if comes_bare(key) else dict(zip(HEADER_FIELDS, values, strict=True))
    return {
        "distributionID": distribution_id,
        "senderID": sender,
        "dateTimeSent": sent,
        "dateTimeExpires": format_datetime(expires_at),
        "distributionStatus": status,
        "distributionKind": kind,
        "descriptor": {
            "language": language,
            "explicitAddress": {"explicitAddressScheme": ADDRESS_SCHEME, "explicitAddressValue": recipient},
        },
        "content": [{"jsonContent": {"embeddedJsonContent": {"message": {**header, key: content}}}}],
    }


def serialise(
    document: Mapping[str, Any], content_type: str = JSON_TYPE, edition: Models | None = None
) -> bytes:
    """UTF-8 JSON, accents as they are; XML of an edition where `content_type` says so. Raises NotInXmlError."""
    if content_type == XML_TYPE and edition is not None:
        from recette.messages.xml.writing import to_xml

        return to_xml(document, edition)
    try:
        body = orjson.dumps(document)
    except TypeError:
        body = b"null"
    if b"null" not in body:
        return body
    # Half a character, a number beyond 64 bits, or NaN, which orjson would write as null.
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")

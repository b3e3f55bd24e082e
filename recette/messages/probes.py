"""Messages that prove by coming back that a hub moves messages; they go from a partner to itself, or to another of ours."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from recette.messages.building import envelope, new_distribution_id, serialise
from recette.messages.dictionary.examples import example
from recette.messages.dictionary.generations import Edition
from recette.messages.dictionary.models import model
from recette.messages.error_codes import error_codes
from recette.platform.random_bytes import random_bytes

_VALIDITY = timedelta(minutes=5)
_AGO = timedelta(hours=2)
_INTERNAL = re.compile(r"_sonde-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")
MARK = b"_sonde-"
"""In the body of every probe, and of every report about one."""


@dataclass(frozen=True, slots=True)
class Probe:
    """A message that is ready to go."""

    id: str
    model: str
    client: str
    recipient: str
    content_type: str
    body: bytes


def probe_id(sender: str) -> str:
    """A distributionID by which everybody knows a probe again."""
    return f"{sender}{MARK.decode()}{uuid.UUID(bytes=random_bytes(), version=4)}"


def is_probe(distribution_id: str | None) -> bool:
    return distribution_id is not None and _INTERNAL.search(distribution_id) is not None


def probe(
    name: str, edition: Edition, *, sender: str, recipient: str, content_type: str, expired: bool = False
) -> Probe:
    """A valid message of a model, marked as an exercise; one that is `expired` holds all that it may, and reaches nobody.

    Raises NotInXmlError and UnknownModelError.
    """
    known = model(name, edition)
    identifier = probe_id(sender)
    now = datetime.now(UTC).astimezone()
    sent = now - _AGO if expired else now
    content: dict[str, Any] = example(known, "maximal" if expired else "minimal")
    if name == "RC-REF":
        content = {"distributionID": new_distribution_id(sender)}  # an acknowledgment of what never was
    elif name == "RS-ERROR":
        code, text = next(iter(error_codes(edition).items()))  # any other is refused by the hub itself
        content |= {
            "errorCode": {"statusCode": code, "statusString": text},
            "referencedDistributionID": new_distribution_id(sender),
        }
    document = envelope(
        content,
        known.key,
        sender=sender,
        recipient=recipient,
        distribution_id=identifier,
        sent_at=sent,
        expires_at=sent + _VALIDITY,
        kind={"RC-REF": "Ack", "RS-ERROR": "Error"}.get(name, "Report"),
        status="Exercise",
    )
    return Probe(
        identifier, name, sender, recipient, content_type, serialise(document, content_type, edition)
    )

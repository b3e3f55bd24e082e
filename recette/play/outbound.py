"""A message of the partner on its way out: envelope, header, bytes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from recette.messages.building import envelope, new_distribution_id, serialise
from recette.messages.dictionary.generations import Models
from recette.messages.error_codes import ERROR_CODES
from recette.messages.reading import JSON_TYPE

VALIDITY = 24 * 3600.0
"""Seconds until a message of the partner expires, where the scenario does not say."""
_KINDS = {"reference": "Ack", "error": "Error"}


@dataclass(frozen=True, slots=True)
class Outbound:
    """What a partner wants to say to whom."""

    client: str
    to: str
    key: str
    content: Any
    content_type: str = JSON_TYPE
    expires: float | None = None
    """Seconds from now."""
    purpose: str = "message"
    """`message`, or what answers a message of the editor: `ack` (RC-REF), `error` (RS-ERROR)."""

    def written(self, edition: Models, status: str = "Actual") -> Written:
        """The envelope with a distributionID and dates of its own, and its bytes. Raises NotInXmlError."""
        now = datetime.now(UTC).astimezone()
        document = envelope(
            self.content,
            self.key,
            sender=self.client,
            recipient=self.to,
            distribution_id=new_distribution_id(self.client),
            sent_at=now,
            expires_at=now + timedelta(seconds=VALIDITY if self.expires is None else self.expires),
            kind=_KINDS.get(self.key, "Report"),
            status=status,
        )
        body = serialise(document, self.content_type, edition)
        return Written(self.client, document, body, self.content_type, self.purpose)


@dataclass(frozen=True, slots=True)
class Written:
    """The same, as it leaves; it can leave more than once."""

    client: str
    document: dict[str, Any]
    body: bytes
    content_type: str
    purpose: str

    @property
    def distribution_id(self) -> str:
        return str(self.document["distributionID"])


def receipt(distribution_id: str, error_id: str | None = None) -> dict[str, Any]:
    """The content of an RC-REF: received, or refused where an RS-ERROR says why (fact sheet 6.2)."""
    if error_id is None:
        return {"distributionID": distribution_id}
    return {"distributionID": distribution_id, "refused": True, "errorDistributionID": error_id}


def error(distribution_id: str, code: int, cause: str) -> dict[str, Any]:
    """The content of an RS-ERROR on a message (fact sheet 7.6)."""
    return {
        "errorCode": {"statusCode": code, "statusString": ERROR_CODES[code]},
        "errorCause": cause,
        "referencedDistributionID": distribution_id,
    }

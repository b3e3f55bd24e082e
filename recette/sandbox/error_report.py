"""The hub's error reports: codes, cause, and the RS-ERROR message (fact sheet 7.6, 7.7)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from recette.messages.building import envelope, new_distribution_id
from recette.messages.clients import HUB
from recette.messages.error_codes import ERROR_CODES


class RefusedError(Exception):
    """The dispatcher refuses a message: the code and cause of the report it sends.

    `referenced` is the id that the report names, None where it could not be extracted.
    """

    def __init__(
        self, code: int, cause: str, *, referenced: str | None, source: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(cause)
        self.code = code
        self.cause = cause
        self.referenced = referenced
        self.source = source


class DroppedError(Exception):
    """The dispatcher fails on a message and drops it without a report (fact sheet 7.4)."""


def report(refused: RefusedError, recipient: str, sentinel: str) -> dict[str, Any]:
    """The RS-ERROR that tells `recipient` of a refusal, without an RC-DE header; `sentinel` where no id is known."""
    content: dict[str, Any] = {
        "errorCode": {"statusCode": refused.code, "statusString": ERROR_CODES[refused.code]},
        "errorCause": refused.cause,
        "referencedDistributionID": sentinel if refused.referenced is None else refused.referenced,
    }
    if refused.source:
        content["sourceMessage"] = refused.source
    now = datetime.now(UTC).astimezone()
    return envelope(
        content,
        "error",
        sender=HUB,
        recipient=recipient,
        distribution_id=new_distribution_id(HUB),
        sent_at=now,
        expires_at=now + timedelta(days=1),
        kind="Error",
    )

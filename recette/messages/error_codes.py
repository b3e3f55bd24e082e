"""The codes of an RS-ERROR; code and text only go together (fact sheet 7.7)."""

from __future__ import annotations

UNEXTRACTED = frozenset({"distributionID_could_not_be_extracted", "distributionId_could_not_be_extracted"})
"""What the hub writes as the reference where it could not tell which message it refuses, as it was spelt in March 2025
and as it is spelt since (fact sheet 7.2, 2026 sheet 3.3)."""
_ALWAYS = {
    100: "DELIVERY_MODE_INCONSISTENCY",
    101: "NOT_ALLOWED_CONTENT_TYPE",
    102: "UNRECOGNIZED_MESSAGE_FORMAT",
    200: "SENDER_INCONSISTENCY",
    300: "INVALID_MESSAGE",
    301: "SCHEMA_NOT_FOUND",
    400: "EXPIRED_MESSAGE_BEFORE_ROUTING",
    500: "DEAD_LETTER_QUEUED",
    501: "UNROUTABLE_MESSAGE",
}
_SINCE_3 = {
    600: "MESSAGE_CONVERSION_ERROR",
    700: "INTERNAL_CLIENT_ERROR",
    701: "CASE_ALREADY_EXISTS",
    702: "WRONG_MESSAGE_SEQUENCE",
    703: "UNKNOWN_SENDER",
    704: "INSUFFICIENT_DATA",
}
ERROR_CODES = {**_ALWAYS, **_SINCE_3}
"""Text by code, in every generation."""


def error_codes(generation: int) -> dict[int, str]:
    """Text by code, as a generation knows them."""
    return dict(_ALWAYS) if generation < 3 else dict(ERROR_CODES)

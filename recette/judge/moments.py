"""The dates that messages give."""

from __future__ import annotations

from datetime import datetime, timedelta

TOLERANCE = timedelta(minutes=5)
"""By how much two clocks may differ. No source gives any; those that are synchronised differ by far less."""


def moment(text: str | None) -> datetime | None:
    """An instant; None for what is none, or says no offset."""
    try:
        found = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return found if found.tzinfo else None

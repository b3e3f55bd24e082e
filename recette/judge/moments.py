"""The dates that messages give."""

from __future__ import annotations

from datetime import datetime


def moment(text: str | None) -> datetime | None:
    """An instant; None for what is none, or says no offset."""
    try:
        found = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return found if found.tzinfo else None

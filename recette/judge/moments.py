"""The dates that messages give."""

from __future__ import annotations

from datetime import datetime, timedelta

TOLERANCE = timedelta(minutes=5)
"""By how much two clocks may differ. No source gives any; those that are synchronised differ by far less."""
_ROUNDED = timedelta(minutes=1)
_LARGEST_OFFSET = 14
"""Hours by which any place on earth is ahead of UTC."""


def whole_hours(off: timedelta) -> int:
    """How many hours two clocks differ by, where it is as much as a time zone's offset, to the minute; else 0."""
    hours = round(abs(off) / timedelta(hours=1))
    near = abs(abs(off) - timedelta(hours=hours)) <= _ROUNDED
    return hours if near and 1 <= hours <= _LARGEST_OFFSET else 0


def moment(text: str | None) -> datetime | None:
    """An instant; None for what is none, or says no offset."""
    try:
        found = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return found if found.tzinfo else None

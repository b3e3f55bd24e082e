"""Dates as the hub's libraries take them (fact sheet 7.9): what its schemas refuse, and what its classes do."""

from __future__ import annotations

import re
from datetime import date

_DATE = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:[Zz]|([+-])(\d\d):(\d\d))", re.ASCII
)
_REFUSED = re.compile(
    rb"\d\d:\d\d:\d\d(?:"
    rb"(?:\.\d{1,9})?(?:-00:00|[+-](?:1[89]|[2-9]\d):(?!00\")\d\d|[+-](?:19|[2-9]\d):00)"
    rb"|\.\d{10,}[^\",]{1,6})\""
)
_EPOCH = date(1970, 1, 1).toordinal()


def has_refused_date(body: bytes) -> bool:
    """Whether a JSON body holds a date that the real schemas refuse: offset -00:00 or beyond 18 hours, ten digits."""
    return _REFUSED.search(body) is not None


def instant(text: str) -> int | None:
    """Seconds since 1970 of an envelope's date; None where the hub's classes cannot read it.

    The year 0 is read, a 24th hour and a 60th second are not.
    """
    found = _DATE.fullmatch(text.strip())
    if found is None or found[0][10] == " ":
        return None
    year, month, day, hour, minute, second = map(int, found.group(1, 2, 3, 4, 5, 6))
    if hour > 23 or minute > 59 or second > 59:
        return None
    # Python has no year 0; 400 years are a whole number of days, and of weeks.
    shift = 400 if year < 400 else 0
    try:
        days = date(year + shift, month, day).toordinal() - _EPOCH - shift // 400 * 146_097
    except ValueError:
        return None
    offset = int(found[9] or 0) * 3600 + int(found[10] or 0) * 60
    away = -offset if found[8] == "-" else offset
    return days * 86_400 + hour * 3600 + minute * 60 + second - away

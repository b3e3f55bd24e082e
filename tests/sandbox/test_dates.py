"""Dates that the real hub's schemas refuse, found in the bytes of a body, and nothing else taken for one."""

from __future__ import annotations

import pytest

from recette.sandbox.dates import has_refused_date


@pytest.mark.parametrize(
    "text",
    [
        '"2026-01-02T03:04:05-00:00"',
        '"2026-01-02T03:04:05+18:30"',
        '"2026-01-02T03:04:05+19:00"',
        '"2026-01-02T03:04:05.1234567890+01:00"',
    ],
)
def test_a_date_that_is_refused(text: str) -> None:
    assert has_refused_date(f'{{"sentAt":{text},"b":1}}'.encode())


@pytest.mark.parametrize(
    "text",
    [
        '"2026-01-02T03:04:05+18:00"',
        '"2026-01-02T03:04:05.123456789+01:00"',
        '48.85442267909786,"lon":2.7728062415541657',
        '"à 12:34:56"',
    ],
)
def test_what_is_none(text: str) -> None:
    assert not has_refused_date(f'{{"lat":{text},"b":"x"}}'.encode())

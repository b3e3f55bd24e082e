"""Counts and durations in words."""

from __future__ import annotations


def counted(number: int, one: str, many: str | None = None) -> str:
    """`1 passage`, `3 passages`; French counts nought as one."""
    return f"{number} {one if number < 2 else many or f'{one}s'}"


def in_seconds(value: float) -> str:
    """Seconds as French writes them."""
    return f"{value:.3g}".replace(".", ",") + " s" if value < 100 else f"{value:.0f} s"

"""Counts in words."""

from __future__ import annotations


def counted(number: int, one: str, many: str | None = None) -> str:
    """`1 passage`, `3 passages`; French counts nought as one."""
    return f"{number} {one if number < 2 else many or f'{one}s'}"

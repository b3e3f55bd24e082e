"""What all events of a journal have in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True, kw_only=True)
class RunEvent:
    """Common ground of what a run writes itself; `kind` names the event in the file."""

    kind: ClassVar[str]
    private: ClassVar[frozenset[str]] = frozenset()
    """Fields that may hold patient data or names: a redacted copy keeps only their commitment."""
    wide: ClassVar[frozenset[str]] = frozenset()
    """Numbers that stood on the wire, in whatever of its 64 bits; all others are small."""
    durable: ClassVar[bool] = True
    """Whether it is on disk before `write` returns, since something is done because of it."""

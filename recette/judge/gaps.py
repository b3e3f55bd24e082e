"""Stretches of the journal in which a partner, or the editor, was not connected."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Gap:
    """From event `begun` to event `ended`, or to the end of the journal."""

    vhost: str
    client: str
    begun: int
    ended: int | None = None
    seconds: float | None = None

    def overlaps(self, first: int, last: int) -> bool:
        """Whether it touches the stretch between two events."""
        return self.begun <= last and (self.ended is None or self.ended >= first)

    @property
    def shown(self) -> str:
        """Its place in the journal."""
        if self.ended is None:
            return f"depuis l'événement {self.begun}"
        lasted = f", {self.seconds:.1f} s" if self.seconds is not None else ""
        return f"événements {self.begun} à {self.ended}{lasted}"

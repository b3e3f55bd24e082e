"""Stretches of the journal in which a partner, or the editor, was not connected, could not be heard, or a machine was late."""

from __future__ import annotations

from dataclasses import dataclass

from recette.wording.counting import in_seconds

UNREADABLE = "Le hub a remis au partenaire un message illisible"
CUT = "La liaison du partenaire avec le hub était coupée"


@dataclass(slots=True)
class Gap:
    """From event `begun` to event `ended`, or to the end of the journal."""

    vhost: str
    client: str
    begun: int
    ended: int | None = None
    seconds: float | None = None
    why: str = CUT
    """What stood between the partner and the editor, in French."""
    noticed: bool = False
    """Whether it may have begun before: a broker tells of an alarm only whoever publishes."""

    def overlaps(self, first: int, last: int) -> bool:
        """Whether it touches the stretch between two events."""
        return self.begun <= last and (self.ended is None or self.ended >= first)

    def end(self, place: tuple[str, str], number: int, seconds: float | None = None) -> None:
        """It ends at event `number`, if it is of this vHost and client and has not ended yet."""
        if (self.vhost, self.client) == place and self.ended is None:
            self.ended, self.seconds = number, seconds

    @property
    def shown(self) -> str:
        """Its place in the journal."""
        if self.ended is None:
            return f"depuis l'événement {self.begun}"
        lasted = f", {in_seconds(self.seconds)}" if self.seconds is not None else ""
        return f"événements {self.begun} à {self.ended}{lasted}"

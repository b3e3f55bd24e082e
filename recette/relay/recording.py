"""The journal of a relay: kept beside the link, never in its way."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from recette.journal.event import RunEvent
from recette.journal.writer import JournalLostError, JournalWriter

JOURNAL = "journal.jsonl"


class Recording:
    """Writes what a relay tells into a folder; a disk that is full is told once, and the relay goes on."""

    def __init__(self, folder: Path, trouble: Callable[[str], None], *, redact: bool = False) -> None:
        """`redact`: without the content of messages. Raises JournalError where it cannot be created, or is there already."""
        self._path = folder / JOURNAL
        self._journal = JournalWriter(self._path, private=True, redacting=redact)
        self._trouble = trouble
        self.lost = 0
        """Events that are not in it."""
        self.kept = 0

    def tell(self, event: RunEvent) -> None:
        if self.lost:
            self.lost += 1
            return
        try:
            self._journal.write(event)
            self.kept += 1
        except JournalLostError as error:
            self.lost = 1
            self._trouble(
                f"{error} Le relais transmet toujours, mais ne note plus rien : ce qui passe maintenant ne sera pas jugé."
            )

    def close(self) -> None:
        """End the journal: with its footer where it holds all that passed; one that was told nothing goes."""
        if self.lost:
            self._journal.abandon()
        else:
            try:
                self._journal.close()
            except JournalLostError as error:
                self._trouble(str(error))
                self._journal.abandon()
        if not (self.kept or self.lost):
            self._path.unlink(missing_ok=True)

"""Reading a journal back, and saying where it is not what was written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from recette.journal.codec import ORIGIN, JournalLineError, decode, seal_of
from recette.journal.events import Entry, RunEnded, RunStarted


class UnreadableJournalError(ValueError):
    """The file is no journal; the text names file and line."""


@dataclass(frozen=True, slots=True)
class Defect:
    """A place where the journal is not what was written; `line` counts from 1."""

    line: int
    text: str


@dataclass(frozen=True, slots=True)
class Journal:
    """A whole journal: its entries in order, and what is wrong with the file itself."""

    entries: tuple[Entry, ...]
    defects: tuple[Defect, ...] = ()

    @property
    def header(self) -> RunStarted:
        """The run's header. Raises UnreadableJournalError when the journal has none."""
        first = self.entries[0].event if self.entries else None
        if not isinstance(first, RunStarted):
            raise UnreadableJournalError(
                "Ce journal n'a pas d'en-tête de campagne : il ne peut pas être jugé."
            )
        return first

    @property
    def complete(self) -> bool:
        """Whether the footer is there, as the last entry."""
        return bool(self.entries) and isinstance(self.entries[-1].event, RunEnded)


def read_journal(path: Path) -> Journal:
    """Read `path` whole. Raises UnreadableJournalError when it is missing or holds no journal."""
    entries: list[Entry] = []
    defects: list[Defect] = []
    previous = ORIGIN
    number = 0
    for number, line in enumerate(_lines(path), start=1):
        intact, previous_claimed = seal_of(line, previous)
        try:
            entry = decode(line)
        except JournalLineError as error:
            defects.append(Defect(number, str(error)))
            continue
        if not intact:
            defects.append(
                Defect(number, "cette ligne ne suit pas la précédente : elle a été changée, ôtée ou déplacée")
            )
        elif entry.number != number:
            defects.append(Defect(number, f"événement n° {entry.number} trouvé à la ligne {number}"))
        previous = previous_claimed
        entries.append(entry)
    journal = Journal(tuple(entries), tuple(defects))
    if not entries:
        raise UnreadableJournalError(f"{path} n'est pas un journal de recette : aucune ligne lisible.")
    if not journal.complete:
        defects.append(Defect(number, "le pied du journal manque : la campagne a été interrompue"))
    return Journal(journal.entries, tuple(defects))


def _lines(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            for line in file:
                yield line.rstrip(b"\n")
    except OSError as error:
        raise UnreadableJournalError(f"Le journal {path} ne peut pas être lu : {error.strerror}.") from error

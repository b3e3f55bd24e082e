"""The official test book as it was read, whichever file it came in, and what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from recette.wording.values import plain

Sense = Literal["send", "receive"]
"""As the editor under test sees the step."""
Outcome = Literal["repaired", "reported", "omitted"]


MAX_TEXT = 2_000
"""Characters of one text of the book."""
_READ = 16 * MAX_TEXT
"""Characters of it that are looked at: one text of 40 MB may stand in each of a million cells."""


class BookError(ValueError):
    """A book that cannot be read at all; one French sentence."""


@dataclass(frozen=True, slots=True)
class Defect:
    """One defect of the book: repaired, only reported (it changes nothing), or the reason why something is left out."""

    outcome: Outcome
    text: str
    where: str = ""
    """A place of the workbook; the data has none beyond case and step."""
    step: str = ""

    @property
    def of_step(self) -> str:
        """What is wrong, and in which step."""
        return f"étape {self.step} : {self.text}" if self.step else self.text

    def __str__(self) -> str:
        return f"{self.of_step} [{self.where}]" if self.where else self.of_step


@dataclass(frozen=True, slots=True)
class BookStep:
    """One step of a case."""

    id: str
    sense: Sense | None
    """None where the book says neither."""
    model: str
    file: str
    description: str
    ignored: tuple[str, ...]
    overridden: tuple[str, ...]
    """Paths where the sample's client id gives way to that of an actor of the play."""
    where: str = ""


@dataclass(frozen=True, slots=True)
class BookCase:
    """One case for one role of the editor."""

    perimeter: str
    label: str
    description: str
    steps: tuple[BookStep, ...]

    @property
    def subject(self) -> str:
        """The case without its roles: the same for both roles of the editor."""
        return self.label.partition(" - ")[0].strip()


@dataclass(frozen=True, slots=True)
class Book:
    """A whole book."""

    cases: tuple[BookCase, ...]
    defects: tuple[Defect, ...] = ()
    """What reading alone found."""
    version: str = ""
    """What the workbook says that it is for, as it is written there: `2.0 / 15-15_v2.0`."""


def told(text: str) -> str:
    """A text of the book as it may be shown and written: on one line, bounded, without control characters."""
    return plain(" ".join(text[:_READ].split()), MAX_TEXT)

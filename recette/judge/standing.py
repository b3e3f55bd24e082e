"""What can be said of a play while it goes on: what its rules find so far, and what of it nothing can take back."""

from __future__ import annotations

from dataclasses import dataclass, replace

from recette.journal.events import RunStarted
from recette.judge.judging import found_by_rules
from recette.judge.record import Record
from recette.judge.verdicts import Finding
from recette.judge.views import Views

_LASTING = {
    "AC": (2, 3, 6),
    "DA": (1, 2, 3, 4, 10, 13, 14, 15, 19, 20),
    "EN": (1, 2, 3, 4, 6, 8, 9, 10, 11, 13, 14, 15),
    "HD": range(1, 10),
    "TR": (8, 10, 11),
}
LASTING = frozenset(f"{section}-{number:02}" for section, of in _LASTING.items() for number in of)
"""Requirements whose rules look at a message as it was sent, and at what came before it: nothing that follows changes them."""


@dataclass(frozen=True, slots=True)
class SoFar:
    """What the rules find in a play that goes on, about the steps that are over."""

    lasting: tuple[Finding, ...] = ()
    """What stands whatever comes: it is about a message as it was sent, or about what a person said."""
    open: tuple[Finding, ...] = ()
    """What a later message may still explain, or satisfy better."""


class Standing:
    """How the plays of one run stand."""

    def __init__(self, header: RunStarted) -> None:
        self._views = Views(header, frozenset(header.strict))

    def complete(self, record: Record) -> None:
        """A play came to its end: what it named is known from now on."""
        self._views.complete(self._views.of(record))

    def of(self, record: Record) -> SoFar:
        """How a play stands. Raises UnreadableJournalError where the schemas of its header cannot be read."""
        now = replace(record)  # what a record remembers once it is asked holds only when it is whole
        over = {step for step, window in record.course.windows.items() if len(window) > 1}
        found = [one for one in found_by_rules(self._views.of(now)) if one.attributed_to != "harness"]
        said = {number for number, _ in record.course.attested.values()}
        lasting = tuple(one for one in found if one.rule in LASTING or one.event in said)
        return SoFar(lasting, tuple(one for one in found if one.step in over and one not in lasting))

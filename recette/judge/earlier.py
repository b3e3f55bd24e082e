"""What the editor named in the plays that were judged before this one: an identifier is made once in a campaign."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Named:
    """An identifier that the editor gave, and what it names."""

    kind: str
    """`request`, `medicalNote`, `report`, `patient`, or `case` for the editor's own number of it."""
    identifier: str
    case: str | None
    play: str
    """Empty where the messages are of none."""
    path: str
    """Where it stands in its message."""
    traits: Mapping[str, str] = field(default_factory=dict)
    """Of a person: name, birth date and sex, as far as they are told."""

    @property
    def where(self) -> str:
        """Its case, and its play where there is one."""
        return ", ".join(filter(None, (self.case or "sans caseId", self.play and f"passage {self.play}")))


class Earlier:
    """By kind and identifier, what was named first."""

    def __init__(self) -> None:
        self._first: dict[tuple[str, str], Named] = {}

    def of(self, kind: str, identifier: str) -> Named | None:
        """What was named so in an earlier play; None where nothing was."""
        return self._first.get((kind, identifier))

    def note(self, named: Iterable[Named]) -> None:
        """What a play named is known from now on."""
        for one in named:
            self._first.setdefault((one.kind, one.identifier), one)

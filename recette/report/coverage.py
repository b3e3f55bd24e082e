"""Which requirements the plays of a run were about, and what came of it, perimeter by perimeter."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from recette.judge.judging import RULES
from recette.report.story import Play
from recette.scenario.requirements import Requirement, catalogue

_WORST_FIRST = ("error", "fail", "inconc", "remark")


@dataclass(frozen=True, slots=True)
class Cell:
    """One requirement in one perimeter."""

    aimed: int
    """Plays of scenarios that name the requirement."""
    played: int
    """Plays to which its rule was applied."""
    broken: int
    """Plays with a finding about it."""
    worst: str
    """The worst of these findings; empty where there are none."""


@dataclass(frozen=True, slots=True)
class Row:
    """One requirement of the catalogue."""

    requirement: Requirement
    ruled: bool
    """Whether a rule decides it; otherwise a person does, or nobody."""
    cells: Mapping[str, Cell]

    @property
    def covered(self) -> bool:
        return any(one.aimed or one.played for one in self.cells.values())


def coverage(plays: Iterable[Play]) -> list[Row]:
    """Every requirement, in the catalogue's order."""
    by_perimeter: dict[str, list[Play]] = {}
    for play in plays:
        if play.scenario is not None and play.result.verdict != "none":
            by_perimeter.setdefault(play.perimeter, []).append(play)
    return [
        Row(
            requirement,
            name in RULES,
            {perimeter: _cell(name, some) for perimeter, some in by_perimeter.items()},
        )
        for name, requirement in catalogue().items()
    ]


def _cell(name: str, plays: list[Play]) -> Cell:
    found = [{finding.verdict for finding in play.result.findings if finding.rule == name} for play in plays]
    verdicts = {verdict for one in found for verdict in one}
    return Cell(
        aimed=sum(play.scenario is not None and name in play.scenario.requirements for play in plays),
        played=len(plays) if name in RULES else 0,
        broken=sum(map(bool, found)),
        worst=min(verdicts, key=_WORST_FIRST.index, default=""),
    )

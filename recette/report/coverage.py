"""Which requirements the plays of a run were about, and what came of it, perimeter by perimeter."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from recette.judge.rules import RULES
from recette.judge.verdicts import FINDING_VERDICTS, Judgement
from recette.report.story import Play
from recette.scenario.requirements import Requirement, catalogue
from recette.scenario.steps import AttestStep


@dataclass(frozen=True, slots=True)
class Cell:
    """One requirement in one perimeter."""

    aimed: int
    """Plays of scenarios that name the requirement, and have it looked for where only a screen shows it."""
    watched: int
    """Plays over which its rule went, whether or not anything in them was about it."""
    broken: int
    """Plays with a finding about it."""
    worst: str
    """The worst of these findings; empty where there are none."""


@dataclass(frozen=True, slots=True)
class Row:
    """One requirement of the catalogue."""

    requirement: Requirement
    not_observed: str
    """Why nothing in this run could show it; empty where something could."""
    by_passage: bool
    """Whether the hub's passing on is what proves it."""
    cells: Mapping[str, Cell]

    @property
    def aimed(self) -> bool:
        return any(one.aimed for one in self.cells.values())

    @property
    def watched(self) -> bool:
        return any(one.watched for one in self.cells.values())


def coverage(plays: Iterable[Play], judgement: Judgement) -> list[Row]:
    """Every requirement, in the catalogue's order."""
    by_perimeter: dict[str, list[Play]] = {}
    for play in plays:
        if play.scenario is not None and play.result.verdict != "none":
            by_perimeter.setdefault(play.perimeter, []).append(play)
    unseen = {one.requirement: one.because for one in judgement.not_observed}
    rows = []
    for one in catalogue().values():
        seen = one.id not in unseen
        cells = {perimeter: _cell(one, some, visible=seen) for perimeter, some in by_perimeter.items()}
        rows.append(Row(one, unseen.get(one.id, ""), one.id in judgement.proven_by_passage, cells))
    return rows


def _cell(requirement: Requirement, plays: list[Play], *, visible: bool) -> Cell:
    name = requirement.id
    found = [{one.verdict for one in play.result.findings if one.rule == name} for play in plays]
    verdicts = {verdict for one in found for verdict in one}
    on_screen = requirement.observed_by == "S"
    aimed = sum(_aims(play, name, on_screen=on_screen) for play in plays)
    watched = (aimed if on_screen else len(plays)) if name in RULES and visible else 0
    return Cell(
        aimed=aimed if visible else 0,
        watched=watched,
        broken=sum(map(bool, found)),
        worst=min(verdicts, key=FINDING_VERDICTS.index, default=""),
    )


def _aims(play: Play, requirement: str, *, on_screen: bool) -> bool:
    """Whether a play's scenario names a requirement, and has somebody look where only a screen shows it."""
    scenario = play.scenario
    if scenario is None or requirement not in scenario.requirements:
        return False
    return not on_screen or any(isinstance(step, AttestStep) for step in scenario.steps)

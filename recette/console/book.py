"""The cahier that is played here, and what of it can be played against whom, or why not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from recette.campaign.campaign import plan_at_home, plan_on_target
from recette.campaign.options import Options
from recette.journal.events import NotLoaded
from recette.messages.roles import Role
from recette.play.target import Target
from recette.scenario.cahier import built_in
from recette.scenario.model import Casting, Scenario
from recette.scenario.selection import Selection, select
from recette.scenario.steps import AttestStep

Otherwise = Callable[[list[Scenario]], str]
"""Why none of a scenario's editions is played, where nothing else says so."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One scenario file, with what it would be here."""

    id: str
    title: str
    summary: str
    perimeter: str
    roles: tuple[Role, ...]
    """Of the editor under test."""
    steps: int
    looked_at: int
    """How many steps ask what a screen shows."""
    requirements: tuple[str, ...]
    harmful: bool
    plays: int
    """How many plays it makes; 0 where it cannot be played."""
    why_not: str = ""


class Book:
    """All scenarios that can be chosen."""

    def __init__(self, folders: tuple[Path, ...]) -> None:
        """Raises SelectionError, ScenarioError. `folders` are looked through in this order; one but the first may be missing."""
        self._folders = folders
        self.scenarios = self.chosen(()).scenarios

    @property
    def own(self) -> Path | None:
        """The folder of scenarios, where it is not the one built in."""
        return None if self._folders[0] == built_in() else self._folders[0]

    @cached_property
    def titles(self) -> dict[str, str]:
        """By scenario id."""
        return {one.id: one.title for one in self.scenarios}

    def chosen(self, names: tuple[str, ...]) -> Selection:
        """The scenarios of these names; all where there are none. Raises SelectionError, ScenarioError."""
        first, *others = self._folders
        return select(names, first, *(one for one in others if one.is_dir())).sound()

    def at_home(self) -> list[Choice]:
        """What the reference editors can play."""
        plan, left_out = plan_at_home(self.scenarios, Options())
        return self._choices([one for _, cast in plan for one in cast], left_out, _nobody_at_home)

    def on(self, target: Target) -> list[Choice]:
        """What an editor can be played with. Raises ProductionError."""
        cast, left_out = plan_on_target(target, self.scenarios, Options(allow_harmful=True))
        return self._choices(cast, left_out, lambda one: _not_for(one, target))

    def _choices(
        self, cast: list[Casting], left_out: tuple[NotLoaded, ...], otherwise: Otherwise
    ) -> list[Choice]:
        plays: dict[str, int] = {}
        for one in cast:
            plays[one.scenario.id] = plays.get(one.scenario.id, 0) + 1
        reasons: dict[str, str] = {}
        for left in left_out:
            reasons.setdefault(left.scenario.partition(".g")[0], left.reason)
        files: dict[str, list[Scenario]] = {}
        for scenario in self.scenarios:
            files.setdefault(scenario.id, []).append(scenario)
        found = []
        for name, editions in files.items():
            why = "" if name in plays else reasons.get(name) or otherwise(editions)
            found.append(_choice(editions[-1], plays.get(name, 0), why))
        return found


def _choice(one: Scenario, plays: int, why: str) -> Choice:
    return Choice(
        id=one.id,
        title=one.title,
        summary=one.summary,
        perimeter=one.perimeter,
        roles=tuple(dict.fromkeys(one.actors[actor] for actor in one.testable)),
        steps=len(one.steps),
        looked_at=sum(isinstance(step, AttestStep) for step in one.steps),
        requirements=one.requirements,
        harmful=one.harmful,
        plays=plays,
        why_not=why,
    )


def _nobody_at_home(_: list[Scenario]) -> str:
    return "Aucun éditeur de référence ne tient ce rôle avec ces partenaires."


def _not_for(editions: list[Scenario], target: Target) -> str:
    """The first thing that does not fit."""
    one = editions[-1]
    if one.perimeter != target.vhost.perimeter:
        return f"Ce scénario est du périmètre {one.perimeter}, et la cible est sur {target.vhost.name}."
    generations = sorted({each.generation for each in editions})
    if target.vhost.generation not in generations:
        told = " et ".join(str(number) for number in generations)
        return f"Ce scénario est écrit pour la génération {told}, et {target.vhost.name} est de la {target.vhost.generation}."
    roles = ", ".join(dict.fromkeys(one.actors[actor] for actor in one.testable))
    return f"Ce scénario teste un éditeur {roles}, et celui de la cible est un {target.role}."

"""What of a scenario's data does not survive the conversion between its vHosts, or is not converted at all."""

from __future__ import annotations

from collections.abc import Iterator

from recette.messages.roles import Role
from recette.messages.vhosts import KNOWN_VHOSTS
from recette.scenario.crossing import NOT_CONVERTED, passages_of
from recette.scenario.loader import load
from recette.scenario.model import FIRE_ROLE, Scenario
from recette.scenario.problems import Problem
from recette.scenario.yaml_source import Source
from recette.wording.values import listed


def check_crossing(scenario: Scenario, source: Source) -> Iterator[Problem]:
    """Of a scenario across vHosts, for each generation that partners may speak; nothing of another."""
    if not scenario.partners_on:
        return
    clients = {name: _stand_in(role) for name, role in scenario.actors.items()}
    lost: dict[tuple[int, str], dict[str, None]] = {}
    for generation in _elsewhere(scenario):
        there = load(scenario.file, scenario.sources, generation)
        for editor in scenario.testable:
            for name, passage in passages_of(scenario, there, editor, clients).items():
                index = next(at for at, step in enumerate(scenario.steps) if step.id == name)
                mine = scenario.message(name).sender == editor
                said = (scenario if mine else there).message(name)
                if passage.refused and said.refused is None:
                    text = f"Le hub ne convertit pas ce message (étape {name}) : {passage.refused} Écrivez « refused: {NOT_CONVERTED} »."
                    yield source.problem(("steps", index), text)
                if mine:
                    lost.setdefault((index, name), {}).update(dict.fromkeys(passage.lost))
    for (index, name), paths in lost.items():
        if paths:
            text = f"Ne survit pas à la conversion (étape {name}) : {listed(paths)}. Rien n'en est attendu du partenaire."
            yield source.problem(("steps", index), text, "warning")


def _stand_in(role: Role) -> str:
    return "fr.fire.nexsis.exemple" if role == FIRE_ROLE else f"fr.health.exemple-{role.lower()}"


def _elsewhere(scenario: Scenario) -> list[int]:
    """The generations that partners may speak on the vHosts that there are."""
    there = {one.generation for one in KNOWN_VHOSTS if one.perimeter == scenario.partners_on}
    return sorted(there.intersection(scenario.across))

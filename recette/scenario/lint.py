"""What loads but would not hold, or does nothing (`recette lint`)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from recette.messages.dictionary.generations import Edition
from recette.messages.json.schemas import SchemaSet
from recette.messages.vhosts import KNOWN_VHOSTS
from recette.scenario import yaml_source
from recette.scenario.lint_crossing import check_crossing
from recette.scenario.lint_data import check_data
from recette.scenario.lint_options import check_options
from recette.scenario.model import Casting, Scenario
from recette.scenario.problems import Problem
from recette.scenario.steps import AttestStep, MessageStep
from recette.scenario.template import names_in
from recette.scenario.yaml_source import Source

_PERIMETERS = tuple(dict.fromkeys(one.perimeter for one in KNOWN_VHOSTS))


def check(scenario: Scenario, schemas: SchemaSet | None = None) -> list[Problem]:
    """Everything wrong with one edition; `schemas` of its generation judge the data, the built-in ones otherwise."""
    return [*_in_edition(scenario, schemas), *_unused(scenario)]


def check_editions(editions: Sequence[Scenario], schemas: SchemaSet | None = None) -> list[Problem]:
    """Everything wrong with a file: what is alike in several generations is said once, and where it is not in all."""
    found: dict[Problem, list[int]] = {}
    for one in editions:
        judging = schemas if schemas is not None and schemas.generation == one.generation else None
        for problem in dict.fromkeys(_in_edition(one, judging)):
            found.setdefault(problem, []).append(one.generation)
    problems = [
        problem
        if len(where) == len(editions)
        else replace(problem, text=f"{problem.text} (génération {', '.join(map(str, where))})")
        for problem, where in found.items()
    ]
    if editions:
        # What one generation uses is used.
        unused = [set(_unused(one)) for one in editions]
        problems += sorted(set.intersection(*unused), key=str)
    return sorted(problems, key=lambda one: (one.file, one.line, one.column))


def unfit(scenario: Scenario, edition: Edition) -> str:
    """Why its data cannot be played in an edition of its generation; empty where they can."""
    return unfit_for(scenario, SchemaSet.builtin(edition))


def unfit_for(scenario: Scenario, schemas: SchemaSet) -> str:
    """The same of any schemas of its generation."""
    found = check_data(scenario, _source(scenario), schemas)
    return next((one.text for one in found if one.severity == "error"), "")


def _in_edition(scenario: Scenario, schemas: SchemaSet | None) -> Iterator[Problem]:
    source = _source(scenario)
    yield from _check_perimeter(scenario, source)
    yield from check_options(scenario, source)
    yield from _unreachable(scenario, source)
    yield from check_crossing(scenario, source)
    yield from check_data(scenario, source, schemas or SchemaSet.builtin(scenario.generation))


def _source(scenario: Scenario) -> Source:
    text = scenario.sources[scenario.file]
    return yaml_source.at_generation(yaml_source.parse(scenario.file, text), scenario.generation)


def _check_perimeter(scenario: Scenario, source: Source) -> Iterator[Problem]:
    if scenario.perimeter not in _PERIMETERS:
        text = f"Le périmètre « {scenario.perimeter} » n'existe pas ; périmètres : {', '.join(_PERIMETERS)}."
        yield source.problem(("perimeter",), text)


def _unreachable(scenario: Scenario, source: Source) -> Iterator[Problem]:
    """Steps that are played for no actor under test."""
    played = {
        step.id
        for actor in scenario.testable
        for step in Casting(scenario, actor, {name: name for name in scenario.actors}).steps
    }
    for index, step in enumerate(scenario.steps):
        if step.id not in played:
            text = f"L'étape « {step.id} » n'est jamais jouée : aucun acteur testé n'y a de part."
            yield source.problem(("steps", index), text, "warning")


def _unused(scenario: Scenario) -> Iterator[Problem]:
    """Names that no data uses."""
    source = _source(scenario)
    used = {name for data in _data(scenario) for name in names_in(data)}
    for name in (one.name for one in scenario.identifiers):
        if name not in used:
            text = f"L'identifiant « {name} » n'est utilisé nulle part."
            yield source.problem(("identifiers", name), text, "warning")
    for name in scenario.variables:
        if name not in used:
            yield source.problem(
                ("variables", name), f"La variable « {name} » n'est utilisée nulle part.", "warning"
            )
    for index, step in enumerate(scenario.steps):
        if not isinstance(step, MessageStep) or not step.contents:
            continue
        for name in step.contents[0].capture:
            later = {one for data in _data(scenario, index) for one in names_in(data)}
            if name not in later:
                text = f"Ce que « {name} » retient n'est utilisé par aucune étape."
                yield source.problem(("steps", index, "capture", name), text, "warning")


def _data(scenario: Scenario, first: int = 0) -> Iterator[object]:
    """What can hold variables, from step `first` on."""
    for step in scenario.steps[first:]:
        match step:
            case MessageStep():
                yield from (content.data for content in step.contents)
                yield step.by_editor.prompt
            case AttestStep():
                yield from (step.text, step.check)

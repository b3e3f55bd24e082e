"""Test data that the vHost would refuse, and paths that match nothing in it, at the line where the data is written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from recette.messages.dictionary.models import MessageModel, has_path, model
from recette.messages.json.schemas import SchemaSet
from recette.messages.validation.validator import Validator
from recette.messages.vhosts import KNOWN_VHOSTS, used_on
from recette.scenario.comparison import find
from recette.scenario.model import Scenario
from recette.scenario.origins import origin_of
from recette.scenario.problems import Problem
from recette.scenario.steps import Content, MessageStep
from recette.scenario.template import VARIABLE
from recette.scenario.yaml_source import Path, Source

_CAPTURED = "fr.health.exemple.capture"
"""Stands for what a message will bring: what is said about it is not about the data."""
_ON_PURPOSE = frozenset({102, 300})
"""The hub's codes for a content that is wrong: such a step wants it so."""
_PERIMETERS = frozenset(one.perimeter for one in KNOWN_VHOSTS)


def check_data(scenario: Scenario, source: Source, schemas: SchemaSet) -> Iterator[Problem]:
    """Every message of one edition."""
    validator = Validator(schemas)
    values = stand_ins(scenario)
    for index, step in enumerate(scenario.steps):
        if not isinstance(step, MessageStep) or step.by_partner.again:
            continue
        if scenario.spoken_by(step.sender) != scenario.generation:
            continue  # read, and judged, in the generation that its sender speaks
        for number, content in enumerate(step.contents):
            known = model(content.model, scenario.generation)
            yield from _paths(content, known, source, index)
            abroad = scenario.partners_on and step.sender not in scenario.testable
            perimeter = scenario.partners_on if abroad else scenario.perimeter
            if perimeter in _PERIMETERS and not used_on(content.model, perimeter):
                text = f"{content.model} n'est pas un message du périmètre {perimeter}."
                yield source.problem(("steps", index), text, "warning")
            if step.refused not in _ON_PURPOSE:
                yield from _content(scenario, source, (index, step, number), validator, values)


def _content(
    scenario: Scenario,
    source: Source,
    place: tuple[int, MessageStep, int],
    validator: Validator,
    values: Mapping[str, str],
) -> Iterator[Problem]:
    """Of one alternative of a step; `place` is the step's number, the step, and the alternative's number."""
    index, step, number = place
    content = step.contents[number]
    origin = origin_of(scenario, source, index, number)
    # What only the editor sends may be told in part: the rest is its own.
    partial = set(scenario.testable) == {step.sender}
    for error in validator.validate_content(filled(content.data, values), content.key, f"$.{content.key}"):
        if _CAPTURED in error.actual or (partial and error.actual == "absent"):
            continue
        text = f"{error.path} : {error.message.removesuffix('.')} (étape {step.id})."
        yield origin.problem(error.path, text, "error" if error.severity == "error" else "warning")


def _paths(content: Content, known: MessageModel, source: Source, index: int) -> Iterator[Problem]:
    whole = {content.key: content.data}
    for path, name in content.identity.items():
        at: Path = ("steps", index, "identity", path)
        items = find(whole, path)
        if not has_path(known, path):
            yield source.problem(at, f"Le chemin {path} n'existe pas dans {known.name}.")
        elif not isinstance(items, list):
            yield source.problem(at, f"Le chemin {path} ne désigne aucune liste dans les données de l'étape.")
        elif not has_path(known, f"{path}[*].{name}"):
            yield source.problem(at, f"Les éléments de {path} n'ont pas de champ « {name} ».")
    for name, path in content.capture.items():
        if path != "distributionID" and has_path(known, path) and find(whole, path) is None:
            text = (
                f"Le chemin {path} ne désigne rien dans les données de l'étape : rien n'oblige à l'envoyer."
            )
            yield source.problem(("steps", index, "capture", name), text, "warning")


def stand_ins(scenario: Scenario) -> dict[str, str]:
    """A value for each variable, of the form that it will have."""
    return {
        **dict.fromkeys(scenario.actors, "fr.health.exemple"),
        **{one.name: f"fr.health.exemple.{one.kind}.1" for one in scenario.identifiers},
        **scenario.variables,
        "caseId": "fr.health.exemple.DRFR150000000000001",
        "senderCaseId": "DRFR150000000000001",
        "now": "2024-01-01T00:00:00+01:00",
    }


def filled(node: Any, values: Mapping[str, str]) -> Any:  # noqa: ANN401 - a JSON tree
    if isinstance(node, dict):
        return {name: filled(child, values) for name, child in node.items()}
    if isinstance(node, list):
        return [filled(child, values) for child in node]
    return VARIABLE.sub(lambda m: values.get(m[1], _CAPTURED), node) if isinstance(node, str) else node

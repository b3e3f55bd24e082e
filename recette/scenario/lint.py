"""What loads but would not hold: test data that the vHost's schemas would refuse."""

from __future__ import annotations

from typing import Any

from recette.messages.schemas import SchemaSet
from recette.messages.validation import Validator
from recette.scenario.model import Scenario
from recette.scenario.problems import Problem
from recette.scenario.template import VARIABLE


def check_data(scenario: Scenario) -> list[Problem]:
    """Data that the vHost's schemas would refuse, with a stand-in for each variable (`recette lint`)."""
    found: list[Problem] = []
    validator = Validator(SchemaSet.builtin(scenario.generation))
    for step in scenario.steps:
        for content in () if step.refused == 300 else step.contents:
            filled = stand_in(content.data)
            for error in validator.validate_content(filled, content.key, f"$.{content.key}"):
                if "fr.health.exemple" not in error.actual:
                    text = (
                        f"Étape {step.id}, génération {scenario.generation} : {error.path} : {error.message}"
                    )
                    found.append(Problem(scenario.file, step.line, 1, text))
    return found


def stand_in(node: Any) -> Any:  # noqa: ANN401 - a JSON tree
    if isinstance(node, dict):
        return {name: stand_in(child) for name, child in node.items()}
    if isinstance(node, list):
        return [stand_in(child) for child in node]
    if not isinstance(node, str):
        return node
    return VARIABLE.sub(
        lambda m: "2024-01-01T00:00:00+01:00" if m[1] == "now" else "fr.health.exemple.x", node
    )

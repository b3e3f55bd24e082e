"""The cahier's own data has the shape of the official examples, holds in the official schemas, and none of their text."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from recette.messages.json.schemas import SchemaSet
from recette.messages.validation.validator import Validator
from recette.scenario.lint_data import filled, stand_ins
from recette.scenario.model import Scenario
from recette.scenario.selection import select

FOLDERS = ("15-smur", "15-rpis", "15-gps")
SHAPES = ("GEO-POS", "GEO-RES", "GEO-REQ", "RS-ER", "RS-URL", "RS-BPV", "RPIS", "RS-RPIS")
BUNDLES = {1: "modeles-1.3.0", 2: "modeles-2.4.0", 3: "modeles-3.4.1"}


def contents(generation: int, scenarios_folder: Path) -> Iterator[tuple[Scenario, str, dict[str, Any]]]:
    for folder in FOLDERS:
        for scenario in select([str(scenarios_folder / folder)], scenarios_folder).scenarios:
            if scenario.generation == generation:
                for step in scenario.messages:
                    for content in step.contents:
                        yield scenario, content.model, {content.key: dict(content.data)}


def places(node: object, path: str = "") -> set[str]:
    if isinstance(node, dict):
        return {one for name, child in node.items() for one in places(child, f"{path}.{name}")}
    if isinstance(node, list):
        return {one for child in node for one in places(child, path)}
    return {path}


def texts(node: object) -> set[str]:
    if isinstance(node, dict):
        return {one for child in node.values() for one in texts(child)}
    if isinstance(node, list):
        return {one for child in node for one in texts(child)}
    return {node} if isinstance(node, str) and " " in node.strip() and "${" not in node else set()


@pytest.mark.parametrize("generation", BUNDLES)
def test_the_data_holds_in_the_official_schemas(ans: Path, scenarios_folder: Path, generation: int) -> None:
    validator = Validator(SchemaSet.from_bundle(ans / BUNDLES[generation]))
    for scenario, name, content in contents(generation, scenarios_folder):
        ((key, data),) = content.items()
        errors = list(validator.validate_content(filled(data, stand_ins(scenario)), key, f"$.{key}"))
        assert errors == [], f"{scenario.id}, {name}"


@pytest.mark.parametrize("generation", [1, 3])
def test_each_official_shape_is_there_and_no_official_text(
    ans: Path, scenarios_folder: Path, generation: int
) -> None:
    ours: dict[str, set[str]] = {}
    said: set[str] = set()
    for _, name, content in contents(generation, scenarios_folder):
        ours.setdefault(name, set()).update(places(content))
        said |= texts(content)
    examples = sorted((ans / BUNDLES[generation] / "examples").glob("*/*.json"))
    assert examples
    for file in examples:
        example = json.loads(file.read_text(encoding="utf-8"))
        assert said & texts(example) == set(), file.name
        name = file.parent.name
        if name in SHAPES:
            assert places(example) - ours[name] == set(), file.name

"""The schema that text editors use accepts what the loader accepts, and no typing error."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from jsonschema import Draft7Validator

from recette.cli import main
from recette.scenario import yaml_source
from recette.scenario.grammar import language_schema
from recette.scenario.selection import scenario_files
from tests.scenario.test_loader import BY_GENERATION, GOOD

DECIDER = jsonschema_rs.validator_for(language_schema())


def tree(text: str) -> Any:
    return yaml_source.parse("e.yaml", text).tree


def test_every_word_of_a_step_is_described() -> None:
    schema = language_schema()
    Draft7Validator.check_schema(schema)
    texts = [one["description"] for one in schema["definitions"]["etape"]["properties"].values()]
    assert all(texts)


def test_every_scenario_of_the_project_is_valid(scenarios_folder: Path) -> None:
    files = scenario_files(scenarios_folder)
    assert files
    for path in files:
        found = [one.message for one in DECIDER.iter_errors(tree(path.read_text(encoding="utf-8")))]
        assert found == [], path


def test_tables_by_generation_are_valid_where_the_loader_takes_them() -> None:
    assert DECIDER.is_valid(tree(BY_GENERATION))
    assert DECIDER.is_valid(tree(GOOD.replace("model: RS-RR", "model: {g1: RS-RR, g3: null}")))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("title: Essai", "titel: Essai"),
        ("title: Essai\n", ""),
        ("perimeter: 15-15", "perimeter: 15-16"),
        ("{a: LRM, b: LRM}", "{a: LRM, b: LRN}"),
        ("kind: request", "kind: requete"),
        ("model: RS-RR", "model: RS-RX"),
        ("model: RS-RR", "model: {g1: RS-RR, g4: RS-RR}"),
        ("      to: b\n", "      too: b\n"),
        ("  - id: un\n", "  - id: un\n    within: vite\n"),
        ("  - id: un\n", "  - id: un\n    ack: {refuse: 299}\n"),
        ("  - id: un\n", "  - id: un\n    times: 0\n"),
        ("  - id: un\n", "  - id: un\n    format: yaml\n"),
        ("  - id: un\n", "  - id: un\n    attest: {text: Rien}\n"),
        ("    ignore: [$.res", "    ignore: [res"),
        ("case: a", "generations: [4]"),
        ("case: a", "requirements: [CI-99]"),
        ("    message:\n", "    messages:\n"),
    ],
)
def test_a_typing_error_is_seen(old: str, new: str) -> None:
    assert old in GOOD
    assert DECIDER.is_valid(tree(GOOD))
    assert not DECIDER.is_valid(tree(GOOD.replace(old, new, 1)))


def test_the_command_prints_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lint", "--schema"]) == 0
    assert json.loads(capsys.readouterr().out) == language_schema()
    assert main(["lint"]) == 2
    assert "--schema" in capsys.readouterr().err

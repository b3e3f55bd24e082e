"""The guide's examples are linted and played as they stand."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from recette.campaign.campaign import play_at_home
from recette.campaign.options import Options
from recette.scenario import yaml_source
from recette.scenario.grammar import language_schema
from recette.scenario.lint import check_editions
from recette.scenario.loader import load_file
from recette.scenario.model import Scenario
from tests.scenario.test_grammar import DECIDER

BLOCK = re.compile(r"^```yaml\n(.*?)^```$", re.DOTALL | re.MULTILINE)
FAILS = "NON CONFORME"


@dataclass(frozen=True)
class Example:
    path: Path
    fails: bool
    """Where the guide says so."""


@pytest.fixture(scope="module")
def guide(scenarios_folder: Path) -> list[str]:
    text = (scenarios_folder.parent / "docs" / "scenarios.md").read_text(encoding="utf-8")
    return BLOCK.findall(text)


@pytest.fixture(scope="module")
def examples(guide: list[str], tmp_path_factory: pytest.TempPathFactory) -> list[Example]:
    """Scenarios as they stand; lists of steps go on from the scenario before them."""
    folder = tmp_path_factory.mktemp("guide")
    found: list[Example] = []
    head: dict[str, Any] = {}
    for number, block in enumerate(guide):
        if block.startswith("# donnees/"):
            path = folder / block.splitlines()[0].removeprefix("# ")
            path.parent.mkdir(exist_ok=True)
            path.write_text(block, encoding="utf-8")
            continue
        tree = yaml.safe_load(block)
        path = folder / f"exemple-{number}.yaml"
        if isinstance(tree, dict):
            head = tree
            path.write_text(block, encoding="utf-8")
        else:
            whole = {**head, "id": f"{head['id']}-{number}", "steps": [*head["steps"], *tree]}
            path.write_text(yaml.safe_dump(whole, allow_unicode=True, sort_keys=False), encoding="utf-8")
        found.append(Example(path, FAILS in block))
    return found


def loaded(examples: list[Example], *, fails: bool) -> list[Scenario]:
    return [one for example in examples if example.fails is fails for one in load_file(example.path)]


def test_they_lint_clean_and_fit_the_schema(examples: list[Example]) -> None:
    assert len(examples) >= 10
    for one in examples:
        problems = check_editions(load_file(one.path))
        # The head of the fragments names more than each of them uses.
        assert [str(p) for p in problems if "utilisé nulle part" not in p.text] == []
        assert DECIDER.is_valid(yaml_source.parse("e", one.path.read_text(encoding="utf-8")).tree), one.path


def test_they_play_as_the_guide_says(examples: list[Example], tmp_path: Path) -> None:
    judgement = play_at_home(loaded(examples, fails=False), (), tmp_path / "j.jsonl", Options(jobs=8))
    assert {(one.id, one.verdict) for one in judgement.scenarios if one.verdict != "pass"} == set()
    assert judgement.counts["pass"] >= 15
    wrong = play_at_home(loaded(examples, fails=True), (), tmp_path / "f.jsonl", Options())
    assert [one.verdict for one in wrong.scenarios] == ["fail"]


def test_every_word_of_the_language_is_in_the_guide(scenarios_folder: Path) -> None:
    text = (scenarios_folder.parent / "docs" / "scenarios.md").read_text(encoding="utf-8")
    grammar = language_schema()
    steps = grammar["definitions"]["etape"]["properties"]
    words = {
        *grammar["properties"],
        *steps,
        "any_of",
        "again",
        "unknown",
        "models",
        "check",
        "requirement",
        "of",
    }
    words |= {"after", "refuse", "error", "cause", "kind", "by"}
    assert {word for word in words if not re.search(rf"\b{word}\b", text)} == set()

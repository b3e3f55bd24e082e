"""A scenario file spoiled anywhere loads, or each defect has a place and a sentence."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

from hypothesis import event, given
from hypothesis import strategies as st

from recette.scenario import yaml_source
from recette.scenario.lint import check_editions
from recette.scenario.loader import editions
from recette.scenario.problems import ScenarioError
from tests.fuzzing import fuzzed, spoil

FOLDER = Path(__file__).parents[2] / "scenarios"
TREES: list[Any] = [
    yaml_source.parse(str(path), path.read_text(encoding="utf-8")).tree
    for path in sorted(FOLDER.rglob("*.yaml"))
    if "donnees" not in path.parts
]


@fuzzed(120)
@given(data=st.data())
def test_any_scenario_is_loaded_or_refused(data: st.DataObject) -> None:
    tree = copy.deepcopy(data.draw(st.sampled_from(TREES)))
    for _ in range(data.draw(st.integers(0, 3))):
        spoil(tree, data)
    text = json.dumps(tree, ensure_ascii=False).encode("utf-8", "backslashreplace").decode()
    try:
        loaded = editions("essai.yaml", {"essai.yaml": text})
        problems = check_editions(loaded)
        event("chargé")
    except ScenarioError as error:
        problems = error.problems
        event("refusé")
    assert all(one.line > 0 and one.column > 0 and one.text for one in problems)

"""The dictionary against the official schemas, where they are there."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from recette.messages.json.schemas import SchemaSet
from recette.messages.official.agreement import DECIDED, MUTANTS, Comparison
from recette.messages.validation.files import check_file, message_files
from recette.messages.validation.validator import Validator
from recette.messages.vhosts import KNOWN_VHOSTS

FREE = {("customContent", "json"), ("customContent", "xml"), ("distributionElement", "json")}
"""What holds nearly anything, by both."""
TAGS = {1: "1.3.0", 2: "2.4.0", 3: "3.4.1"}


def shape(schema: dict[str, Any], root: dict[str, Any]) -> dict[str, Any]:
    """What a schema demands: references resolved, codes as a set, texts left out."""
    if "$ref" in schema:
        return shape(root["definitions"][schema["$ref"].rpartition("/")[2]], root)
    kept: dict[str, Any] = {
        k: schema[k] for k in ("type", "pattern", "format", "minItems", "maxItems") if k in schema
    }
    kept["open"] = schema.get("additionalProperties") is not False
    if "enum" in schema:
        kept["enum"] = sorted(set(schema["enum"]))
    if "items" in schema:
        kept["items"] = shape(schema["items"], root)
    if schema.get("type") == "object" or "properties" in schema:
        kept["type"] = "object"
        kept["required"] = sorted(schema.get("required", []))
        kept["properties"] = {
            name: shape(child, root) for name, child in schema.get("properties", {}).items()
        }
    return kept


@pytest.mark.parametrize("generation", TAGS)
def test_dictionary_demands_what_the_official_schemas_demand(ans: Path, generation: int) -> None:
    official = SchemaSet.from_bundle(ans / f"modeles-{TAGS[generation]}", generation).schemas
    ours = SchemaSet.builtin(generation).schemas
    assert ours.keys() == official.keys()
    for name, schema in official.items():
        assert shape(ours[name], ours[name]) == shape(schema, schema), name


@pytest.mark.parametrize("generation", TAGS)
def test_official_examples_are_valid_by_both(ans: Path, generation: int) -> None:
    folder = ans / f"modeles-{TAGS[generation]}"
    files = message_files(folder / "examples") if (folder / "examples").is_dir() else []
    on = next(one for one in KNOWN_VHOSTS if one.generation == generation)
    for validator in (Validator(SchemaSet.builtin(generation)), Validator(SchemaSet.from_bundle(folder))):
        for path in files:
            report = check_file(path, on, validator)
            assert report.valid, report
            assert report.model is not None


@pytest.mark.parametrize("generation", TAGS)
def test_examples_and_mutants_are_judged_alike(ans: Path, generation: int) -> None:
    tallies = list(Comparison(ans / f"modeles-{TAGS[generation]}").run())
    assert [one.disagreements for one in tallies if one.disagreements] == []
    assert all(one.compared > MUTANTS >= 200 for one in tallies)
    assert all(one.refused > 40 for one in tallies if (one.model, one.format) not in FREE)
    decided = Counter(name for one in tallies for name, count in one.decided.items() if count)
    assert decided.keys() == DECIDED.keys()


def test_a_dictionary_that_differs_is_caught(ans: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    comparison = Comparison(ans / "modeles-3.4.1")
    schemas = SchemaSet.builtin(3)
    wrong = {**schemas.schemas["RS-SR"], "required": ["caseId", "state"]}
    changed = SchemaSet(3, "autre", {**schemas.schemas, "RS-SR": wrong}, xsd=comparison.official.xsd)
    monkeypatch.setattr(comparison, "_ours", Validator(changed))
    found = next(one for one in comparison.run() if one.model == "RS-SR")
    assert found.format == "json"
    assert found.disagreements

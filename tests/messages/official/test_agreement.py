"""The dictionary against the official schemas, where they are there."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from recette.messages.dictionary.generations import edition_named, edition_of, editions, generations
from recette.messages.dictionary.models import model
from recette.messages.json.schemas import SchemaSet
from recette.messages.official.agreement import BETWEEN, DECIDED, MUTANTS, Comparison
from recette.messages.validation.files import check_file, message_files
from recette.messages.validation.validator import Validator
from recette.messages.vhosts import vhost

FREE = {("customContent", "json"), ("customContent", "xml"), ("distributionElement", "json")}
"""What holds nearly anything, by both."""
LONG = bool(os.environ.get("RECETTE_LONG"))
MANY, FEW = (MUTANTS, 60) if LONG else (80, 30)
"""Mutants for one message and format: of each generation's newest edition, and of an edition that is near one."""
TAGS = {one.tag: "main-2026-08-07" if one.tag == "main" else one.tag for one in editions()}


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


@pytest.mark.parametrize("tag", TAGS)
def test_dictionary_demands_what_the_official_schemas_demand(ans: Path, tag: str) -> None:
    found = SchemaSet.from_bundle(ans / f"modeles-{TAGS[tag]}")
    assert found.edition.tag == tag
    official = found.schemas
    ours = SchemaSet.builtin(edition_named(tag)).schemas
    assert ours.keys() == official.keys()
    for name, schema in official.items():
        assert shape(ours[name], ours[name]) == shape(schema, schema), name


@pytest.mark.parametrize("tag", TAGS)
def test_official_examples_are_valid_by_both(ans: Path, tag: str) -> None:
    folder = ans / f"modeles-{TAGS[tag]}"
    files = message_files(folder / "examples") if (folder / "examples").is_dir() else []
    edition = edition_named(tag)
    on = vhost("15-15_essai", edition)
    for validator in (Validator(SchemaSet.builtin(edition)), Validator(SchemaSet.from_bundle(folder))):
        for path in files:
            report = check_file(path, on, validator)
            assert report.valid, report
            assert report.model is not None


@pytest.mark.parametrize("tag", TAGS)
def test_examples_and_mutants_are_judged_alike(ans: Path, tag: str) -> None:
    mutants = MANY if edition_named(tag) in map(edition_of, generations()) else FEW
    tallies = list(Comparison(ans / f"modeles-{TAGS[tag]}").run(mutants))
    assert [one.disagreements for one in tallies if one.disagreements] == []
    assert all(one.compared > mutants for one in tallies)
    assert MUTANTS >= 200
    assert all(one.refused > mutants // 5 for one in tallies if (one.model, one.format) not in FREE)
    decided = Counter(name for one in tallies for name, count in one.decided.items() if count)
    assert decided.keys() <= DECIDED.keys()
    assert mutants < MANY or decided.keys() >= DECIDED.keys() - {BETWEEN}


def test_a_dictionary_that_differs_is_caught(ans: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    comparison = Comparison(ans / "modeles-3.4.1")
    schemas = SchemaSet.builtin(3)
    wrong = {**schemas.schemas["RS-SR"], "required": ["caseId", "state"]}
    changed = SchemaSet(
        edition_of(3), "autre", {**schemas.schemas, "RS-SR": wrong}, xsd=comparison.official.xsd
    )
    monkeypatch.setattr(comparison, "_ours", Validator(changed))
    found = comparison._json(model("RS-SR", edition_of(3)), MUTANTS, seed=0)
    assert found.compared > MUTANTS
    assert found.disagreements

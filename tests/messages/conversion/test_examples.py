"""Every official example that can be converted is valid where it arrives, or the agency's own conversion is not either."""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from recette.messages.building import envelope
from recette.messages.conversion.converter import Converter, Kind
from recette.messages.conversion.failures import ConversionError
from recette.messages.dictionary.generations import edition_of, generations
from recette.messages.json.schemas import SchemaSet
from recette.messages.reading import HEADER_FIELDS, find_inner
from recette.messages.validation.validator import Validator
from tests.messages.conversion.official import lines

_OFFICIAL = Path(__file__).parents[4] / "shared" / "ans"
_HEALTH, _OTHER, _FIRE = "fr.health.samu800", "fr.health.samu690", "fr.fire.sis044"
Tree = dict[str, Any]
_TYPES: dict[Kind, str] = {"version": "version", "transcoding": "cisu"}
_SHARED_ODDITY = "rcri-vecteur-sante"
"""A case made up by who measured: RC-RI's VECTEUR_SANTE is copied into RS-RI, which no generation takes (SURPRISES 15)."""


def _examples(generation: int) -> Iterator[tuple[str, str, Tree]]:
    """Name, use-case key and content of each."""
    folder = _OFFICIAL / f"modeles-{edition_of(generation).tag}" / "examples"
    for path in sorted(folder.rglob("*.json")):
        ((key, content),) = json.loads(path.read_text(encoding="utf-8")).items()
        yield path.stem, key, content


def _ways(source: int) -> Iterator[tuple[Kind, int, str, str]]:
    """Every way out of a generation: kind, generation where it arrives, sender and recipient."""
    for target in generations():
        if target != source:
            yield "version", target, _HEALTH, _OTHER
    newest = generations()[-1]
    yield "transcoding", newest, _HEALTH, _FIRE
    if source == newest:
        yield from (("transcoding", target, _FIRE, _HEALTH) for target in generations())


def _errors(validator: Validator, document: Tree) -> set[str]:
    message: Any = find_inner(document)
    key = next(one for one in message if one not in HEADER_FIELDS)
    return {one.path for one in validator.validate_content(message[key], key) if one.severity == "error"}


def _agencys(validators: dict[int, Validator]) -> dict[tuple[str, str, str, int], set[str]]:
    """What is wrong with what the agency's converter made of an example, by name, versions and kind."""
    found: dict[tuple[str, str, str, int], set[str]] = {}
    for case in lines("cases.jsonl"):
        official = case["origin"].startswith("officiel") or case["name"] == _SHARED_ODDITY
        if not official or not isinstance(case["outcome"], list):
            continue
        target = int(case["target_version"][1:])
        key = (case["name"], case["source_version"], case["type"], target)
        for one in case["outcome"]:
            found.setdefault(key, set()).update(_errors(validators[target], one))
    return found


def test_each_official_example_arrives_valid_or_the_agency_s_does_not() -> None:
    if not _OFFICIAL.is_dir():
        pytest.skip(f"les exemples officiels ne sont pas là ({_OFFICIAL})")
    validators = {one: Validator(SchemaSet.builtin(one)) for one in generations()}
    agencys = _agencys(validators)
    now = datetime.now(UTC)
    converted, wrong = 0, []
    for source in generations():
        for name, key, content in _examples(source):
            if any(one.severity == "error" for one in validators[source].validate_content(content, key)):
                continue
            for kind, target, sender, recipient in _ways(source):
                document = envelope(
                    content, key, sender=sender, recipient=recipient, distribution_id=f"{sender}_1",
                    sent_at=now, expires_at=now,
                )  # fmt: skip
                given = deepcopy(document)
                try:
                    made = Converter().convert(document, source, target, kind).documents
                except ConversionError:
                    continue
                converted += len(made)
                assert document == given, "what was given stays as it was"
                found = {path for one in made for path in _errors(validators[target], dict(one))}
                measured = _SHARED_ODDITY if "VECTEUR_SANTE" in str(content) else name
                told = agencys.get((measured, f"v{source}", _TYPES[kind], target), set())
                if not found <= told:
                    wrong.append((name, source, target, kind, sorted(found)))
    assert converted > 100
    assert wrong == []

"""Every measured case of the agency's converter: as many messages, the same contents, the same failures."""

from __future__ import annotations

from typing import Any

import pytest

from recette.messages.conversion.converter import Converter
from recette.messages.conversion.failures import ConversionError
from recette.messages.conversion.losses import Losses
from recette.messages.conversion.versions import converted
from tests.messages.conversion.official import alike, generation, lines


def test_each_case_gives_what_the_hub_gives() -> None:
    sequences: dict[str, Converter] = {}
    played, different = 0, []
    for case in lines("cases.jsonl"):
        source, target = generation(case["source_version"]), generation(case["target_version"])
        if source is None or target is None:
            continue  # a version that no vHost has: the vHost table refuses it before
        name = case.get("sequence")
        converter = sequences.setdefault(name, Converter()) if name else Converter()
        kind = "version" if case["type"] == "version" else "transcoding"
        played += 1
        found: Any
        try:
            found = list(converter.convert(case["input"], source, target, kind).documents)  # type: ignore[arg-type]
        except ConversionError as error:
            found = error.status
        expected = case["outcome"]
        same = found == expected["error"] if isinstance(expected, dict) else alike(expected, found, {})
        if not same:
            different.append(case["id"])
    assert played > 500
    assert different == []


_UNPLACED = frozenset({"RS-EDA", "RS-RI", "RS-DR", "RS-RR", "RS-SR", "GEO-RES"})
_ROOT = {"RS-RI": ("resource[0].", "mobilizedResource[0].")}
_FIELDS = {"vehicleType": "vehiculeType", "team.medicalLevel": "team.teamCare"}


@pytest.mark.parametrize("model", sorted(_UNPLACED))
def test_each_code_becomes_what_the_hub_makes_of_it(model: str) -> None:
    tried, different = 0, []
    for table in lines("code-tables.jsonl"):
        if table["model"] != model:
            continue
        source, target = generation(table["source_version"]), generation(table["target_version"])
        assert source is not None
        assert target is not None
        ends = [_path(model, table["field"], end) for end in (source, target)]
        for code, expected in _expectations(table):
            tried += 1
            content = _content(ends[0], code)
            try:
                made = converted(model, content, source, target, Losses())
            except ConversionError as error:
                found: object = error.status
            else:
                found = _read(made, ends[1])
            if found != expected:
                different.append((table["field"], source, target, code, expected, found))
    assert tried > 20 or model == "GEO-RES"
    assert different == []


def _expectations(table: dict[str, Any]) -> list[tuple[str, object]]:
    """Each code and what it becomes: a code, nothing, or the status of a failure."""
    same = [(code, code) for code in table.get("same", [])]
    kept = [(code, code) for code in table.get("invalid_in_target", [])]
    changed = list(table.get("changed", {}).items())
    seen = {code for code, _ in (*same, *changed)}
    return [
        *same,
        *changed,
        *((code, value) for code, value in kept if code not in seen),
        *((code, None) for code in table.get("removed", {})),
        *table.get("errors", {}).items(),
    ]


def _path(model: str, field: str, at: int) -> str:
    first = at == 1
    field = field.replace("[]", "[0]")
    if model == "RS-RI":
        return _ROOT["RS-RI"][first] + (_FIELDS.get(field, field) if first else field)
    if model == "RS-SR" and not first:
        return f"state.{field}"
    return field


def _content(path: str, code: str) -> dict[str, Any]:
    """A content that holds nothing but that code, an owner, and a label beside it."""
    content: dict[str, Any] = {"caseId": "fr.health.essai.C1", "owner": "fr.health.essai"}
    *above, last = path.split(".")
    holder = content
    for step in above:
        name, listed, _ = step.partition("[")
        below: dict[str, Any] = {}
        holder[name] = [below] if listed else below
        holder = below
    holder[last] = code
    if last == "code":
        holder["label"] = "fictif"
    return content


def _read(content: Any, path: str) -> object:
    for step in path.split("."):
        name, listed, _ = step.partition("[")
        content = content.get(name) if isinstance(content, dict) else None
        if listed:
            content = content[0] if content else None
    return content

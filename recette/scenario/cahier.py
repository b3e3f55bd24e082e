"""The official test book (test_cases.json) as scenarios, read from an official bundle and never stored here.

Each case is for one role of the editor. Sample identifiers become variables: the caseId and the requestIds of a
play are its own, in every message; what the editor makes is learnt from what it sends.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from recette.messages.models import UnknownModelError, has_path, model
from recette.messages.schemas import BundleError, SchemaSet, bundle_file
from recette.scenario.comparison import find
from recette.scenario.loader import load
from recette.scenario.model import Scenario
from recette.scenario.problems import ScenarioError

EDITOR, PARTNER = "editeur", "partenaire"
_MADE = {
    "requestId": "request",
    "resourceId": "resource",
    "patientId": "patient",
    "idPat": "patient",
    "idObs": "medicalNote",
    "medicalNoteId": "medicalNote",
}


@dataclass(frozen=True, slots=True)
class NotPlayable:
    """A case of the book that cannot be played, and why."""

    id: str
    title: str
    reason: str


@dataclass(frozen=True, slots=True)
class Book:
    """The cases that can be played and those that cannot."""

    scenarios: tuple[Scenario, ...]
    not_loaded: tuple[NotPlayable, ...]


class _UnplayableError(Exception):
    pass


def read_cahier(bundle: Path) -> Book:
    """Read the book of `bundle` (a folder or a zip). Raises BundleError when it has none."""
    text = bundle_file(
        bundle, "cahier/test_cases.15-15.json", "cahier/test_cases.json", "csv_parser/out/test_cases.json"
    )
    if text is None:
        raise BundleError(f"{bundle} ne contient pas de cahier (cahier/test_cases.json).")
    generation = SchemaSet.from_bundle(bundle).generation
    try:
        cases = [
            (category["categoryLabel"], case)
            for category in json.loads(text)
            for case in category["testCases"]
        ]
    except (ValueError, KeyError, TypeError) as error:
        raise BundleError(f"Le cahier de {bundle} n'a pas la forme attendue ({error}).") from error
    scenarios: list[Scenario] = []
    missing: list[NotPlayable] = []
    for category, case in cases:
        identifier = _slug(f"{category} {case['label']}")
        try:
            scenarios.append(_Case(bundle, generation, category, identifier, case).scenario())
        except (_UnplayableError, ScenarioError, UnknownModelError, KeyError) as error:
            reason = " ; ".join(str(error).splitlines()[:3])
            missing.append(NotPlayable(identifier, f"{case['label']}", reason))
    return Book(tuple(scenarios), tuple(missing))


@dataclass(slots=True)
class _Case:
    bundle: Path
    generation: int
    category: str
    identifier: str
    case: Mapping[str, Any]
    names: dict[str, str] = field(default_factory=dict)
    """Variable by sample identifier."""
    made: dict[str, dict[str, str]] = field(default_factory=dict)
    dead: list[str] = field(default_factory=list)

    def scenario(self) -> Scenario:
        """The case in the project's own language, through the project's own loader."""
        raw = self.case["steps"]
        creator = self._sender(raw[0])
        steps = [self._step(one, creator) for one in raw]
        note = f" Chemins ignorés du cahier qui ne désignent rien : {len(self.dead)}." if self.dead else ""
        document = {
            "id": self.identifier,
            "title": self.case["label"],
            "perimeter": self.category.lower(),
            "generations": [self.generation],
            "summary": f"{self.case.get('description', '')}{note}",
            "actors": {EDITOR: "LRM", PARTNER: "LRM"},
            "editor": EDITOR,
            "case": creator,
            "identifiers": self.made,
            "steps": steps,
        }
        file = f"{self.bundle.name}/cahier/{self.identifier}.yaml"
        text = yaml.safe_dump(document, allow_unicode=True, sort_keys=False, width=120)
        return load(file, {file: text}, self.generation)

    def _step(self, one: Mapping[str, Any], creator: str) -> dict[str, Any]:
        known = model(one["model"], self.generation)
        sample = self._sample(one)
        sender = self._sender(one)
        data = self._linked(
            sample[known.key], sender, creator, case_id=str(find(sample, f"$.{known.key}.caseId"))
        )
        if "caseId" in data:
            data["caseId"] = "${caseId}"
        for path in one.get("idOverrideProperties") or ():
            _put({known.key: data}, path, f"${{{EDITOR if sender == PARTNER else PARTNER}}}")
        ignore = []
        for path in one.get("ignoredProperties") or ():
            if not has_path(known, path) or find({known.key: data}, path) is None:
                self.dead.append(path)
            elif not path.endswith((".requestId", ".caseId")):
                ignore.append(path)  # those two are links, no sample values: they are judged
        return {
            "id": one["id"],
            "title": one.get("description") or one["label"],
            "message": {
                "from": sender,
                "to": EDITOR if sender == PARTNER else PARTNER,
                "model": known.name,
                "data": data,
            },
            "ignore": ignore,
        }

    def _sample(self, one: Mapping[str, Any]) -> dict[str, Any]:
        name = f"{one['model']}/{one['file']}"
        body = bundle_file(self.bundle, f"examples/{name}", f"sample/examples/{name}")
        if body is None:
            raise _UnplayableError(f"l'exemple {name} de l'étape {one['id']} n'est pas dans le lot")
        document: dict[str, Any] = json.loads(body)
        return document

    def _linked(self, node: Any, sender: str, creator: str, *, case_id: str) -> Any:  # noqa: ANN401
        if isinstance(node, list):
            return [self._linked(child, sender, creator, case_id=case_id) for child in node]
        if not isinstance(node, dict):
            return node
        linked: dict[str, Any] = {}
        for name, value in node.items():
            if name in _MADE and isinstance(value, str):
                linked[name] = f"${{{self._variable(name, value, sender)}}}"
            elif name == "owner" and isinstance(value, str) and case_id.startswith(f"{value}."):
                linked[name] = f"${{{creator}}}"
            else:
                linked[name] = self._linked(value, sender, creator, case_id=case_id)
        return linked

    def _variable(self, name: str, value: str, sender: str) -> str:
        if value not in self.names:
            self.names[value] = f"{_MADE[name]}{len(self.names) + 1}"
            self.made[self.names[value]] = {"kind": _MADE[name], "by": sender}
        return self.names[value]

    @staticmethod
    def _sender(one: Mapping[str, Any]) -> str:
        return EDITOR if one["type"] == "send" else PARTNER


def _put(tree: Any, path: str, value: str) -> None:  # noqa: ANN401 - a JSON tree
    *steps, last = re.findall(r"[^.\[\]$]+", path)
    for step in steps:
        tree = tree[int(step)] if isinstance(tree, list) else tree[step]
    tree[last] = value


def _slug(text: str) -> str:
    plain = "".join(c for c in unicodedata.normalize("NFD", text.lower()) if not unicodedata.combining(c))
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")

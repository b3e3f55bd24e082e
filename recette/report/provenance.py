"""What judged and rendered, as digests: so that a later version can say whether it is what differs."""

from __future__ import annotations

import ast
import hashlib
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import requires, version
from pathlib import Path

from recette.judge.rules import RULES
from recette.scenario.requirements import catalogue

_PACKAGE = Path(__file__).parents[1]
_NAME = re.compile(r"[A-Za-z0-9._-]+")
_SCENARIOS = "cahier"
"""What an installed package holds of the scenarios: they render nothing."""
_JUDGING = ("judge", "scenario", "messages", "journal")
"""The rooms whose code decides a verdict, whatever the rule."""


@dataclass(frozen=True, slots=True)
class Provenance:
    """`rules` has a digest for each rule: its code, what that calls beside it, its requirement and how binding that is."""

    rules: Mapping[str, str]
    engine: str
    """Digest of all that judges, data dictionary included."""

    def changed_rules(self, other: Provenance) -> frozenset[str]:
        """Rules that are not the same in both."""
        names = self.rules.keys() | other.rules.keys()
        return frozenset(name for name in names if self.rules.get(name) != other.rules.get(name))


@cache
def here() -> Provenance:
    """What judges in this installation."""
    rules = {name: _digest(_told(name)) for name in RULES}
    return Provenance(rules, _digest(_files(*_JUDGING)))


def _told(name: str) -> Iterator[bytes]:
    """All that a rule is: its requirement, and its code wherever it is held."""
    requirement = catalogue()[name]
    yield f"{requirement.obligation}\n{requirement.source}\n{requirement.text}\n{requirement.because}\n".encode()
    for rule in RULES[name]:
        yield from _Module.of(rule.check.__module__).used_by(rule.check.__qualname__.partition(".")[0])


@cache
def build() -> str:
    """Digest of the whole program and of the versions under it: the same build renders the same bytes."""
    named = (_NAME.match(one) for one in requires("recette") or () if "extra ==" not in one)
    names = sorted(one[0] for one in named if one)
    rooms = sorted(path.name for path in _PACKAGE.iterdir() if path.name != _SCENARIOS)
    return _digest([*(f"{name} {version(name)}\n".encode() for name in names), *_files(*rooms)])


@dataclass(frozen=True, slots=True)
class _Module:
    """The top of a module: the text of each name's definition, and the names in it."""

    texts: Mapping[str, str]
    names: Mapping[str, frozenset[str]]

    @staticmethod
    @cache
    def of(module: str) -> _Module:
        text = Path(sys.modules[module].__file__ or "").read_text(encoding="utf-8")
        lines = text.splitlines(keepends=True)
        texts: dict[str, str] = {}
        names: dict[str, frozenset[str]] = {}
        for node in ast.parse(text).body:
            used = frozenset(one.id for one in ast.walk(node) if isinstance(one, ast.Name))
            for name in _defined(node):
                texts[name] = "".join(lines[node.lineno - 1 : node.end_lineno])
                names[name] = used
        return _Module(texts, names)

    def used_by(self, name: str) -> Iterator[bytes]:
        """The definitions that `name` rests on, itself first."""
        todo, seen = [name], {name}
        while todo:
            one = todo.pop()
            yield self.texts[one].encode()
            more = sorted((self.names[one] & self.texts.keys()) - seen)
            seen.update(more)
            todo += more


def _defined(node: ast.stmt) -> list[str]:
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return [node.name]
    targets = (
        node.targets
        if isinstance(node, ast.Assign)
        else [node.target]
        if isinstance(node, ast.AnnAssign)
        else []
    )
    return [one.id for one in targets if isinstance(one, ast.Name)]


def _files(*rooms: str) -> Iterator[bytes]:
    for room in rooms:
        top = _PACKAGE / room
        for path in sorted(top.rglob("*")) if top.is_dir() else [top]:
            if path.is_file() and "__pycache__" not in path.parts:
                yield path.relative_to(_PACKAGE).as_posix().encode() + b"\0"
                yield path.read_bytes()


def _digest(parts: Iterator[bytes] | list[bytes]) -> str:
    found = hashlib.sha256()
    for part in parts:
        found.update(hashlib.sha256(part).digest())
    return found.hexdigest()[:16]

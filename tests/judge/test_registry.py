"""A rule is declared where it is written, under a requirement of the catalogue, and nowhere else."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from recette.judge.registry import rule
from recette.judge.rules import RULES
from recette.scenario.requirements import catalogue

FOLDER = Path(__file__).parents[2] / "recette" / "judge" / "rules"


def test_what_is_no_requirement_declares_no_rule() -> None:
    with pytest.raises(KeyError, match="ZZ-01"):
        rule("ZZ-01")


def test_rules_stand_in_the_order_of_the_catalogue_each_under_its_own_requirement() -> None:
    assert list(RULES) == [name for name in catalogue() if name in RULES]
    assert all(one.requirement == name for name, rules in RULES.items() for one in rules)


def test_every_section_has_rules_and_no_finding_repeats_its_id() -> None:
    sections = {one.stem for one in FOLDER.glob("*.py")} - {"__init__"}
    checked = {one.check.__module__.rpartition(".")[2] for rules in RULES.values() for one in rules}
    assert checked >= sections
    for path in FOLDER.glob("*.py"):
        assert not re.search(
            r'view\.(?:broken|unclear|failed|noted)\(\s*"[A-Z]+-\d', path.read_text(encoding="utf-8")
        ), path.name


def test_what_is_no_more_than_a_remark_has_its_reason_in_the_catalogue() -> None:
    """Wherever a rule says `disputed`, itself or by a function of its module, its requirement says why."""
    for module in sorted(FOLDER.glob("*.py")):
        functions = {
            one.name: one
            for one in ast.parse(module.read_text(encoding="utf-8")).body
            if isinstance(one, ast.FunctionDef)
        }
        for name, function in functions.items():
            if _disputes(name, functions, set()):
                for requirement in _proven_by(function):
                    assert catalogue()[requirement].because, f"{module.name}: {name} ({requirement})"


def _disputes(name: str, functions: dict[str, ast.FunctionDef], seen: set[str]) -> bool:
    seen.add(name)
    for node in ast.walk(functions[name]):
        if isinstance(node, ast.Call) and any(one.arg == "disputed" for one in node.keywords):
            return True
        called = isinstance(node, ast.Name) and node.id in functions and node.id not in seen
        if called and _disputes(node.id, functions, seen):  # type: ignore[attr-defined]
            return True
    return False


def _proven_by(function: ast.FunctionDef) -> list[str]:
    """The requirements in whose name it is declared a rule."""
    return [
        str(one.args[0].value)
        for one in function.decorator_list
        if isinstance(one, ast.Call)
        and getattr(one.func, "id", "") == "rule"
        and isinstance(one.args[0], ast.Constant)
    ]

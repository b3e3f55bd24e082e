"""A rule is declared where it is written, under a requirement of the catalogue, and nowhere else."""

from __future__ import annotations

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

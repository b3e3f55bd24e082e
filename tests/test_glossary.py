"""The glossary is held by the code: its names are there, and what a word must not be called is not."""

from __future__ import annotations

import ast
import importlib
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8").splitlines()
    if line.startswith("|") and not line.startswith(("|---", "| word"))
]
NAMES = sorted({name for row in ROWS for name in re.findall(r"`(recette\.[\w.]+)`", row[2])})
BANNED = sorted({name.strip() for row in ROWS for name in row[3].split(",") if name.strip()})


def named(path: Path) -> set[str]:
    """What a module defines, imports or asks for by name, and its own name."""
    found = {path.stem}
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.arg(arg=name) | ast.alias(name=name):
                found.add(name)
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                found.add(name)
    return found


def test_the_glossary_has_rows_with_names() -> None:
    assert len(ROWS) > 25
    assert all(len(row) == 4 for row in ROWS)
    assert len(NAMES) > 25


@pytest.mark.parametrize("name", NAMES)
def test_each_name_is_there(name: str) -> None:
    try:
        importlib.import_module(name)
    except ModuleNotFoundError:
        module, _, attribute = name.rpartition(".")
        assert hasattr(importlib.import_module(module), attribute), name


def test_what_a_word_must_not_be_called_is_nowhere() -> None:
    found = {
        (str(path.relative_to(ROOT)), name)
        for path in (ROOT / "recette").rglob("*.py")
        for name in named(path) & set(BANNED)
    }
    assert found == set()

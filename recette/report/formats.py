"""The forms of a report: a module that declares how it writes one is written with every run, and nothing lists it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from typing import TypeVar

from recette.report.story import Story

Write = Callable[[Story, Path], Path | Iterable[Path]]
"""Writes one form into a folder, and says which file, or files, it wrote there. Raises OSError."""
Declared = TypeVar("Declared", bound=Write)
_DECLARED: dict[str, Write] = {}


def report_format(name: str) -> Callable[[Declared], Declared]:
    """Declare a form of report under the name of what it writes."""

    def declare(write: Declared) -> Declared:
        if _DECLARED.setdefault(name, write) is not write:
            raise ValueError(f"two modules write {name}")
        return write

    return declare


def formats() -> dict[str, Write]:
    """Every form there is, by the name of what it writes."""
    package = import_module("recette.report")
    for one in walk_packages(package.__path__, f"{package.__name__}."):
        import_module(one.name)
    return {name: _DECLARED[name] for name in sorted(_DECLARED)}

"""The forms of a report: a module that declares how it writes one is written with every run, and nothing lists it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from typing import TypeVar

from recette.report.story import Story

Write = Callable[[Story, Path], Path | Iterable[Path]]
"""Writes one form into a folder, and says which file, or files, it wrote there. Raises OSError."""
Declared = TypeVar("Declared", bound=Write)


@dataclass(frozen=True, slots=True)
class Form:
    """How a form is written; `heavy` is what takes long outside of the interpreter, and so on a core of its own."""

    write: Write
    heavy: bool = False

    def files(self, story: Story, folder: Path) -> list[Path]:
        """What was written. Raises OSError."""
        written = self.write(story, folder)
        return [written] if isinstance(written, Path) else list(written)


_DECLARED: dict[str, Form] = {}


def report_format(name: str, *, heavy: bool = False) -> Callable[[Declared], Declared]:
    """Declare a form of report under the name of what it writes: a file, or a folder."""

    def declare(write: Declared) -> Declared:
        if _DECLARED.setdefault(name, Form(write, heavy)).write is not write:
            raise ValueError(f"two modules write {name}")
        return write

    return declare


def formats() -> dict[str, Form]:
    """Every form there is, by the name of what it writes."""
    package = import_module("recette.report")
    for one in walk_packages(package.__path__, f"{package.__name__}."):
        import_module(one.name)
    return {name: _DECLARED[name] for name in sorted(_DECLARED)}

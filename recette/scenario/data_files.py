"""The files that a scenario names: in `data` alone, below the folder of its collection, plain, and bounded."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from recette.platform.plain_files import read_plain
from recette.scenario import yaml_source
from recette.scenario.cahier import beside, root_of
from recette.scenario.problems import Problem, ScenarioError
from recette.scenario.yaml_source import Source
from recette.wording.os_errors import unread

MAX_FILE = 8 * 1024 * 1024
"""Bytes of a scenario, of a data file."""
MAX_FILES = 200
"""Data files of a scenario."""


def read_text(path: Path) -> str:
    """A scenario or a data file. Raises OSError and UnicodeDecodeError."""
    return read_plain(path, MAX_FILE).decode("utf-8")


def data_files(source: Source, path: Path, folder: Path | None) -> dict[str, str]:
    """The texts of the data files of the scenario at `path`, by the name that its source has for each.

    One that does not exist is left out: the loader says at which line it is missing. Raises ScenarioError.
    """
    steps = source.tree.get("steps") if isinstance(source.tree, dict) else None
    named: dict[str, yaml_source.Path] = {}
    for at, name in _named(steps, ("steps",)):
        named.setdefault(name, at)
    if len(named) > MAX_FILES:
        raise ScenarioError([source.problem(("steps",), f"Plus de {MAX_FILES} fichiers de données.")])
    root = root_of(path, folder).resolve()
    found: dict[str, str] = {}
    problems: list[Problem] = []
    for name, at in named.items():
        try:
            text = _read(path.parent / name, root)
        except FileNotFoundError:
            continue
        except (OSError, UnicodeDecodeError, ValueError) as error:
            why = str(error) if type(error) is ValueError else unread(error)  # type: ignore[arg-type]
            problems.append(source.problem(at, f"Le fichier de données {name} ne peut pas être lu : {why}."))
        else:
            found[beside(source.file, name)] = text
    if problems:
        raise ScenarioError(problems)
    return found


def _read(path: Path, root: Path) -> str:
    """Raises ValueError where it leads out of the collection, by its name or by a link."""
    try:
        real = path.resolve()
    except RuntimeError as error:  # as Python says it before 3.13
        raise OSError(errno.ELOOP, "ce lien tourne en rond", str(path)) from error
    if not real.is_relative_to(root):
        raise ValueError("il est hors du cahier, dont un fichier cahier.toml marque la racine")
    return read_text(real)


def _named(node: Any, at: yaml_source.Path) -> Iterator[tuple[yaml_source.Path, str]]:  # noqa: ANN401 - a YAML tree
    """Every `data` that is a name, whichever generations it is for; what is within written data names nothing."""
    if isinstance(node, list):
        for index, child in enumerate(node):
            yield from _named(child, (*at, index))
    elif isinstance(node, dict):
        for key, child in node.items():
            if key != "data":
                yield from _named(child, (*at, key))
            elif isinstance(child, str):
                yield (*at, key), child
            elif yaml_source.by_generation(child):
                yield from (((*at, key, one), name) for one, name in child.items() if isinstance(name, str))

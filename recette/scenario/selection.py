"""Finding scenarios: by id, by file, by folder."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path

from recette.scenario.loader import load_file
from recette.scenario.model import Scenario
from recette.scenario.problems import ScenarioError


class SelectionError(ValueError):
    """What was asked for is not there; the text names the nearest."""


@dataclass(frozen=True, slots=True)
class Selection:
    """The scenarios found, and the problems of the files that could not be loaded."""

    scenarios: tuple[Scenario, ...]
    errors: tuple[ScenarioError, ...]


def scenario_files(folder: Path) -> list[Path]:
    """Every scenario below `folder`; data files live in folders named `donnees`."""
    return sorted(path for path in folder.rglob("*.yaml") if "donnees" not in path.relative_to(folder).parts)


def select(names: Iterable[str], folder: Path) -> Selection:
    """The scenarios that `names` ask for, all of `folder` when there are none. Raises SelectionError."""
    wanted = list(names)
    paths: list[Path] = []
    ids: list[str] = []
    for name in wanted:
        path = Path(name)
        if path.is_dir():
            paths += scenario_files(path)
        elif path.is_file():
            paths.append(path)
        elif path.suffix in {".yaml", ".yml"} or "/" in name:
            raise SelectionError(f"Le fichier {name} n'existe pas.")
        else:
            ids.append(name)
    if ids or not wanted:
        if not folder.is_dir():
            raise SelectionError(
                f"Le dossier {folder} n'existe pas : lancez la commande là où sont les scénarios."
            )
        found, errors = _load(scenario_files(folder))
        paths_found, path_errors = _load(paths)
        chosen = _by_id(found, ids) if ids else found
        return Selection((*chosen, *paths_found), (*(() if ids else errors), *path_errors))
    return Selection(*_load(paths))


def _load(paths: Iterable[Path]) -> tuple[tuple[Scenario, ...], tuple[ScenarioError, ...]]:
    scenarios: list[Scenario] = []
    errors: list[ScenarioError] = []
    for path in paths:
        try:
            scenarios += load_file(path)
        except ScenarioError as error:
            errors.append(error)
    return tuple(scenarios), tuple(errors)


def _by_id(found: tuple[Scenario, ...], ids: list[str]) -> tuple[Scenario, ...]:
    """The editions that `<id>`, `<id>.g<generation>`, or either with `@<actor>`, name."""
    chosen: list[Scenario] = []
    for name in ids:
        wanted, _, actor = name.partition("@")
        editions = [
            one for one in found if wanted in {one.id, one.edition} and (not actor or actor in one.testable)
        ]
        if not editions:
            known = [one.id for one in found] + [f"{one.id}@{by}" for one in found for by in one.testable]
            near = get_close_matches(name, known, n=1)
            hint = f" Vouliez-vous dire {near[0]} ?" if near else " Voyez recette list."
            raise SelectionError(f"Le scénario « {name} » n'existe pas.{hint}")
        chosen += [replace(one, testable=(actor,)) if actor else one for one in editions]
    return tuple(chosen)

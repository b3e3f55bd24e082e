"""Finding scenarios: by id, by file, by folder."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Self

from recette.platform.typed import typed
from recette.scenario.cahier import Cahier
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
    cahiers: tuple[Cahier, ...] = ()
    """What they were taken from."""

    def sound(self) -> Self:
        """The same. Raises ScenarioError where a file could not be loaded."""
        if self.errors:
            raise ScenarioError([problem for error in self.errors for problem in error.problems])
        return self

    def __add__(self, other: Selection) -> Selection:
        cahiers = dict.fromkeys((*self.cahiers, *other.cahiers))
        return Selection((*self.scenarios, *other.scenarios), (*self.errors, *other.errors), tuple(cahiers))


def scenario_files(folder: Path) -> list[Path]:
    """Every scenario below `folder`; data files live in folders named `donnees`."""
    return sorted(path for path in folder.rglob("*.yaml") if "donnees" not in path.relative_to(folder).parts)


def select(names: Iterable[str], folder: Path, *others: Path) -> Selection:
    """The scenarios that `names` ask for, all of `folder` when there are none. Raises SelectionError.

    An id that `folder` does not know is looked for in `others`, in their order; those may hold none.
    """
    wanted = list(names)
    paths: list[str] = []
    ids: list[str] = []
    for name in wanted:
        path = Path(name)
        if path.exists():
            paths.append(name)
        elif path.suffix in {".yaml", ".yml"} or len(path.parts) > 1:
            raise SelectionError(f"Le fichier {name} n'existe pas.")
        else:
            ids.append(name)
    found = Selection((), ())
    if not wanted:
        found += _everything(folder)
    if ids:
        found += _named(ids, [_everything(folder), *(_whole(one, scenario_files(one)) for one in others)])
    for name in paths:
        found += _at(name, folder)
    return found


def _everything(folder: Path) -> Selection:
    if not folder.is_dir():
        raise SelectionError(
            f"Le dossier {folder} n'existe pas : donnez celui des scénarios par --scenarios."
        )
    return _whole(folder, _some(folder))


def _whole(folder: Path, files: Iterable[Path]) -> Selection:
    """A collection, which these are the files of."""
    return Selection(*_load(files, folder), (Cahier.in_folder(folder),))


def _some(folder: Path) -> list[Path]:
    """Raises SelectionError where there are none."""
    files = scenario_files(folder)
    if not files:
        raise SelectionError(
            f"Le dossier {folder} ne contient aucun scénario (fichier .yaml) : vérifiez le chemin, ou copiez-y le cahier par "
            f"recette scenarios --out {typed(folder)}."
        )
    return files


def _at(name: str, folder: Path) -> Selection:
    """A file, or all below a folder."""
    path = Path(name)
    within = path.absolute().is_relative_to(folder.absolute()) or not path.is_dir()
    files = _some(path) if path.is_dir() else [path]
    scenarios, errors = _load(files, folder if within else path)
    return Selection(scenarios, errors, (Cahier.of(name, scenarios),))


def _load(paths: Iterable[Path], folder: Path) -> tuple[tuple[Scenario, ...], tuple[ScenarioError, ...]]:
    scenarios: list[Scenario] = []
    errors: list[ScenarioError] = []
    for path in paths:
        try:
            scenarios += load_file(path, folder)
        except ScenarioError as error:
            errors.append(error)
    return tuple(scenarios), tuple(errors)


def _named(ids: Sequence[str], places: Sequence[Selection]) -> Selection:
    """The plays that `<id>`, `<id>.g<generation>`, or either with `@<actor>`, name; the first place that has it."""
    chosen = Selection((), ())
    for name in ids:
        for place in places:
            scenarios = _by_id(place.scenarios, name)
            if scenarios:
                chosen += Selection(scenarios, (), place.cahiers)
                break
        else:
            found = [one for place in places for one in place.scenarios]
            known = [one.id for one in found] + [f"{one.id}@{by}" for one in found for by in one.testable]
            near = get_close_matches(name, known, n=1)
            hint = f" Vouliez-vous dire {near[0]} ?" if near else " Voyez recette list."
            if name in {one.perimeter for one in found}:
                hint = " C'est un périmètre : il se joue en nommant son vHost (--vhost), ou son dossier de scénarios."
            raise SelectionError(f"Le scénario « {name} » n'existe pas.{hint}")
    return chosen


def _by_id(found: Iterable[Scenario], name: str) -> tuple[Scenario, ...]:
    wanted, _, actor = name.partition("@")
    editions = [
        across
        for one in found
        if (across := in_edition(one, wanted)) is not None and (not actor or actor in one.testable)
    ]
    return tuple(replace(one, testable=(actor,)) if actor else one for one in editions)


def in_edition(one: Scenario, wanted: str) -> Scenario | None:
    """The scenario where `wanted` names it or its edition, for the partners' generation alone where that is named."""
    if wanted in {one.id, one.edition}:
        return one
    edition, _, partners = wanted.rpartition("-")
    if not one.partners_on or edition != one.edition or not partners.isdigit():
        return None
    return replace(one, partners_generation=int(partners))

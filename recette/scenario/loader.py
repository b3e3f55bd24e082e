"""Loads scenario files; every defect is found here, with file, line and column, before anything is played."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

from recette.messages.dictionary.generations import generations
from recette.messages.dictionary.reader import entry, names
from recette.messages.roles import ROLES, Role
from recette.scenario import yaml_source
from recette.scenario.cahier import name_of
from recette.scenario.data_files import data_files, read_text
from recette.scenario.model import Identifier, Scenario, spoken
from recette.scenario.problems import Problem, ScenarioError
from recette.scenario.requirements import unknown
from recette.scenario.shape import shape_problems
from recette.scenario.step_reader import StepReader
from recette.scenario.steps import DisturbStep
from recette.scenario.template import names_in
from recette.scenario.yaml_source import Source
from recette.wording.os_errors import unread

_SINCE = re.compile(r"([1-9]\d?)-")
_EXCHANGES = ("message", "send", "expect")
_BUILTIN = {"caseId", "senderCaseId", "now"}


def load_file(path: Path, folder: Path | None = None) -> tuple[Scenario, ...]:
    """The scenario of a file, with its data files, in each of its generations. Raises ScenarioError.

    `folder` is where its collection lies, unless a `cahier.toml` says so: data files lie below it.
    """
    try:
        text = read_text(path)
    except (OSError, UnicodeDecodeError) as error:
        raise ScenarioError([Problem(str(path), 1, 1, f"Fichier illisible : {unread(error)}.")]) from error
    file = name_of(path)
    return editions(file, {file: text, **data_files(yaml_source.parse(file, text), path, folder)})


def editions(file: str, sources: Mapping[str, str]) -> tuple[Scenario, ...]:
    """A scenario in each of its generations, from the texts of its files, by path.

    Raises ScenarioError with every problem of every generation.
    """
    found: list[Scenario] = []
    problems: dict[Problem, None] = {}
    for generation in _written_for(file, sources[file]):
        try:
            found.append(load(file, sources, generation))
        except ScenarioError as error:
            problems.update(dict.fromkeys(error.problems))
    if problems:
        raise ScenarioError(list(problems))
    return tuple(found)


def load(file: str, sources: Mapping[str, str], generation: int) -> Scenario:
    """A scenario in one generation, from the texts of its files, by path. Raises ScenarioError with every problem."""
    return _loaded(file, tuple(sources.items()), generation)


@lru_cache(maxsize=1024)
def _loaded(file: str, texts: tuple[tuple[str, str], ...], generation: int) -> Scenario:
    """The same texts give the same scenario: what was just played is judged without reading it again."""
    sources = dict(texts)
    written = yaml_source.parse(file, sources[file])
    source = yaml_source.at_generation(written, generation)
    return _Loading(source, sources, generation, _written_for(file, sources[file])).scenario()


@lru_cache(maxsize=512)
def _written_for(file: str, text: str) -> tuple[int, ...]:
    """The generations of a file: where it does not say, all that have its messages."""
    source = yaml_source.parse(file, text)
    tree = source.tree if isinstance(source.tree, dict) else {}
    if "generations" not in tree:
        return tuple(one for one in generations() if _sayable(source, one)) or generations()
    said = tree["generations"]
    since = _SINCE.fullmatch(said) if isinstance(said, str) else None
    wanted = [one for one in generations() if one >= int(since[1])] if since else said
    known = tuple(one for one in generations() if one in wanted) if isinstance(wanted, list) else ()
    if not known or len(known) != len(wanted):
        text = (
            f"« generations » est une liste de générations, parmi {', '.join(map(str, generations()))}, "
            "ou la première et un tiret (3-)."
        )
        raise ScenarioError([source.problem(("generations",), text)])
    return known


def _sayable(source: Source, generation: int) -> bool:
    """Whether a generation has all messages of the file; one that none has is a mistake, which lint tells."""
    tree = yaml_source.at_generation(source, generation).tree
    if not isinstance(tree, dict):
        return True
    steps, actors = tree.get("steps"), tree.get("actors")
    across, roles = str(tree.get("partners_on", "")), actors if isinstance(actors, dict) else {}
    said = {one for step in (steps if isinstance(steps, list) else ()) for one in _models_of(step)}
    known = names()
    return all(
        spoken(str(roles.get(sender)), generation, across) in entry(name).generations
        for name, sender in said
        if name in known
    )


def _models_of(step: object) -> Iterator[tuple[str, str]]:
    """The messages that a step exchanges, one or several of which any will do, each with who sends it."""
    if not isinstance(step, dict):
        return
    for action in _EXCHANGES:
        body = step.get(action)
        if not isinstance(body, dict):
            continue
        several = body.get("any_of")
        for one in several if isinstance(several, list) else [body]:
            if isinstance(one, dict) and isinstance(one.get("model"), str):
                yield one["model"], str(body.get("from"))


class _Loading:
    """One file on its way; problems are gathered so that an author sees them all at once."""

    def __init__(
        self, source: Source, sources: Mapping[str, str], generation: int, written_for: tuple[int, ...]
    ) -> None:
        self.source = source
        self.written_for = written_for
        self.sources = sources
        self.generation = generation
        self.problems: list[Problem] = []

    def scenario(self) -> Scenario:
        tree = self.source.tree
        if not isinstance(tree, dict):
            raise ScenarioError(
                [self.source.problem((), "Un scénario est une table : id, title, actors, steps…")]
            )
        misshapen = shape_problems(self.source)
        if misshapen:
            raise ScenarioError(misshapen)
        actors = self._actors(tree)
        testable = self._testable(tree, actors)
        identifiers = self._identifiers(tree, actors)
        variables = self._variables(tree, {*actors, *(one.name for one in identifiers)})
        across = str(tree.get("partners_on", ""))
        speaks = {name: spoken(role, self.generation, across) for name, role in actors.items()}
        reader = StepReader(self.source, self.sources, speaks, testable)
        steps = reader.read(tree.get("steps") or [])
        proves = self._requirements(tree, "proves")
        requirements = (
            *proves,
            *(one for one in self._requirements(tree, "requirements") if one not in proves),
        )
        self.problems += reader.problems
        known = {*_BUILTIN, *actors, *variables, *reader.captured, *(one.name for one in identifiers)}
        for origin in reader.origins:
            self._check_variables(origin.source, origin.path, origin.tree, known)
        for place, text in reader.texts:
            self._check_variables(self.source, place, text, known)
        if self.problems:
            raise ScenarioError(sorted(self.problems, key=lambda one: (one.file, one.line, one.column)))
        return Scenario(
            id=str(tree["id"]),
            title=str(tree["title"]),
            file=self.source.file,
            perimeter=str(tree["perimeter"]),
            generations=self.written_for,
            generation=self.generation,
            summary=str(tree.get("summary", "")).strip(),
            requirements=requirements,
            proves=proves,
            actors=actors,
            testable=testable,
            case_by=tree.get("case"),
            identifiers=identifiers,
            variables=variables,
            steps=tuple(steps),
            sources=dict(self.sources),
            disputed=str(tree.get("disputed", "")).strip(),
            harmful=tree.get("harmful") is True or any(isinstance(one, DisturbStep) for one in steps),
            partners_on=across,
        )

    def _problem(self, path: yaml_source.Path, text: str) -> None:
        self.problems.append(self.source.problem(path, text))

    def _requirements(self, tree: Mapping[str, Any], key: str) -> tuple[str, ...]:
        said = tree.get(key) or []
        for index, name in enumerate(said):
            problem = unknown(str(name))
            if problem is not None:
                self._problem((key, index), problem)
        return tuple(map(str, said))

    def _actors(self, tree: Mapping[str, Any]) -> dict[str, Role]:
        actors = tree.get("actors")
        found: dict[str, Role] = {}
        for name, role in (actors if isinstance(actors, dict) else {}).items():
            if role not in ROLES:
                self._problem(
                    ("actors", name), f"Le rôle « {role} » n'existe pas ; rôles : {', '.join(ROLES)}."
                )
            found[name] = cast("Role", role)
        return found

    def _testable(self, tree: Mapping[str, Any], actors: Mapping[str, Role]) -> tuple[str, ...]:
        editor = tree.get("editor")
        testable = tuple(editor) if isinstance(editor, list) else (str(editor),) if editor else ()
        for name in testable:
            if name not in actors:
                self._problem(("editor",), f"« {name} » n'est pas un acteur.")
        case_by = tree.get("case")
        if case_by is not None and case_by not in actors:
            self._problem(("case",), f"« {case_by} » n'est pas un acteur.")
        return testable

    def _identifiers(self, tree: Mapping[str, Any], actors: Mapping[str, Role]) -> tuple[Identifier, ...]:
        found = []
        for name, value in (tree.get("identifiers") or {}).items():
            kind, by = value["kind"], value["by"]
            if by not in actors:
                self._problem(("identifiers", name, "by"), f"« {by} » n'est pas un acteur.")
            found.append(Identifier(name, kind, by))
        return tuple(found)

    def _variables(self, tree: Mapping[str, Any], taken: set[str]) -> dict[str, str]:
        variables = {name: str(value) for name, value in (tree.get("variables") or {}).items()}
        for name in variables.keys() & (taken | _BUILTIN):
            self._problem(("variables", name), f"Le nom « {name} » est déjà pris.")
        return variables

    def _check_variables(self, source: Source, path: yaml_source.Path, node: Any, known: set[str]) -> None:  # noqa: ANN401
        if isinstance(node, dict | list):
            for key, child in node.items() if isinstance(node, dict) else enumerate(node):
                self._check_variables(source, (*path, key), child, known)
            return
        for name in sorted(names_in(node) - known):
            self.problems.append(source.problem(path, f"La variable ${{{name}}} n'est définie nulle part."))

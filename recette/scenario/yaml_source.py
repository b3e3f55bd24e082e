"""YAML with the place of everything in it, so that an error can point."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import yaml

from recette.messages.yaml_nodes import MAX_DEPTH, MAX_NODES, TooMuchYamlError, compose, scalar
from recette.scenario.problems import Problem, ScenarioError, Severity
from recette.wording.syntax_errors import in_yaml

_GENERATION = re.compile(r"g([1-9]\d?)")
_ABSENT = object()
Path = tuple[str | int, ...]
_JSON_STEP = re.compile(r"\.([A-Za-z0-9_-]+)|\[(\d+)\]")


@dataclass(slots=True)
class Source:
    """A parsed file: its tree, and line and column of every node by path."""

    file: str
    tree: Any = None
    places: dict[Path, tuple[int, int]] = field(default_factory=dict)
    readings: dict[int, Source] = field(default_factory=dict, repr=False, compare=False)
    """What the file says in each generation that was asked for so far."""

    def problem(self, path: Path, text: str, severity: Severity = "error") -> Problem:
        """A problem at `path`, or at the nearest place above it that is written."""
        at = path
        while at and at not in self.places:
            at = at[:-1]
        line, column = self.places.get(at, (1, 1))
        return Problem(self.file, line, column, text, severity)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the data of a message is written: in the scenario below `path`, or in a file of its own."""

    source: Source
    path: Path
    tree: Any

    def problem(self, json_path: str, text: str, severity: Severity = "error") -> Problem:
        """A problem at `$.<use-case key>.<field>[0]…` of the message."""
        steps: list[str | int] = [
            int(index) if index else name for name, index in _JSON_STEP.findall(json_path)
        ]
        return self.source.problem((*self.path, *steps[1:]), text, severity)


@lru_cache(maxsize=512)
def parse(file: str, text: str) -> Source:
    """Parse one document; JSON is YAML. What it returns is shared: read it only. Raises ScenarioError."""
    source = Source(file)
    try:
        node = compose(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        defect = in_yaml(error.problem)
        told = f" ({defect})" if defect else ""
        text = f"YAML illisible ici ou juste au-dessus{told} : voyez l'alignement, les deux-points et les guillemets."
        raise ScenarioError([Problem(file, line, column, text)]) from error
    except yaml.reader.ReaderError as error:
        line, column = (
            text.count("\n", 0, error.position) + 1,
            error.position - text.rfind("\n", 0, error.position),
        )
        told = "YAML illisible : il y a ici un caractère de contrôle, ôtez-le."
        raise ScenarioError([Problem(file, line, column, told)]) from error
    except TooMuchYamlError as error:
        raise ScenarioError([Problem(file, error.line, error.column, str(error))]) from error
    if node is not None:
        source.tree = _build(source, node, ())
    return source


def at_generation(source: Source, generation: int) -> Source:
    """The document as it reads in one generation.

    A table whose keys are all of the form `g1`, `g2` stands for the value of the generation, or else of the nearest
    earlier one; where there is none, or where it is null, what it stands for is not there at all. What is returned is
    shared: read it only.
    """
    if generation not in source.readings:
        source.readings[generation] = _read_at(source, generation)
    return source.readings[generation]


def _read_at(source: Source, generation: int) -> Source:
    resolved = Source(source.file)
    tree = _resolve(source, source.tree, (), (), generation, resolved.places)
    resolved.tree = None if tree is _ABSENT else tree
    return resolved


def _resolve(
    source: Source,
    node: Any,  # noqa: ANN401 - a YAML tree
    path: Path,
    new: Path,
    generation: int,
    places: dict[Path, tuple[int, int]],
) -> Any:  # noqa: ANN401 - a YAML tree
    numbers = by_generation(node)
    if numbers:
        name = numbers.get(max((one for one in numbers if one <= generation), default=0))
        if name is None or node[name] is None:
            return _ABSENT
        return _resolve(source, node[name], (*path, name), new, generation, places)
    if path in source.places:
        places[new] = source.places[path]
    if isinstance(node, dict):
        table = {
            key: _resolve(source, child, (*path, key), (*new, key), generation, places)
            for key, child in node.items()
        }
        return {key: child for key, child in table.items() if child is not _ABSENT}
    if isinstance(node, list):
        items: list[Any] = []
        for index, child in enumerate(node):
            item = _resolve(source, child, (*path, index), (*new, len(items)), generation, places)
            if item is not _ABSENT:
                items.append(item)
        return items
    return node


def by_generation(node: object) -> dict[int, str]:
    """The keys of a table by the generation that each names; empty where not all of them name one."""
    if not isinstance(node, dict):
        return {}
    found = {int(one[1:]): one for one in node if isinstance(one, str) and _GENERATION.fullmatch(one)}
    return found if len(found) == len(node) else {}


def _build(source: Source, node: yaml.Node, path: Path, above: tuple[yaml.Node, ...] = ()) -> Any:  # noqa: ANN401 - a YAML tree
    if any(one is node for one in above):
        raise ScenarioError(
            [source.problem(path[:-1], "Cette ancre (&) se contient elle-même (*) : écrivez la valeur.")]
        )
    above = (*above, node)
    source.places[path] = (node.start_mark.line + 1, node.start_mark.column + 1)
    if len(source.places) > MAX_NODES:
        raise ScenarioError([source.problem(path, f"Plus de {MAX_NODES} valeurs dans ce fichier.")])
    if len(above) > MAX_DEPTH:
        told = f"YAML illisible : il est trop profondément imbriqué (plus de {MAX_DEPTH} niveaux)."
        raise ScenarioError([source.problem(path, told)])
    if isinstance(node, yaml.MappingNode):
        built: dict[str, Any] = {}
        for key_node, value_node in node.value:
            mark = key_node.start_mark
            if not isinstance(key_node, yaml.ScalarNode):
                text = "Une clé est un texte : mettez-la entre guillemets."
                raise ScenarioError([Problem(source.file, mark.line + 1, mark.column + 1, text)])
            key = str(key_node.value)
            if key in built:
                text = f"La clé « {key} » est écrite deux fois."
                raise ScenarioError([Problem(source.file, mark.line + 1, mark.column + 1, text)])
            built[key] = _build(source, value_node, (*path, key), above)
            source.places[(*path, key)] = (key_node.start_mark.line + 1, key_node.start_mark.column + 1)
        return built
    if isinstance(node, yaml.SequenceNode):
        return [_build(source, child, (*path, index), above) for index, child in enumerate(node.value)]
    return _scalar(source, node, path)


def _scalar(source: Source, node: yaml.Node, path: Path) -> Any:  # noqa: ANN401 - a YAML scalar
    try:
        return scalar(node)
    except TooMuchYamlError as error:
        raise ScenarioError([source.problem(path, str(error))]) from error
    except yaml.YAMLError as error:
        text = "Cette valeur ne peut pas être lue : mettez-la entre guillemets, et ôtez l'étiquette (!) s'il y en a une."
        raise ScenarioError([source.problem(path, text)]) from error

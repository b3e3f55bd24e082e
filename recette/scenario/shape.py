"""Whether a scenario is written as the grammar has it; what is not, at its own place, in French."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from recette.scenario.grammar import ACTIONS, DURATION, PATH, Schema, resolved_grammar
from recette.scenario.problems import Problem
from recette.scenario.yaml_source import Path, Source
from recette.wording.values import shown

_BY_NAME = frozenset({"model", "models", "requirement", "requirements", "proves", "actors", "perimeter"})
"""Fields whose value is a name: whoever looks it up says which ones are near."""
_WORDS = {
    "object": "une table",
    "array": "une liste",
    "string": "un texte",
    "boolean": "true ou false",
    "number": "un nombre",
    "integer": "un nombre entier",
    "null": "rien",
}
_OF_A_TARGET = frozenset({"vhost", "driver"})
"""What a target has, and no scenario."""
Said = tuple[Path, str]
"""Where, and what is wrong there."""
_PATTERNS = {DURATION: "une durée (500ms, 5s, 2m)", PATH: "un chemin ($.…)"}


def shape_problems(source: Source) -> list[Problem]:
    """What of a scenario, as it reads in one generation, is not as the grammar has it."""
    if _decider().is_valid(source.tree):
        return []
    if isinstance(source.tree, Mapping) and "steps" not in source.tree and source.tree.keys() >= _OF_A_TARGET:
        return [source.problem((), "C'est une cible, et non un scénario : elle se donne à --target.")]
    import jsonschema  # slow to import, and only needed to explain

    errors = jsonschema.Draft7Validator(resolved_grammar()).iter_errors(source.tree)
    return [
        source.problem(path, text)
        for path, text in dict.fromkeys(said for error in errors for said in _explained(_violation(error)))
    ]


@cache
def _decider() -> Any:  # noqa: ANN401 - a jsonschema_rs validator, imported where it is needed
    import jsonschema_rs

    return jsonschema_rs.Draft7Validator(resolved_grammar())


@dataclass(frozen=True, slots=True)
class _Violation:
    """One place that is not as the grammar has it, as the validator found it."""

    path: Path
    keyword: str
    value: Any
    """What the grammar says under the keyword."""
    schema: Schema
    instance: Any
    branch: int
    """Which alternative it is of, below an `anyOf`."""
    within: tuple[_Violation, ...]
    """Of each alternative, why it does not fit."""

    @property
    def name(self) -> str:
        """The last field of its path."""
        return next((one for one in reversed(self.path) if isinstance(one, str)), "")


def _violation(error: Any) -> _Violation:  # noqa: ANN401 - an error of jsonschema, whose fields are loosely typed
    return _Violation(
        path=tuple(error.absolute_path),
        keyword=str(error.validator),
        value=error.validator_value,
        schema=error.schema,
        instance=error.instance,
        branch=next((one for one in error.schema_path if isinstance(one, int)), 0),
        within=tuple(_violation(one) for one in error.context or ()),
    )


def _explained(one: _Violation) -> Iterator[Said]:
    if one.keyword == "enum" and one.name in _BY_NAME:
        return
    explain = _EXPLAINED.get(one.keyword)
    if explain is not None:
        yield from explain(one)
    else:
        yield one.path, f"« {one.name} » est {wanted(one.schema)}, et non {_found(one.instance)}."


def _unknown_words(one: _Violation) -> Iterator[Said]:
    words = one.schema["properties"]
    for key in one.instance.keys() - words.keys():
        text = f"« {key} » n'est pas un mot du langage ; connus ici : {', '.join(sorted(words))}."
        yield (*one.path, key), text


def _missing(one: _Violation) -> Iterator[Said]:
    for key in one.value:
        if key not in one.instance:
            yield (*one.path, key), f"« {key} » manque."


def _several_actions(one: _Violation) -> Iterator[Said]:
    yield one.path, f"Une étape fait exactement une chose parmi {', '.join(ACTIONS)}."


def _empty(one: _Violation) -> Iterator[Said]:
    yield one.path, f"« {one.name} » est vide."


def _of_alternatives(one: _Violation) -> Iterator[Said]:
    """The errors of the one alternative that was meant, by its type; else what the alternatives are."""
    branches: dict[int, list[_Violation]] = {}
    for inner in one.within:
        branches.setdefault(inner.branch, []).append(inner)
    meant = [
        inners
        for inners in branches.values()
        if not any(inner.keyword == "type" and inner.path == one.path for inner in inners)
    ]
    if all(inner.keyword == "required" for inner in one.within):
        ways = " ; ou ".join(", ".join(way["required"]) for way in one.value)
        yield one.path, f"Il manque ici, au choix : {ways}."
    elif len(meant) == 1:
        for inner in meant[0]:
            yield from _explained(inner)
    else:
        yield one.path, f"« {one.name} » est {wanted(one.schema)}, et non {_found(one.instance)}."


_EXPLAINED: Mapping[str, Callable[[_Violation], Iterator[Said]]] = {
    "additionalProperties": _unknown_words,
    "required": _missing,
    "oneOf": _several_actions,
    "anyOf": _of_alternatives,
    "minItems": _empty,
    "minLength": _empty,
    "minProperties": _empty,
}


def wanted(schema: Schema) -> str:
    """What the grammar has there, in French."""
    *first, last = dict.fromkeys(_ways(schema))
    return f"{', '.join(first)} ou {last}" if first else last


def _ways(schema: Schema) -> list[str]:
    if "anyOf" in schema:
        return [way for one in schema["anyOf"] for way in _ways(one)]
    if "enum" in schema:
        return [str(one) for one in schema["enum"]]
    if "const" in schema:
        return [str(schema["const"]).lower() if isinstance(schema["const"], bool) else str(schema["const"])]
    if "pattern" in schema:
        return [_PATTERNS.get(schema["pattern"], "le nom d'un fichier .yaml ou .json")]
    if "maximum" in schema:
        return [f"un nombre de {schema['minimum']} à {schema['maximum']}"]
    if schema.get("type") == "boolean":
        return ["true", "false"]
    kinds = schema.get("type", "object")
    return [_WORDS[one] for one in ([kinds] if isinstance(kinds, str) else kinds)]


def _found(value: Any) -> str:  # noqa: ANN401 - a YAML tree
    if isinstance(value, Mapping):
        return "une table"
    if isinstance(value, Iterable) and not isinstance(value, str):
        return "une liste"
    return shown(value)

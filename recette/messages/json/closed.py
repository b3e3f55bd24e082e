"""Schemas from outside are closed and finite before they judge: they refer to nothing beyond themselves.

A reference that led elsewhere would have the verdict depend on a network or on this machine's files; one that leads
back to itself, or that multiplies, would have it never come.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any
from urllib.parse import unquote

MAX_DEPTH = 100
"""Levels of a schema, references followed; the official ones stay below 30."""
_NEIGHBOUR = re.compile(r"[\w-]+\.schema\.json", re.ASCII)
MAX_NODES = 500_000
"""Values of a schema with every reference written out; the official ones stay below 20,000."""


class OpenSchemaError(ValueError):
    """A schema that does not stand alone; the text begins with the place in it (a JSON pointer)."""


def check_closed(schema: Mapping[str, Any], beside: Collection[str] = ()) -> None:
    """Whether every reference leads into the schema itself, or is one of `beside`, and ends. Raises OpenSchemaError."""
    inner: dict[str, str] = {}
    for place, reference in _references(schema):
        if reference.startswith("#"):
            inner.setdefault(reference, place)
        elif reference not in beside:
            told = "mène hors des schémas ; rien n'y est lu, ôtez-la"
            if _NEIGHBOUR.fullmatch(reference):
                told = "demande un fichier qui n'est pas avec les autres"
            raise OpenSchemaError(f"{place} : la référence « {reference[:200]} » {told}.")
    _Expansion(schema, inner).count(schema, 0, ())


def _references(schema: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    waiting: list[tuple[str, Any, int]] = [("#", schema, 0)]
    while waiting:
        place, node, depth = waiting.pop()
        if depth > MAX_DEPTH:
            raise OpenSchemaError(f"{place[:200]}… : ce schéma a plus de {MAX_DEPTH} niveaux.")
        if isinstance(node, dict):
            if isinstance(node.get("$ref"), str):
                yield f"{place}/$ref", node["$ref"]
            waiting.extend((f"{place}/{key}", child, depth + 1) for key, child in node.items())
        elif isinstance(node, list):
            waiting.extend((f"{place}/{index}", child, depth + 1) for index, child in enumerate(node))


class _Expansion:
    """How much there is once each reference stands for what it leads to."""

    def __init__(self, root: Mapping[str, Any], places: Mapping[str, str]) -> None:
        self._root = root
        self._places = places
        """Where each reference is written first."""
        self._counted: dict[str, int] = {}

    def count(self, node: Any, depth: int, within: tuple[str, ...]) -> int:  # noqa: ANN401 - a JSON tree
        """Values of `node`, `depth` levels down, `within` these references. Raises OpenSchemaError."""
        if isinstance(node, dict):
            children = [child for key, child in node.items() if key != "definitions"]
            total = self._of(node["$ref"], depth, within) if isinstance(node.get("$ref"), str) else 0
        else:
            children, total = (node if isinstance(node, list) else []), 0
        total += 1 + sum(self.count(child, depth + 1, within) for child in children)
        if total > MAX_NODES:
            place = self._places[within[-1]] if within else "#"
            raise OpenSchemaError(f"{place} : ce schéma dépasse {MAX_NODES} valeurs, références comprises.")
        return total

    def _of(self, reference: str, depth: int, within: tuple[str, ...]) -> int:
        if not reference.startswith("#"):
            return 0
        place = self._places[reference]
        if reference in within or depth > MAX_DEPTH:
            raise OpenSchemaError(
                f"{place} : la référence « {reference[:200]} » tourne en rond, ou n'en finit pas."
            )
        if reference not in self._counted:
            target = self._target(reference, place)
            self._counted[reference] = self.count(target, depth + 1, (*within, reference))
        return self._counted[reference]

    def _target(self, reference: str, place: str) -> Any:  # noqa: ANN401 - a JSON tree
        node: Any = self._root
        for part in unquote(reference[1:]).split("/")[1:]:
            name = part.replace("~1", "/").replace("~0", "~")
            node = node.get(name) if isinstance(node, dict) else None
        if not isinstance(node, dict) or not (reference == "#" or reference.startswith("#/")):
            raise OpenSchemaError(f"{place} : la référence « {reference[:200]} » ne mène nulle part.")
        return node

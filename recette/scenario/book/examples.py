"""The examples of an official bundle, found by the names that the book gives them."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from recette.messages.json.parsing import parse_object
from recette.messages.official.bundle import bundled_examples

_Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Sample:
    """One example: its content by use-case key; `slip` where the book does not write its name exactly."""

    document: Mapping[str, Any]
    slip: str = ""


class Examples:
    """Finds examples by `<model>/<file>`, read once."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._exact: dict[_Key, bytes] = {}
        self._alike: dict[_Key, list[tuple[str, bytes]]] = {}
        for name in sorted(files, key=lambda one: (-len(one), one)):  # the shortest path wins
            path = PurePosixPath(name)
            key = (path.parent.name, path.name)
            self._exact[key] = files[name]
            self._alike.setdefault(_plain(key), []).append((path.name, files[name]))

    @classmethod
    def of_bundle(cls, bundle: Path) -> Examples:
        """Raises BundleError."""
        return cls(bundled_examples(bundle))

    def find(self, model: str, file: str) -> Sample | str:
        """The example, or why there is none."""
        slip = ""
        body = self._exact.get((model, file))
        if body is None:
            alike = dict(self._alike.get(_plain((model, file)), ()))
            if len(alike) != 1:
                return f"l'exemple {model}/{file} n'est pas dans le lot"
            ((slip, body),) = alike.items()
        document, problems = parse_object(body)
        if document is None:
            return f"l'exemple {model}/{file} n'est pas lisible : {problems[0].message.removesuffix('.')}"
        return Sample(document, slip)


def _plain(key: _Key) -> _Key:
    """As the official converter writes file names (no accents, `_` for spaces), and whatever the letter case."""
    model, file = (
        "".join(c for c in unicodedata.normalize("NFD", one.strip().lower()) if not unicodedata.combining(c))
        for one in key
    )
    return model, file.replace(" ", "_")

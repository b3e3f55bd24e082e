"""What a path of the book designates, and what it must have meant where it was mistyped."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from recette.messages.dictionary.generations import Models
from recette.messages.dictionary.models import MessageModel, has_path
from recette.messages.dictionary.reader import Field
from recette.scenario.comparison import find

_STEP = re.compile(r"\[([^\[\]]*)\]|([^.\[\]]+)")
MAX_LENGTH = 300


@dataclass(frozen=True, slots=True)
class Resolved:
    """A path as a scenario writes it, or None with the reason why it designates nothing; what was repaired, if anything."""

    path: str | None
    told: str = ""


def resolve(path: str, message: MessageModel, content: Any) -> Resolved:  # noqa: ANN401 - a JSON tree
    """`path` in this message and this content. What is repaired has exactly one reading."""
    whole = {message.key: content}
    if has_path(message, path) and find(whole, path) is not None:
        return Resolved(path)
    steps = _steps(path)
    if steps is None:
        return Resolved(None, f"le chemin {path[:MAX_LENGTH]} n'est pas lisible")
    for reading, told in _readings(steps, message):
        written = _written(reading, message)
        if written is None:
            continue
        # The first reading that the message knows is what was meant; no further one is tried.
        read = path if written == path else f"{path}, lu {written} ({told}),"
        if find(whole, written) is None:
            return Resolved(None, f"le chemin {read} ne désigne rien dans l'exemple de l'étape")
        return Resolved(written, f"le chemin {path} est lu {written} ({told})")
    return Resolved(None, f"le chemin {path} n'existe pas dans {message.name}")


def _steps(path: str) -> list[str] | None:
    """Names and `[index]`es, however they are put together: missing dots, `.0.`, `[..]`."""
    if len(path) > MAX_LENGTH:
        return None
    found: list[str] = []
    for index, name in _STEP.findall(path.strip().removeprefix("$")):
        if name.strip().isdigit() or (not name and index.strip().isdigit()):
            found.append(f"[{int(name or index)}]")
        elif name.strip():
            found.append(name.strip())
        else:
            found.append("[*]")
    return found or None


def _readings(steps: list[str], message: MessageModel) -> Iterator[tuple[list[str], str]]:
    """What could be meant, the nearest to what is written first."""
    yield steps, "casse ou ponctuation"
    root = [message.key, *steps[1:]]
    if steps[0] != message.key:
        yield root, f"le message de l'étape est {message.name}"
        yield [message.key, *steps], "la racine manque"
    # The book often names a field one level too deep: `medicalNote[0].operator.medicalNoteId`.
    shorter = [
        [*root[:at], *root[at + 1 :]]
        for at in range(1, len(root) - 1)
        if not root[at].startswith("[") and not root[at + 1].startswith("[")
    ]
    fitting = [one for one in shorter if _written(one, message) is not None]
    if len(fitting) == 1:
        yield fitting[0], "le champ est un niveau plus haut"


def _written(steps: list[str], message: MessageModel) -> str | None:
    """The steps as a path of this message: letter case, and the index of a list where it is not written."""
    if steps[0].lower() != message.key.lower():
        return None
    path, fields = f"$.{message.key}", message.fields
    field: Field | None = None
    indexed = True
    for step in steps[1:]:
        if step.startswith("["):
            if field is not None and field.listed and not indexed:
                path, indexed = path + step, True
            elif step != "[0]":  # the first and only one of what is no list
                return None
            continue
        if not indexed:
            path, indexed = f"{path}[*]", True
        field = _named(fields, step, message.edition)
        if field is None:
            return None
        path = f"{path}.{field.name}"
        fields, indexed = field.children, not field.listed
    return path if has_path(message, path) else None


def _named(fields: tuple[Field, ...], name: str, edition: Models) -> Field | None:
    held = [one for one in fields if one.held_in(edition)]
    exact = [one for one in held if one.name == name]
    alike = exact or [one for one in held if one.name.lower() == name.lower()]
    return alike[0] if len(alike) == 1 else None

"""Reads the book as data: test_cases.json (fact sheet 9.2)."""

from __future__ import annotations

from typing import Any

from recette.messages.json.parsing import parse_json
from recette.scenario.book.model import Book, BookCase, BookError, BookStep, Sense, told

_SENSES: dict[str, Sense] = {"send": "send", "receive": "receive"}


def read_json_book(data: bytes, name: str) -> Book:
    """Raises BookError."""
    document, problems = parse_json(data)
    if problems:
        raise BookError(f"Le cahier {name} n'est pas lisible : {problems[0].message}")
    try:
        return Book(tuple(_case(category, case) for category in document for case in category["testCases"]))
    except (KeyError, TypeError, AttributeError) as error:
        told = f"« {error.args[0]} » manque" if isinstance(error, KeyError) else str(error)
        raise BookError(
            f"Le cahier {name} n'a pas la forme de test_cases.json ({told}) : donnez le fichier officiel."
        ) from error


def _case(category: dict[str, Any], case: dict[str, Any]) -> BookCase:
    label = _text(case["label"])
    steps = tuple(_step(one) for one in case["steps"])
    return BookCase(_text(category["categoryLabel"]), label, _text(case.get("description", "")), steps)


def _step(one: dict[str, Any]) -> BookStep:
    return BookStep(
        id=_text(one["id"]),
        sense=_SENSES.get(str(one.get("type", "")).strip().lower()),
        model=_text(one["model"]),
        file=_text(one["file"]),
        description=_text(one.get("description") or one.get("label", "")),
        ignored=_paths(one.get("ignoredProperties")),
        overridden=_paths(one.get("idOverrideProperties")),
    )


def _paths(raw: Any) -> tuple[str, ...]:  # noqa: ANN401 - a JSON value
    if raw is None:
        return ()
    if not isinstance(raw, list):
        raise TypeError("une liste de chemins est attendue")
    return tuple(_text(one) for one in raw)


def _text(raw: object) -> str:
    if not isinstance(raw, str):
        raise TypeError(f"un texte est attendu, pas {type(raw).__name__}")
    return told(raw)

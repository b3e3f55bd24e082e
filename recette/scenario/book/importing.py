"""The official book as scenario files: what `recette import` writes and `recette run --bundle` plays."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from recette.messages.json.schemas import SchemaSet
from recette.messages.official.archives import MAX_ARCHIVE
from recette.messages.official.bundle import BundleError, bundled_books
from recette.messages.vhosts import KNOWN_VHOSTS
from recette.platform.plain_files import read_plain
from recette.scenario.book.conversion import Conversion, UnwritableError
from recette.scenario.book.examples import Examples
from recette.scenario.book.json_book import read_json_book
from recette.scenario.book.model import Book, BookCase, BookError, Defect
from recette.scenario.book.roles import UndecidedError
from recette.scenario.book.workbook import read_workbook
from recette.scenario.lint import check
from recette.scenario.loader import load
from recette.scenario.model import Scenario
from recette.scenario.problems import ScenarioError
from recette.wording.os_errors import reason

_ABOVE = 4
"""Folders above a book that are looked through for the bundle that it lies in."""


@dataclass(frozen=True, slots=True)
class ImportedCase:
    """One case of the book: its scenario and files, or the reason why there is none."""

    id: str
    title: str
    steps: int
    """In the book."""
    scenario: Scenario | None
    files: Mapping[str, str]
    """Texts by path below the folder that is written to."""
    defects: tuple[Defect, ...]
    omitted: tuple[Defect, ...]
    """The steps that the scenario leaves out."""
    reason: str = ""

    @property
    def written(self) -> int:
        """Steps that the scenario has."""
        return len(self.scenario.steps) if self.scenario else 0


@dataclass(frozen=True)
class Imported:
    """A whole book."""

    generation: int
    cases: tuple[ImportedCase, ...]
    defects: tuple[Defect, ...]
    """Of the book itself; those of a case stand with it."""

    @cached_property
    def complete(self) -> bool:
        """Whether nothing was left out."""
        return all(one.scenario is not None and not one.omitted for one in self.cases)


def read_book(path: Path) -> Book:
    """A workbook or a test_cases.json. Raises BookError."""
    if not path.is_file():
        raise BookError(f"Le cahier {path} n'existe pas : donnez le classeur (xlsx) ou test_cases.json.")
    try:
        return _read(path.name, read_plain(path, MAX_ARCHIVE))
    except OSError as error:
        raise BookError(f"Le cahier {path} n'est pas lisible ({reason(error)}).") from error


def books_of(bundle: Path) -> Book:
    """The books that the bundle holds, as one. Raises BookError and BundleError."""
    books = [_read(name, data) for name, data in bundled_books(bundle).items()]
    if not books:
        raise BundleError(f"{bundle} ne contient pas de cahier (cahier/test_cases.json ou cahier/*.xlsx).")
    defects = tuple(defect for one in books for defect in one.defects)
    return Book(tuple(case for one in books for case in one.cases), defects, books[0].version)


def bundle_around(cahier: Path) -> Path:
    """The bundle that a book lies in. Raises BundleError."""
    for folder in cahier.resolve().parents[:_ABOVE]:
        if (folder / "json-schema").is_dir() or (folder / "src/main/resources/json-schema").is_dir():
            return folder
    raise BundleError(
        f"{cahier} n'est pas dans un lot de modèles (json-schema/, examples/) : donnez-le par --bundle."
    )


def imported_with(book: Book, bundle: Path) -> Imported:
    """Every case of the book, with the models and examples of the bundle. Raises BundleError."""
    return imported(book, SchemaSet.from_bundle(bundle), Examples.of_bundle(bundle))


def imported(book: Book, schemas: SchemaSet, examples: Examples) -> Imported:
    """Every case of the book in the generation of the schemas, which judge the examples."""
    cases: list[ImportedCase] = []
    for case in book.cases:
        identifier = _slug(f"{case.perimeter} {case.label}")
        while identifier in {one.id for one in cases}:
            identifier += "-bis"
        cases.append(
            _imported(case, book, Conversion(case, schemas.generation, examples, identifier), schemas)
        )
    return Imported(schemas.generation, tuple(cases), (*book.defects, *_of_version(book, schemas)))


def _read(name: str, data: bytes) -> Book:
    return read_json_book(data, name) if name.lower().endswith(".json") else read_workbook(data, name)


def _imported(case: BookCase, book: Book, conversion: Conversion, schemas: SchemaSet) -> ImportedCase:
    reason = ""
    scenario: Scenario | None = None
    files: dict[str, str] = {}
    try:
        conversion.convert(book.cases)
        files = _files(conversion)
        name = f"{conversion.identifier}.yaml"
        scenario = load(name, files, schemas.generation)
        refused = [one for one in check(scenario, schemas) if one.severity == "error"]
        if refused:
            raise ScenarioError(refused)
    except (UnwritableError, UndecidedError, ScenarioError) as error:
        scenario, files = None, {}
        reason = " ; ".join(str(error).splitlines()[:3])
    return ImportedCase(
        conversion.identifier,
        case.label,
        len(case.steps),
        scenario,
        files,
        tuple(conversion.defects),
        tuple(conversion.omitted),
        reason,
    )


def _files(conversion: Conversion) -> dict[str, str]:
    data = {f"donnees/{name}": _yaml(one) for name, one in conversion.data.items()}
    return {f"{conversion.identifier}.yaml": _yaml(conversion.document), **data}


def _yaml(document: Any) -> str:  # noqa: ANN401 - a YAML tree
    return yaml.dump(document, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=110)


class _Dumper(yaml.SafeDumper):
    """Without anchors, and with texts in lines: what is written here is read by people."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ANN401, ARG002 - PyYAML's own signature
        return True

    def lines_as_lines(self, text: str) -> yaml.ScalarNode:
        """A text of several lines as people write it."""
        return self.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _Dumper.lines_as_lines)


def _of_version(book: Book, schemas: SchemaSet) -> tuple[Defect, ...]:
    """The workbook names a vHost of another generation than the bundle has."""
    named = [one for one in KNOWN_VHOSTS if one.name in book.version.lower().split()]
    if not named or named[0].generation == schemas.generation:
        return ()
    text = (
        f"il dit « {book.version} » (génération {named[0].generation}), le lot est de la génération "
        f"{schemas.generation} : celle du lot est retenue"
    )
    return (Defect("reported", text, "en-tête du classeur"),)


def _slug(text: str) -> str:
    plain = "".join(c for c in unicodedata.normalize("NFD", text.lower()) if not unicodedata.combining(c))
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:120].rstrip("-")

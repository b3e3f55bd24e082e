"""Reads the book as a workbook: one sheet for each case and role of the editor (fact sheet 9.2)."""

from __future__ import annotations

import io
import unicodedata
import warnings
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from recette.messages.official.archives import TooLargeError, check_sizes, open_archive
from recette.scenario.book.formulas import uncomputed
from recette.scenario.book.markup import ForbiddenMarkupError, check_markup
from recette.scenario.book.model import Book, BookCase, BookError, BookStep, Defect, Sense, told
from recette.wording.counting import counted
from recette.wording.values import plain, visible

MAX_ROWS, MAX_COLUMNS = 5_000, 40
"""Of one sheet."""
MAX_SHEETS, MAX_CELLS = 200, 1_000_000
_OLD = bytes.fromhex("d0cf11e0a1b11ae1")
_STRICT = b"http://purl.oclc.org/ooxml/"
_SAVE = "Enregistrez-le dans un tableur comme « Classeur Excel (.xlsx) », sans mot de passe."
_SHOWN = 5
_SENSES: dict[str, Sense] = {"envoi": "send", "reception": "receive"}
_END = "end"
Row = tuple[str, ...]


def read_workbook(data: bytes, name: str) -> Book:
    """Raises BookError."""
    read = [_sheet(title, rows) for title, rows in _sheets(data, name)]
    cases = tuple(one.case for one in read if one.case is not None)
    if not cases:
        raise BookError(
            f"Le classeur {name} ne contient aucun cas : chaque feuille d'un cas a une ligne « Pas de test », "
            "« Sens », « Modèle », « JSON exemple », « Path »."
        )
    version = next((one.version for one in read if one.version), "")
    return Book(cases, tuple(defect for one in read for defect in one.defects), version)


def _sheets(data: bytes, name: str) -> list[tuple[str, list[Row]]]:
    if data.startswith(_OLD):
        raise BookError(f"{name} est un ancien classeur (xls), ou un classeur chiffré. {_SAVE}")
    try:
        from openpyxl import load_workbook
    except ModuleNotFoundError as error:
        raise BookError(
            f"{name} est un classeur, que la recette seule ne lit pas : pip install 'recette[workbook]', "
            "ou donnez test_cases.json."
        ) from error
    try:
        with open_archive(data) as archive:
            check_sizes(archive)
            _check_form(archive, name)
            check_markup(archive)
            _check_computed(archive, name)
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore"
            )  # what openpyxl does not carry over (styles, validations) is not read here
            sheets = _rows(load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False))
    except BookError:
        raise
    except (TooLargeError, ForbiddenMarkupError) as error:
        raise BookError(f"Le classeur {name} n'est pas lu : {visible(str(error))}.") from error
    except Exception as error:  # openpyxl lets whatever it stumbles over through
        raise BookError(
            f"{name} n'est pas un classeur xlsx lisible ({type(error).__name__} : {plain(str(error))}). {_SAVE}"
        ) from error
    return sheets


def _check_form(archive: zipfile.ZipFile, name: str) -> None:
    """What spreadsheets write that is no xlsx, or one that openpyxl takes for empty."""
    names = set(archive.namelist())
    form = ""
    if "content.xml" in names:
        form = "un classeur OpenDocument"
    elif "xl/workbook.bin" in names:
        form = "un classeur binaire (xlsb)"
    elif "xl/workbook.xml" in names and _STRICT in archive.read("xl/workbook.xml"):
        form = "un classeur « Strict Open XML »"
    if form:
        raise BookError(f"{name} est {form}, que la recette ne lit pas. {_SAVE}")


def _rows(book: Any) -> list[tuple[str, list[Row]]]:  # noqa: ANN401 - openpyxl is imported only where it is used
    """Each sheet's cells as texts, within bounds. Raises TooLargeError."""
    if len(book.worksheets) > MAX_SHEETS:
        raise TooLargeError(f"il a plus de {MAX_SHEETS} feuilles")
    sheets, left = [], MAX_CELLS
    for sheet in book.worksheets:
        rows = []
        for row in sheet.iter_rows(max_row=MAX_ROWS, max_col=MAX_COLUMNS, values_only=True):
            rows.append(tuple(map(_text, row)))
            left -= len(row)
            if left < 0:
                raise TooLargeError(f"il a plus de {MAX_CELLS} cellules")
        sheets.append((str(sheet.title), rows))
    book.close()
    return sheets


def _check_computed(archive: zipfile.ZipFile, name: str) -> None:
    found = uncomputed(archive)
    if found:
        shown = ", ".join(map(visible, found[:_SHOWN])) + (", …" if len(found) > _SHOWN else "")
        cells = counted(len(found), "cellule est une formule", "cellules sont des formules")
        raise BookError(
            f"Dans le classeur {name}, {cells} sans valeur enregistrée : {shown}. Ouvrez-le dans un tableur, qui les "
            "calcule, et enregistrez-le."
        )


@dataclass(slots=True)
class _Read:
    title: str
    version: str = ""
    case: BookCase | None = None
    defects: list[Defect] = field(default_factory=list)

    def note(self, line: int, text: str) -> None:
        self.defects.append(Defect("reported", text, self.place(line)))

    def place(self, line: int) -> str:
        return f"feuille « {self.title} »" + (f", ligne {line}" if line else "")


@dataclass(frozen=True, slots=True)
class _Columns:
    """Where the columns are, from their headings; those of the official layout where a heading is missing."""

    step: int = 0
    sender: int = 1
    recipient: int = 2
    sense: int = 3
    model: int = 4
    description: int = 5
    file: int = 6
    override: int = 8
    path: int = 10


_HEADINGS = {
    "pas de test": "step",
    "exp": "sender",
    "exp.": "sender",
    "dest": "recipient",
    "dest.": "recipient",
    "sens": "sense",
    "modele": "model",
    "description": "description",
    "json exemple": "file",
    "sur": "override",
    "path": "path",
}
_IDENTITY = {"perimetre": 0, "cas metier": 1, "test": 2, "description": 3}


def _sheet(title: str, rows: list[Row]) -> _Read:
    read = _Read(title)
    head = next((index for index, row in enumerate(rows) if "pas de test" in map(_plain, row)), None)
    if head is None:
        read.note(0, "ce n'est pas un cas (aucune ligne « Pas de test ») : laissée de côté")
        return read
    identity = ["", "", "", ""]
    for row in rows[:head]:
        at = _IDENTITY.get(_plain(row[0])) if row else None
        if at is not None:
            identity[at] = _cell(row, 5)
        if "version modele / vhost" in map(_plain, row):
            read.version = _cell(rows[min(rows.index(row) + 1, head)], 6)
    perimeter, subject, description, roles = identity
    columns = _columns(rows[head])
    steps = _steps(read, rows, head + 1, columns)
    label = f"{subject} - {roles}" if roles else subject
    read.case = BookCase(perimeter, label, description, tuple(steps))
    return read


def _columns(row: Row) -> _Columns:
    found = {_HEADINGS[_plain(text)]: index for index, text in enumerate(row) if _plain(text) in _HEADINGS}
    return replace(_Columns(), **found)


def _steps(read: _Read, rows: list[Row], first: int, columns: _Columns) -> Iterable[BookStep]:
    steps: list[BookStep] = []
    for line, row in enumerate(rows[first:], start=first + 1):
        name, path = _cell(row, columns.step), _cell(row, columns.path)
        if _plain(name) == _END:
            _check_after_end(read, rows, line)
            return steps
        if name:
            steps.append(_step(read, row, columns, line))
        if path and not steps:
            read.note(line, f"le chemin {path} vient avant toute étape : il n'est pas pris")
        elif path:
            steps[-1] = _with_path(steps[-1], path, override=_cell(row, columns.override).upper() == "X")
    read.note(0, "la ligne « End » manque : la feuille est lue jusqu'au bout")
    return steps


def _with_path(step: BookStep, path: str, *, override: bool) -> BookStep:
    if override:
        return replace(step, overridden=(*step.overridden, path))
    return replace(step, ignored=(*step.ignored, path))


def _check_after_end(read: _Read, rows: list[Row], line: int) -> None:
    beyond = [number for number, row in enumerate(rows[line:], start=line + 1) if any(row)]
    if beyond:
        read.note(beyond[0], f"{counted(len(beyond), 'ligne')} après « End » : rien n'en est lu")


def _step(read: _Read, row: Row, columns: _Columns, line: int) -> BookStep:
    name = _cell(row, columns.step)
    written = _cell(row, columns.sense)
    sense = _SENSES.get(_plain(written))
    sender, recipient = _plain(_cell(row, columns.sender)), _plain(_cell(row, columns.recipient))
    seen: Sense | None = "send" if "editeur" in sender else "receive" if "editeur" in recipient else None
    if sense is None:
        read.note(line, f"étape {name} : le sens « {written} » n'est ni Envoi ni Réception")
    elif seen is not None and seen != sense:
        read.note(line, f"étape {name} : « {written} » contredit l'expéditeur et le destinataire de la ligne")
    return BookStep(
        id=name,
        sense=sense or seen,
        model=_cell(row, columns.model),
        file=_cell(row, columns.file),
        description=_cell(row, columns.description) or f"{written} {_cell(row, columns.model)}",
        ignored=(),
        overridden=(),
        where=read.place(line),
    )


def _cell(row: Row, index: int) -> str:
    return row[index] if index < len(row) else ""


def _text(value: object) -> str:
    return "" if value is None else told(str(value))


def _plain(text: str) -> str:
    """Without accents, in lower case."""
    return "".join(
        c for c in unicodedata.normalize("NFD", text.lower()) if not unicodedata.combining(c)
    ).strip()

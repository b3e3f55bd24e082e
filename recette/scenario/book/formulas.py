"""Formulas of a workbook whose value was never stored: they read as empty cells, and steps would go missing."""

from __future__ import annotations

import io
import posixpath
import zipfile
from collections.abc import Iterator
from typing import Any

_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_LINK = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_BOOK, _LINKS = "xl/workbook.xml", "xl/_rels/workbook.xml.rels"


def uncomputed(archive: zipfile.ZipFile) -> list[str]:
    """The cells, each with its sheet, in the order of the sheets. Raises lxml's errors and KeyError."""
    return [
        f"{cell} (feuille « {title} »)"
        for title, path in _sheets(archive)
        for cell in _cells(archive.read(path))
    ]


def _sheets(archive: zipfile.ZipFile) -> Iterator[tuple[str, str]]:
    targets = {
        one.get("Id"): posixpath.normpath(posixpath.join("/xl", one.get("Target", "")))[1:]
        for _, one in _elements(archive.read(_LINKS), None)
        if one.get("Type", "").endswith("/worksheet")  # wherever it lies: a chart has no cells
    }
    for _, sheet in _elements(archive.read(_BOOK), f"{_MAIN}sheet"):
        path = targets.get(sheet.get(_LINK), "")
        if path:
            yield sheet.get("name", ""), path


def _cells(data: bytes) -> Iterator[str]:
    for _, cell in _elements(data, f"{_MAIN}c"):
        formula, value = cell.find(f"{_MAIN}f"), cell.find(f"{_MAIN}v")
        # A text that was computed, and is empty, says that it is a text.
        if formula is not None and (value is None or not value.text) and cell.get("t") != "str":
            yield cell.get("r", "?")
        cell.clear()


def _elements(data: bytes, tag: str | None) -> Any:  # noqa: ANN401 - lxml has no types
    from lxml import etree

    return etree.iterparse(
        io.BytesIO(data), tag=tag, resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
    )

"""The XML that a workbook is made of, looked at before any parser is: few enough elements, no DTD, an encoding of OOXML's own."""

from __future__ import annotations

import re
import zipfile

from recette.messages.official.archives import TooLargeError

MAX_ELEMENTS = 1_000_000
"""Marks that begin or end one, in all the parts together; the official book has some ten thousand."""
_DOCTYPES = tuple("<!DOCTYPE".encode(form) for form in ("utf-8", "utf-16-le", "utf-16-be"))
_HEAD = 1_000
"""Bytes that an XML declaration may begin and end in."""
_ENCODING = re.compile(rb"<\?xml[^>]*?encoding\s*=\s*[\"']([^\"'>]*)")
_ENCODINGS = frozenset({b"utf-8", b"utf-16"})
_EBCDIC = b"\x4c\x6f\xa7\x94"


class ForbiddenMarkupError(ValueError):
    """A part that no spreadsheet writes; the text says which, and what is wrong with it."""


def check_markup(archive: zipfile.ZipFile) -> None:
    """Look at every part, whatever its name: a sheet may have any. Raises ForbiddenMarkupError, TooLargeError."""
    left = MAX_ELEMENTS
    for one in archive.infolist():
        data = archive.read(one)
        left -= data.count(b"<")
        if left < 0:
            raise TooLargeError(f"il a plus de {MAX_ELEMENTS} balises")
        if any(mark in data for mark in _DOCTYPES):
            raise ForbiddenMarkupError(f"{one.filename[:200]} contient une DTD, ce qu'aucun tableur n'écrit")
        # Bytes of value zero are all that UTF-16 adds to a declaration.
        declared = _ENCODING.search(data[:_HEAD].replace(b"\0", b""))
        if data.startswith(_EBCDIC) or (declared and declared[1].lower() not in _ENCODINGS):
            raise ForbiddenMarkupError(f"{one.filename[:200]} n'est ni en UTF-8 ni en UTF-16")

"""The codes of an RS-ERROR; code and text only go together (fact sheet 7.7)."""

from __future__ import annotations

from functools import cache

from recette.messages.dictionary.generations import Edition, Models, edition_of, editions, marked
from recette.messages.dictionary.lines import FOLDER, lines_of

UNEXTRACTED = frozenset({"distributionID_could_not_be_extracted", "distributionId_could_not_be_extracted"})
"""What the hub writes as the reference where it could not tell which message it refuses, as it was spelt in March 2025
and as it is spelt since (fact sheet 7.2, 2026 sheet 3.3)."""


def error_codes(edition: Models) -> dict[int, str]:
    """Text by code, as an edition knows them. Raises DictionaryError."""
    asked = edition_of(edition)
    return {code: text for code, (text, held) in _marked_codes().items() if asked in held}


@cache
def _marked_codes() -> dict[int, tuple[str, frozenset[Edition]]]:
    found = {}
    for line in lines_of(FOLDER / "errors.codes"):
        code, text, *marks = [*line.words, ""][:3] if len(line.words) > 1 else ("", "", "")
        if not code.isdigit() or (marks[0] and not marks[0].startswith("@")):
            raise line.error("attendu « code LIBELLÉ [@éditions] »")
        found[int(code)] = (text, marked(line, marks[0]) if marks[0] else frozenset(editions()))
    return found


ERROR_CODES = {code: text for code, (text, _) in _marked_codes().items()}
"""Text by code, in every edition."""

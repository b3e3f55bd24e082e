"""Text that the fonts of the procès-verbal have: an archivable PDF must show every character that it holds."""

from __future__ import annotations

import unicodedata
from typing import Any

_RANGES = (
    (0x20, 0x24F),  # Latin, with its accents
    (0x370, 0x3FF),  # Greek
    (0x400, 0x45F),  # Cyrillic
    (0x1E00, 0x1EFF),  # Latin, more accents
    (0x2010, 0x2027),  # punctuation
    (0x2030, 0x203A),
    (0x20AC, 0x20AC),  # €
    (0x2190, 0x2193),  # arrows
    (0x2200, 0x2265),  # mathematical signs
)
_SPACES = "\u00a0\u202f"
_BLANKS = str.maketrans("\t\n\r\v\f", "     ")


def typesettable(value: Any) -> Any:  # noqa: ANN401 - a tree of plain data, the same in return
    """The same data with characters that the fonts do not have written as their code point, `[U+1F600]`."""
    if isinstance(value, str):
        composed = unicodedata.normalize("NFC", value.translate(_BLANKS))
        return "".join(one if _shown(one) else f"[U+{ord(one):04X}]" for one in composed)
    if isinstance(value, dict):
        return {name: typesettable(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [typesettable(one) for one in value]
    return value


def _shown(character: str) -> bool:
    if character.isascii():
        return character.isprintable()
    known = any(first <= ord(character) <= last for first, last in _RANGES)
    return (
        known
        and (character.isprintable() or character in _SPACES)
        and unicodedata.category(character) != "Mn"
    )

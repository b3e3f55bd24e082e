"""Values and names as a French sentence repeats them: bounded, with nothing in them that could act on a terminal."""

from __future__ import annotations

import re
from collections.abc import Iterable

SHOWN = 120
"""Characters of a value that a sentence repeats at most."""
# Controls, separators of lines, marks of direction, what shows as nothing, halves of characters.
_STEERING = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff\ufff9-\uffff"
    "\U000e0000-\U000e0fff]"
)


def visible(text: str) -> str:
    r"""`text` on one line: what would steer a terminal or turn a line round stands as JSON writes it (`\u202e`)."""
    return _STEERING.sub(_escaped, text)


def visible_lines(text: str) -> str:
    """The same of a text of ours that has lines of its own."""
    return "\n".join(map(visible, text.split("\n")))


def _escaped(found: re.Match[str]) -> str:
    units = found[0].encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))


def plain(text: str, bound: int = SHOWN) -> str:
    """`text` cut to `bound` characters, and `visible`."""
    return visible(text if len(text) <= bound else f"{text[:bound]}…")


def shown(value: object) -> str:
    """`value` as a diagnostic may repeat it: as JSON writes it, and bounded."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "null"
    if isinstance(value, str):
        return f"« {plain(value)} »"
    if isinstance(value, list):
        return f"une liste de {len(value)}"
    if value == {}:
        return "un objet vide"
    if isinstance(value, dict):
        keys = [plain(str(key), 30) for key, _ in zip(value, range(5), strict=False)]
        return f"un objet ({', '.join(keys)}{', …' if len(value) > 5 else ''})"
    return plain(str(value))


def listed(names: Iterable[str], bound: int = SHOWN) -> str:
    """`names` on one line, as many as fit into `bound` characters, and how many there are."""
    every = list(names)
    fit, length = 0, 0
    for name in every:
        length += len(name) + 2
        if fit and length > bound:
            break
        fit += 1
    text = ", ".join(plain(name, 60) for name in every[:fit])
    return text if fit == len(every) else f"{text}, … ({len(every)} en tout)"

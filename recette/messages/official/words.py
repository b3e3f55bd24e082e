"""Names that an official bundle gives, before they stand in lines of the dictionary: whoever wrote the bundle writes no more.

A name with a blank or an end of line in it would be further words, or lines of other editions, which no agreement with the
new tag shows.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from recette.messages.json.schemas import UseCase
from recette.messages.json.shape import Schema
from recette.messages.official.naming import UnsayableError
from recette.wording.values import plain, visible

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,99}")
_SPACE = re.compile(r"[!-~]{0,500}")
_LONGEST = 4_000
"""Characters of a code or of a pattern."""


def check_words(
    shapes: Mapping[str, Schema], use_cases: Iterable[UseCase], spaces: Mapping[str, str]
) -> None:
    """Raises UnsayableError for a name, a code, a pattern or a namespace that no line of the dictionary can hold."""
    for used in use_cases:
        _check(_NAME, "le nom de cas d'usage", used.key)
    for model, shape in shapes.items():
        _check(_NAME, "le nom de message", model)
        _check_below(shape)
    for space in spaces.values():
        _check(_SPACE, "l'espace de noms", space)


def _check_below(shape: Schema) -> None:
    for name, inside in shape.get("properties", {}).items():
        _check(_NAME, "le nom de champ", name)
        _check_below(inside)
    if isinstance(shape.get("items"), dict):
        _check_below(shape["items"])
    pattern = shape.get("pattern", "")
    for text in (*shape.get("enum", ()), pattern):
        if (
            not isinstance(text, str)
            or len(text) > _LONGEST
            or len(text.splitlines()) > 1
            or visible(text) != text
        ):
            raise UnsayableError(f"« {plain(str(text))} » : un texte qui ne tient pas sur une ligne")
    if pattern != pattern.strip():
        raise UnsayableError(f"« {plain(pattern)} » : une forme qui commence ou finit par un blanc")


def _check(wanted: re.Pattern[str], what: str, name: str) -> None:
    if not wanted.fullmatch(name):
        raise UnsayableError(f"{what} « {plain(name)} »")

"""What a person reads instead of a field's name."""

from __future__ import annotations

from functools import cache

from recette.messages.dictionary.lines import FOLDER, lines_of


def label(name: str, parent: str = "") -> str:
    """The French label of a field, by its name within `parent`; its own name where it has none."""
    known = labels()
    return known.get(f"{parent}.{name}") or known.get(name) or name


@cache
def labels() -> dict[str, str]:
    """Every label by `name` or `parent.name`. Raises DictionaryError."""
    found: dict[str, str] = {}
    for line in lines_of(FOLDER / "french.labels"):
        name, _, text = line.text.partition(" ")
        if not text.strip() or name in found:
            raise line.error("attendu « nom  libellé », une seule fois par nom")
        found[name] = text.strip()
    return found

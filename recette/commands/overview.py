"""What `recette --help` says, made of text alone: it is there as soon as Python is."""

from __future__ import annotations

TYPE_CHECKING = False  # typing itself takes as long to import as all that is here
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_WIDTH = 78
"""Characters of a line."""


def overview(commands: Mapping[str, str]) -> str:
    """Each command with what it does, for a terminal of 80 columns."""
    column = max(map(len, commands)) + 6
    listed = [line for name, told in commands.items() for line in _wrapped(f"    {name}".ljust(column), told)]
    return "\n".join(
        (
            "usage : recette commande …",
            "",
            "Joue et juge le cahier de recette du Hub Santé.",
            "",
            "commandes :",
            *listed,
            "",
            "La version : recette --version.",
            "Chaque commande s'explique : recette commande --help.",
            "",
        )
    )


def _wrapped(first: str, text: str) -> Iterator[str]:
    line = first
    for word in text.split(" "):
        if len(line) + len(word) > _WIDTH:
            yield line.rstrip()
            line = " " * len(first)
        line += f"{word} "
    yield line.rstrip()

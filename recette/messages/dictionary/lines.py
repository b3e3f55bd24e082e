"""The lines of the dictionary's files, each knowing its place, so that a broken one can be named."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

PACKAGED = Path(__file__).parent
FOLDER = Path(os.environ.get("RECETTE_DICTIONARY") or PACKAGED)
"""Where the dictionary is read: its own folder, or a copy that holds adopted editions."""


class DictionaryError(ValueError):
    """A line of the dictionary that cannot be read: `file:line : what is wrong`."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line that says something: neither blank nor a comment."""

    file: str
    number: int
    text: str

    @property
    def indent(self) -> int:
        return len(self.text) - len(self.text.lstrip(" "))

    @property
    def words(self) -> list[str]:
        return self.text.split()

    def error(self, text: str) -> DictionaryError:
        return DictionaryError(f"{self.file}:{self.number} : {text}")


def lines_of(path: Path) -> list[Line]:
    """The lines of a file. Raises DictionaryError when it cannot be read."""
    try:
        texts = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DictionaryError(f"{path.name}:1 : fichier illisible ({error})") from error
    numbered = (Line(path.name, number, text.rstrip()) for number, text in enumerate(texts, start=1))
    return [line for line in numbered if line.text and not line.text.lstrip().startswith("#")]


def blocks_of(path: Path) -> list[list[Line]]:
    """The lines of a file, grouped under the ones that have no indent."""
    blocks: list[list[Line]] = []
    for line in lines_of(path):
        if line.indent == 0:
            blocks.append([line])
        elif blocks:
            blocks[-1].append(line)
        else:
            raise line.error("indentation inattendue")
    return blocks

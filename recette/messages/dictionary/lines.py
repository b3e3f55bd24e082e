"""The lines of the dictionary's files, each knowing its place, so that a broken one can be named."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

PACKAGED = Path(__file__).parent
ORIGIN = "origin.sha256"
"""In a copy with adopted editions: the dictionary that it was made of."""
_SUFFIXES = frozenset({".model", ".codes", ".table", ".labels"})


def is_data(path: Path) -> bool:
    """Whether a file of the folder is one of the dictionary's."""
    return path.suffix in _SUFFIXES


def fingerprint() -> str:
    """SHA-256 of the package's own dictionary."""
    found = hashlib.sha256()
    for path in sorted(PACKAGED.iterdir()):
        if is_data(path):
            found.update(path.name.encode() + b"\0" + path.read_bytes())
    return found.hexdigest()


def own_folder() -> Path:
    """Where adopted editions are kept for this user, whatever the package is installed in."""
    base = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(base) / "recette" / "dictionary"


def adopting_folder() -> Path:
    """Where an edition goes that is adopted without a folder being named: into the dictionary that is read afterwards."""
    named = os.environ.get("RECETTE_DICTIONARY")
    return Path(named) if named else own_folder()


def _chosen() -> tuple[Path, bool]:
    """The folder to read, and whether adopted editions are left out since they are of another dictionary than this."""
    named = os.environ.get("RECETTE_DICTIONARY")
    if named:
        return Path(named), False
    own = own_folder()
    try:
        origin = (own / ORIGIN).read_text(encoding="utf-8").strip()
    except OSError:
        return PACKAGED, False
    return (own, False) if origin == fingerprint() else (PACKAGED, True)


FOLDER, OUTDATED = _chosen()
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

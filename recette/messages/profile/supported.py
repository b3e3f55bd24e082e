"""Which classes of messages a vHost carries, as the agency's `supported.messages.csv` says it (2026 sheet 1.4)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from recette.platform.plain_files import read_plain
from recette.wording.os_errors import unread

COMMON = "common"
_MOST = 8 * 1024 * 1024
"""Bytes of a list."""
_SUFFIX = "Wrapper"
_CLASSES = {"customContent": "CustomMessage"}
"""Where the class is not named after the key of its content."""


class SupportedError(ValueError):
    """A list that cannot be read; one sentence that says where and why."""


def class_of(key: str) -> str:
    """The name of the class that the hub reads the content under `key` into, without `Wrapper`."""
    return _CLASSES.get(key, key[:1].upper() + key[1:])


@dataclass(frozen=True, slots=True)
class Supported:
    """Classes by vHost, and those that every vHost carries."""

    classes: Mapping[str, frozenset[str]]
    source: str

    def lists(self, vhost: str) -> bool:
        """Whether anything is said of this vHost by name."""
        return vhost in self.classes

    def carries(self, vhost: str, name: str) -> bool:
        """Whether `vhost` carries a class; of a vHost that is not listed, only what is common."""
        return name in self.classes.get(COMMON, ()) or name in self.classes.get(vhost, ())


def supported(classes: Mapping[str, Iterable[str]], source: str) -> Supported:
    """Lists whose classes may be written with or without `Wrapper`."""
    found = {name: frozenset(one.removesuffix(_SUFFIX) for one in many) for name, many in classes.items()}
    return Supported(found, source)


def read_supported(path: Path) -> Supported:
    """The agency's own file: `vhost;Class,Class…`, one vHost a line. Raises SupportedError."""
    try:
        lines = read_plain(path, _MOST).decode("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise SupportedError(f"{path} ne peut pas être lu ({unread(error)}).") from error
    found: dict[str, list[str]] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        name, separator, classes = line.partition(";")
        if not separator or not name.strip():
            raise SupportedError(f"{path}:{number} : attendu « vhost;Classe,Classe… ».")
        if name.strip() in found:
            raise SupportedError(f"{path}:{number} : {name.strip()} est déjà dans la liste.")
        found[name.strip()] = [one.strip() for one in classes.rstrip(";").split(",") if one.strip()]
    if not found:
        raise SupportedError(f"{path} est vide : attendu « vhost;Classe,Classe… » par ligne.")
    return supported(found, str(path))

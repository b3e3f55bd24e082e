"""One table of a target file: its keys checked, its values read, each defect with line and column."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NoReturn

from recette.messages.clients import names_a_client
from recette.platform.plain_files import read_plain
from recette.play.target_error import TargetError
from recette.scenario.yaml_source import Path as Place
from recette.scenario.yaml_source import Source
from recette.wording.os_errors import reason
from recette.wording.values import shown

_SECRETS = {
    "password": "password",
    "passphrase": "passphrase",
    "secret": "password",
    "mot_de_passe": "password",
}
"""Words by which people write a secret in clear, and what they are to refer to instead."""
_LONGEST_SECRET = 64 * 1024
"""Bytes of a file that holds a secret."""


@dataclass(frozen=True, slots=True)
class Section:
    """A table with its place in the file."""

    source: Source
    place: Place
    table: Mapping[str, Any]

    def fail(self, name: str, text: str) -> NoReturn:
        """Raises TargetError at a key, or at the section itself for ""."""
        raise TargetError([self.source.problem((*self.place, name) if name else self.place, text)])

    def only(self, *known: str) -> None:
        """Raises TargetError for a secret in clear, and for a key that is not known, with the nearest one."""
        for name in map(str, self.table):
            if name in _SECRETS and name not in known:
                kind = _SECRETS[name]
                self.fail(
                    name,
                    f"Un secret ne s'écrit pas dans la cible : remplacez « {name} » par {kind}_env (une variable "
                    f"d'environnement) ou {kind}_file (un fichier).",
                )
            if name not in known:
                near = get_close_matches(name, known, n=1)
                hint = f" Vouliez-vous dire « {near[0]} » ?" if near else ""
                self.fail(name, f"« {name} » n'est pas connu ici.{hint} Connus : {', '.join(sorted(known))}.")

    def __contains__(self, name: str) -> bool:
        return self.table.get(name) is not None

    def text(self, name: str, default: str | None = None) -> str:
        """A text that is not empty; without `default` it must be there."""
        value = self.table.get(name)
        if value is None and default is not None:
            return default
        if value is None:
            self.fail("", f"« {name} » manque.")
        if not isinstance(value, str | int | float) or isinstance(value, bool) or not str(value).strip():
            self.fail(name, f"« {name} » est un texte.")
        return str(value).strip()

    def client(self) -> str:
        """The client id at `id`."""
        value = self.text("id")
        if not names_a_client(value):
            self.fail(
                "id",
                f"{shown(value)} n'est pas un identifiant client : écrivez celui de l'ANS, sans espace ni caractère invisible.",
            )
        return value

    def one_of(self, name: str, choices: tuple[str, ...], default: str | None = None) -> str:
        value = self.text(name, default)
        if value not in choices:
            near = get_close_matches(value, choices, n=1)
            hint = f" Vouliez-vous dire « {near[0]} » ?" if near else ""
            self.fail(name, f"« {name} » vaut {', '.join(choices)}, pas « {value} ».{hint}")
        return value

    def boolean(self, name: str, *, default: bool) -> bool:
        value = self.table.get(name, default)
        if not isinstance(value, bool):
            self.fail(name, f"« {name} » vaut true ou false.")
        return value

    def section(self, name: str) -> Section:
        """A table below this one; an empty one where it is not written."""
        value = self.table.get(name)
        if value is None:
            return Section(self.source, (*self.place, name), {})
        if not isinstance(value, dict):
            self.fail(name, f"« {name} » est une table.")
        return Section(self.source, (*self.place, name), value)

    def sections(self, name: str) -> Iterator[Section]:
        """The tables of a list below this one."""
        value = self.table.get(name) or []
        if not isinstance(value, list):
            self.fail(name, f"« {name} » est une liste.")
        for index, one in enumerate(value):
            place = (*self.place, name, index)
            if not isinstance(one, dict):
                raise TargetError([self.source.problem(place, f"Un élément de « {name} » est une table.")])
            yield Section(self.source, place, one)

    def file(self, name: str) -> Path | None:
        """A path, relative to the target file's folder."""
        if name not in self:
            return None
        return Path(self.source.file).parent / Path(self.text(name)).expanduser()

    def _readable(self, key: str, variable: str) -> str:
        """A variable's text; one that is no UTF-8 is nobody's secret."""
        value = os.environ[variable]
        try:
            value.encode("utf-8")
        except UnicodeEncodeError:
            self.fail(
                key, f"La variable d'environnement {variable} n'est pas en UTF-8 : écrivez-la de nouveau."
            )
        return value

    def secret(self, kind: str) -> str | None:
        """What `<kind>_env` or `<kind>_file` refers to; None when neither is written."""
        variable, path = f"{kind}_env", self.file(f"{kind}_file")
        if variable in self and path is not None:
            self.fail(variable, f"Donnez {kind}_env ou {kind}_file, pas les deux.")
        if variable in self:
            name = self.text(variable)
            if name not in os.environ:
                self.fail(variable, f"La variable d'environnement {name} n'est pas définie.")
            return self._readable(variable, name)
        if path is None:
            return None
        try:
            secret = read_plain(path, _LONGEST_SECRET).decode("utf-8-sig").rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            why = reason(error) if isinstance(error, OSError) else "ce n'est pas un texte"
            self.fail(f"{kind}_file", f"Le fichier {path} ne peut pas être lu ({why}).")
        if not secret.isprintable() or not secret:
            self.fail(
                f"{kind}_file",
                f"Le fichier {path} ne tient pas un secret : il en faut un, sur une seule ligne.",
            )
        return secret

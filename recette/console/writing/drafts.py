"""The folder of scenarios that are written in the console, and what is wrong in one of them."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, count
from pathlib import Path, PurePosixPath
from threading import RLock

from recette.report.text import safe
from recette.scenario import yaml_source
from recette.scenario.cahier import name_of
from recette.scenario.data_files import data_files, read_text
from recette.scenario.lint import check_editions
from recette.scenario.loader import editions as loaded
from recette.scenario.model import Scenario
from recette.scenario.problems import Problem, ScenarioError
from recette.wording.os_errors import unread

_NAME = re.compile(r"[\w-]{1,60}\.yaml")
_DATA_NAME = re.compile(r"[\w-]{1,120}\.(json|ya?ml)")
DATA = "donnees"
"""The folder, below that of the scenarios, of the data that they name."""
NEW = """\
id: {id}
title: Un SAMU partage un dossier avec un autre
perimeter: 15-15
generations: [2-]
actors: {{origine: LRM, destinataire: LRM}}
editor: [origine, destinataire]
case: origine
steps:
"""


class DraftError(ValueError):
    """A scenario cannot be written, or shown, there; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Draft:
    """One file as it was read."""

    name: str
    text: str
    state: str
    """What its content is, so that nobody overwrites what somebody else wrote meanwhile; empty where it is not there yet."""


class Drafts:
    """Plain files of one folder, none of which leads out of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.alone = RLock()
        """Held by whoever looks at what is there and then writes, in a thread of the console."""

    def names(self) -> list[str]:
        """The scenarios that are there."""
        return sorted(path.name for path in self.folder.glob("*.yaml") if _NAME.fullmatch(path.name))

    def data(self) -> list[str]:
        """The data that a scenario can name, as it names them."""
        found = (self.folder / DATA).glob("*.*")
        return sorted(f"{DATA}/{path.name}" for path in found if path.suffix in {".json", ".yaml", ".yml"})

    def path(self, name: str) -> Path:
        """Where a scenario of that name is, or would be. Raises DraftError."""
        if not _NAME.fullmatch(name):
            raise DraftError(
                "Un nom de scénario est fait de lettres, de chiffres et de tirets, et finit par .yaml."
            )
        return self._within(self.folder / name)

    def read(self, name: str) -> Draft:
        """Raises DraftError."""
        path = self.path(name)
        try:
            text = read_text(path)
        except (OSError, UnicodeDecodeError) as error:
            raise DraftError(f"{path} ne peut pas être lu : {unread(error)}.") from error
        text = one_kind_of_lines(text)
        if safe(text) != text:
            raise DraftError(
                f"{path} a des caractères qu'aucune page ne montre : ôtez-les dans un éditeur de texte."
            )
        return Draft(name, text, _state(text))

    def write(self, name: str, text: str, state: str) -> None:
        """Write what was typed, over the content of that `state` only. Raises DraftError, OSError."""
        path = self.path(name)
        with self.alone:
            known = self.read(name).state if path.exists() else ""
            if known != state:
                raise DraftError(
                    f"{path} a changé entre-temps : copiez ce que vous avez écrit, rouvrez-le, et reportez vos changements."
                )
            self._put(path, text)

    def begin(self, name: str, editions: Sequence[Scenario]) -> None:
        """Write a new scenario: a copy of the one given in its editions, with its data. Raises DraftError, OSError."""
        path = self.path(name)
        if not _reads_as_text(path.stem):
            raise DraftError(
                f"{path.stem} ne se lit pas en YAML comme un texte, et ne peut être le nom d'un scénario : donnez un autre nom."
            )
        with self.alone:
            if path.exists():
                raise DraftError(f"{path} existe déjà : donnez un autre nom, ou ouvrez-le.")
            text = NEW.format(id=path.stem)
            if editions:
                copied = editions[0]
                text = copied.sources[copied.file].replace(f"id: {copied.id}\n", f"id: {path.stem}\n", 1)
                text = self._with_data(text, path.stem, _data_of(editions))
            self._put(path, text)

    def _with_data(self, text: str, stem: str, data: Mapping[str, str]) -> str:
        """The scenario's text over copies of its data, each under a name of its own. Raises DraftError, OSError."""
        names = _copies(stem, data)
        for name in names.values():
            self.new_data(name)  # all of it or nothing
        for named, name in names.items():
            self.keep_data(name, data[named])
        for named, name in names.items():
            text = re.sub(rf"(?<![\w./-]){re.escape(named)}(?![\w./-])", f"{DATA}/{name}", text)
        return text

    def keep_data(self, name: str, text: str) -> str:
        """Keep test data where there are none of that name; how a scenario names them. Raises DraftError, OSError."""
        with self.alone:
            self._put(self.new_data(name), text)
        return f"{DATA}/{name}"

    def new_data(self, name: str) -> Path:
        """Where test data of that name would be. Raises DraftError where they are there already."""
        if not _DATA_NAME.fullmatch(name):
            raise DraftError(
                "Un nom de données est fait de lettres, de chiffres et de tirets, et finit par .json ou .yaml."
            )
        path = self._within(self.folder / DATA / name)
        if path.exists():
            raise DraftError(f"{path} existe déjà : donnez un autre nom.")
        return path

    def problems(self, name: str, text: str) -> list[Problem]:
        """What is wrong in a text that would be the scenario of that name. Raises DraftError. Reads its data."""
        path = self.path(name)
        file = name_of(path)
        try:
            named = data_files(yaml_source.parse(file, text), path, self.folder)
            return check_editions(loaded(file, {file: text, **named}))
        except ScenarioError as error:
            return error.problems

    def _within(self, path: Path) -> Path:
        if path.resolve() != self.folder.resolve() / path.relative_to(self.folder):
            raise DraftError(f"{path} mène hors de {self.folder} : la console n'y touche pas.")
        return path

    def _put(self, path: Path, text: str) -> None:
        """The whole of it or nothing."""
        path.parent.mkdir(parents=True, exist_ok=True)
        number, beside = tempfile.mkstemp(prefix=".recette-", dir=path.parent)
        try:
            with os.fdopen(number, "w", encoding="utf-8", newline="\n") as file:
                file.write(text)
            Path(beside).replace(path)
        except BaseException:
            Path(beside).unlink(missing_ok=True)
            raise


def _data_of(editions: Sequence[Scenario]) -> dict[str, str]:
    """The texts of a scenario's data, by the name that it has for each."""
    return {
        file.removeprefix(f"{PurePosixPath(one.file).parent}/"): text
        for one in editions
        for file, text in one.sources.items()
        if file != one.file
    }


def _copies(stem: str, data: Mapping[str, str]) -> dict[str, str]:
    """The file name of each copy, by the name that the scenario has for its data; two folders may have the same name."""
    found: dict[str, str] = {}
    for named in data:
        file = PurePosixPath(named)
        several = (f"{stem}-{file.stem}-{number}{file.suffix}" for number in count(2))
        tried = chain([f"{stem}-{file.name}"], several)
        found[named] = next(one for one in tried if one not in found.values())
    return found


def _reads_as_text(stem: str) -> bool:
    """Whether YAML takes it for a text, rather than for a number, a yes or no, or nothing at all."""
    try:
        read = yaml_source.parse("", f"id: {stem}\n").tree
    except ScenarioError:
        return False
    return bool(read == {"id": stem})


def one_kind_of_lines(text: str) -> str:
    """As a form sends it, or another system writes it, with LF alone."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _state(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()

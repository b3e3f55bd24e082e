"""Which collection of scenarios is played: the one that comes with the harness, or one of the user's own."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePath, PurePosixPath

from recette.platform.places import from_here
from recette.platform.plain_files import read_plain
from recette.scenario.model import Scenario
from recette.scenario.problems import Problem, ScenarioError
from recette.wording.os_errors import unread

NAMED_IN = "cahier.toml"
"""The file at the top of a collection that gives its `name` and its `version`."""
SCHEMA = "langage.schema.json"
"""The language as a JSON Schema, put beside a copy for text editors: no part of the collection."""
_LARGEST = 64 * 1024 * 1024
"""Bytes of a file of a collection."""
_PACKAGE = Path(__file__).parents[1]
_INSIDE = _PACKAGE / "cahier"


@dataclass(frozen=True, slots=True)
class Cahier:
    """A collection of scenarios as a report names it."""

    name: str
    version: str
    """Empty where nobody gave one."""
    sha256: str
    """Of the files it is made of: their names below its folder, and their content."""

    @classmethod
    def in_folder(cls, folder: Path) -> Cahier:
        """Raises ScenarioError where `cahier.toml` is not what it must be."""
        name, version = _named(folder)
        files = {
            path.relative_to(folder).as_posix(): read_plain(path, _LARGEST)
            for path in folder.rglob("*")
            if path.is_file() and path.suffix in {".yaml", ".yml", ".json", ".toml"} and path.name != SCHEMA
        }
        return cls(name, version, _digest(files))

    @classmethod
    def of(cls, name: str, scenarios: Iterable[Scenario]) -> Cahier:
        """Scenarios that belong to no collection with a name, as they were asked for."""
        texts = {file: text for one in scenarios for file, text in one.sources.items()}
        return cls(from_here(name), "", _digest({file: text.encode() for file, text in texts.items()}))


def root_of(file: Path, folder: Path | None = None) -> Path:
    """Below what the data files of a scenario lie: the folder of its collection, as `cahier.toml` marks it.

    Else `folder`, where it holds the file; else the file's own.
    """
    for parent in file.absolute().parents:
        if (parent / NAMED_IN).is_file():
            return parent
    return folder if folder is not None and file.absolute().is_relative_to(folder.absolute()) else file.parent


def built_in() -> Path:
    """The folder of the scenarios that come with the harness: in the package, or beside it in a checkout."""
    return _INSIDE if _INSIDE.is_dir() else _PACKAGE.parent / "scenarios"


def name_of(path: PurePath) -> str:
    """What a scenario file is called in journals and reports: seen from here, with slashes on whatever system.

    Where the package lies is left out.
    """
    if not path.is_relative_to(_INSIDE):
        return type(path)(from_here(path)).as_posix()
    return str(PurePosixPath("scenarios") / path.relative_to(_INSIDE).as_posix())


def beside(file: str, name: str) -> str:
    """What the file is called that `file` names as `name`, from the folder it is in."""
    return str(PurePosixPath(file).parent / name)


def _named(folder: Path) -> tuple[str, str]:
    path = folder / NAMED_IN
    if not path.exists():
        return folder.resolve().name, ""
    try:
        said = tomllib.loads(read_plain(path, _LARGEST).decode("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ScenarioError([Problem(str(path), 1, 1, f"Fichier illisible : {unread(error)}.")]) from error
    except tomllib.TOMLDecodeError as error:
        text = 'Ce fichier n\'est pas du TOML : écrivez name = "…" et version = "…".'
        raise ScenarioError([Problem(str(path), 1, 1, text)]) from error
    name, version = said.get("name"), said.get("version")
    if not (isinstance(name, str) and name and isinstance(version, str)):
        text = 'Un cahier donne son nom et sa version : name = "…" et version = "…".'
        raise ScenarioError([Problem(str(path), 1, 1, text)])
    return name, version


def _digest(files: dict[str, bytes]) -> str:
    whole = hashlib.sha256()
    for name, content in sorted(files.items()):
        whole.update(f"{hashlib.sha256(content).hexdigest()}  {name}\n".encode())
    return whole.hexdigest()

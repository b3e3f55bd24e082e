"""Reading an official bundle: the models repository at a tag, as a folder or a zip."""

from __future__ import annotations

import json
import zipfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from recette.messages.official.archives import (
    MAX_ARCHIVE,
    MAX_MEMBER,
    MAX_MEMBERS,
    MAX_TOTAL,
    TooLargeError,
    check_sizes,
    open_archive,
)
from recette.platform.plain_files import read_plain
from recette.wording.os_errors import reason
from recette.wording.syntax_errors import in_json
from recette.wording.values import visible

MAX_MARKS = 500_000
"""Commas, colons and brackets of all the schemas together, or elements of all the XSDs: about as many values. The
official ones have some twenty thousand; a zip of 50 kB may unpack to millions, each an object of a hundred bytes.
"""
ENVELOPE_FILE = "EDXL-DE-full"
_SUFFIX = ".schema.json"
_XSD = ("xsd", "src/main/resources/xsd")
_BOOKS = "cahier"
_USUAL = ("json-schema", "src/main/resources/json-schema")


class BundleError(ValueError):
    """An official bundle that cannot be used; the text says which file and what to give instead."""


def bundled_schemas(path: Path) -> dict[str, dict[str, Any]]:
    """The bundle's JSON schemas by file name without suffix, all from one folder. Raises BundleError."""
    files = _files(path, lambda name: name.endswith(_SUFFIX))
    _check_marks(path, files, (b",", b":", b"[", b"{"), "valeurs dans ses schémas")
    folders = {str(PurePosixPath(name).parent) for name in files if name.endswith(ENVELOPE_FILE + _SUFFIX)}
    # A repository may hold copies elsewhere (tests, generated code): its resources are what it publishes.
    ranked = sorted(
        folders, key=lambda one: (not any(one == u or one.endswith(f"/{u}") for u in _USUAL), len(one), one)
    )
    found: dict[str, dict[str, Any]] = {}
    for name, data in files.items():
        if not ranked or str(PurePosixPath(name).parent) != ranked[0]:
            continue
        try:
            schema = json.loads(data)
        except json.JSONDecodeError as error:
            raise BundleError(f"{path} : {name} n'est pas du JSON ({in_json(error)}).") from error
        except (ValueError, RecursionError) as error:
            raise BundleError(f"{path} : {name} n'est pas du JSON.") from error
        if not isinstance(schema, dict):
            raise BundleError(f"{path} : {name} n'est pas un schéma JSON.")
        found[PurePosixPath(name).name.removesuffix(_SUFFIX)] = schema
    return found


def bundled_xsd(path: Path) -> dict[str, str]:
    """The bundle's XSDs by path below their folder, without texts; empty where it has none. Raises BundleError."""
    files = _files(path, lambda name: name.endswith(".xsd"))
    _check_marks(path, files, (b"<",), "balises dans ses XSD")
    starts = [name for name in files if PurePosixPath(name).name == f"{ENVELOPE_FILE}.xsd"]
    if not starts:
        return {}
    folders = (str(PurePosixPath(name).parent) for name in starts)
    ranked = sorted(
        folders, key=lambda one: (not any(one == u or one.endswith(f"/{u}") for u in _XSD), len(one), one)
    )
    prefix = "" if ranked[0] == "." else f"{ranked[0]}/"
    try:
        return {
            name.removeprefix(prefix): data.decode("utf-8")
            for name, data in files.items()
            if name.startswith(prefix)
        }
    except UnicodeDecodeError as error:
        raise BundleError(f"{path} : un XSD n'est pas de l'UTF-8 ({error}).") from error


def _check_marks(path: Path, files: Mapping[str, bytes], marks: tuple[bytes, ...], what: str) -> None:
    """Whether there are few enough, before any parser is. Raises BundleError."""
    if sum(data.count(mark) for data in files.values() for mark in marks) > MAX_MARKS:
        raise BundleError(f"Le lot de modèles {path} n'est pas lu : il a plus de {MAX_MARKS} {what}.")


def bundled_examples(path: Path) -> dict[str, bytes]:
    """The bundle's example messages, by path: `examples/` or `sample/examples/`. Raises BundleError."""
    return _files(path, _is_example)


def bundled_books(path: Path) -> dict[str, bytes]:
    """The test books of the bundle by file name: as data, or else as workbooks. Raises BundleError."""
    files = _files(path, _is_book)
    folders = {str(PurePosixPath(name).parent) for name in files}
    # What the repository generates from its workbooks lies in csv_parser/out, beside copies for its test page.
    ranked = sorted(
        folders, key=lambda one: (not (one == _BOOKS or one.endswith(f"/{_BOOKS}")), len(one), one)
    )
    for suffix in (".json", ".xlsx"):
        for folder in ranked:
            found = {
                PurePosixPath(name).name: data
                for name, data in sorted(files.items())
                if str(PurePosixPath(name).parent) == folder and name.endswith(suffix)
            }
            if found:
                return found
    return {}


def _is_book(name: str) -> bool:
    file = PurePosixPath(name).name.replace("-", "_")
    return file.startswith("test_cases") and file.endswith((".json", ".xlsx"))


def _is_example(name: str) -> bool:
    return name.endswith((".json", ".xml")) and "examples" in PurePosixPath(name).parts[:-1]


def _why(error: Exception) -> str:
    return reason(error) if isinstance(error, OSError) else f"{error}"


def _files(path: Path, wanted: Callable[[str], bool]) -> dict[str, bytes]:
    try:
        if path.is_dir():
            return _in_folder(path, wanted)
        with open_archive(read_plain(path, MAX_ARCHIVE)) as archive:
            return {one.filename: archive.read(one) for one in check_sizes(archive, wanted)}
    except TooLargeError as error:
        raise BundleError(f"Le lot de modèles {path} n'est pas lu : {visible(str(error))}.") from error
    except (OSError, zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError) as error:
        raise BundleError(
            f"Le lot de modèles {path} n'est ni un dossier ni un zip lisible ({_why(error)})."
        ) from error


def _in_folder(path: Path, wanted: Callable[[str], bool]) -> dict[str, bytes]:
    """Plain files that lie in it, links followed no further than it reaches. Raises OSError and TooLargeError."""
    root, found, total = path.resolve(), {}, 0
    for number, one in enumerate(path.rglob("*")):
        name = one.relative_to(path).as_posix()
        if number > MAX_MEMBERS:
            raise TooLargeError(f"ce dossier tient plus de {MAX_MEMBERS} fichiers")
        if wanted(name) and one.is_file() and one.resolve().is_relative_to(root):
            found[name] = read_plain(one, MAX_MEMBER)
            total += len(found[name])
            if total > MAX_TOTAL:
                raise TooLargeError(f"ses fichiers dépassent {MAX_TOTAL} octets")
    return found

"""Reading an official bundle: the models repository at a tag, as a folder or a zip."""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Any

from recette.wording.os_errors import reason
from recette.wording.syntax_errors import in_json

ENVELOPE_FILE = "EDXL-DE-full"
MAX_MEMBER = 50 * 1024 * 1024
"""Bytes that one file of a zip may have when unpacked."""
_SUFFIX = ".schema.json"
_XSD = ("xsd", "src/main/resources/xsd")
_BOOKS = "cahier"
_USUAL = ("json-schema", "src/main/resources/json-schema")


class BundleError(ValueError):
    """An official bundle that cannot be used; the text says which file and what to give instead."""


def bundled_schemas(path: Path) -> dict[str, dict[str, Any]]:
    """The bundle's JSON schemas by file name without suffix, all from one folder. Raises BundleError."""
    files = _files(path, lambda name: name.endswith(_SUFFIX))
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
            names = {p.relative_to(path).as_posix(): p for p in path.rglob("*") if p.is_file()}
            return {name: p.read_bytes() for name, p in names.items() if wanted(name)}
        with zipfile.ZipFile(io.BytesIO(path.read_bytes())) as archive:
            members = [one for one in archive.infolist() if wanted(one.filename)]
            for one in members:
                if one.file_size > MAX_MEMBER:
                    raise BundleError(
                        f"{path} : {one.filename} dépasse {MAX_MEMBER} octets une fois décompressé."
                    )
            return {one.filename: archive.read(one) for one in members}
    except (OSError, zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError) as error:
        raise BundleError(
            f"Le lot de modèles {path} n'est ni un dossier ni un zip lisible ({_why(error)})."
        ) from error

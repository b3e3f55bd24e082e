"""A new official tag becomes an edition: marks in a copy of the dictionary, which takes the place of the old one whole.

Nothing is written half: the copy is thrown away unless the official bundle and the marks agree.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from recette.messages.dictionary.generations import (
    TABLE,
    Edition,
    UnknownEditionError,
    edition_named,
    editions,
)
from recette.messages.dictionary.lines import FOLDER, ORIGIN, fingerprint, is_data
from recette.messages.json.schemas import BundleError, SchemaSet
from recette.messages.official.marking import namespaces

_TAG = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,39}")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")


class AdoptionError(ValueError):
    """A tag that cannot be adopted as it is; the text says why, or what has to be decided."""


@dataclass(frozen=True, slots=True)
class Adopted:
    """What became of it."""

    nearest: Edition
    folder: Path
    told: str
    """What is new, gone, renamed and changed against the edition before it, in French."""
    compared: int
    """Messages on which the bundle and the marks were asked, and agreed."""


def adopt(
    bundle: Path,
    tag: str,
    folder: Path,
    *,
    published: str = "",
    renamed: Mapping[str, str] | None = None,
    perimeters: Mapping[str, Sequence[str]] | None = None,
    mutants: int = 60,
) -> Adopted:
    """Make an edition of the bundle's models, in the dictionary of `folder`, which is made where it is not there.

    Raises AdoptionError and BundleError; `folder` is then as it was.
    """
    official = SchemaSet.from_bundle(bundle)
    nearest = official.edition
    _check_tag(tag, published)
    if not official.xsd:
        raise AdoptionError(f"{bundle} ne contient pas de XSD : une édition en demande aussi.")
    folder.parent.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(prefix=".adoption-", dir=folder.parent))
    try:
        for path in sorted(FOLDER.iterdir()):
            if is_data(path):
                shutil.copy2(path, staging / path.name)
        (staging / ORIGIN).write_text(fingerprint() + "\n", encoding="utf-8", newline="\n")
        _row(staging, nearest, tag, published, namespaces(official.xsd).get("", ""))
        answers = json.dumps({"renamed": dict(renamed or {}), "perimeters": dict(perimeters or {})})
        for step in ("messages", "fields"):
            _mark(staging, bundle, tag, step, answers)
        compared = _agreement(staging, bundle, mutants)
        told = _ask(staging, "models", "diff", nearest.tag, tag)
        _put(staging, folder)
    except BaseException:
        shutil.rmtree(staging, ignore_errors=True)
        raise
    return Adopted(nearest, folder, told, compared)


def _check_tag(tag: str, published: str) -> None:
    if not _TAG.fullmatch(tag) or tag.isdigit():
        raise AdoptionError(f"« {tag} » n'est pas un nom d'édition : donnez le tag officiel (3.5.0).")
    if published and not _DATE.fullmatch(published):
        raise AdoptionError(f"« {published} » n'est pas une date : écrivez 2026-03-24.")
    try:
        edition_named(tag)
    except UnknownEditionError:
        return
    raise AdoptionError(f"L'édition {tag} existe déjà.")


def _row(staging: Path, nearest: Edition, tag: str, published: str, namespace: str) -> None:
    """The table's row: the newest edition of the generation of the nearest one."""
    path = staging / TABLE
    lines = path.read_text(encoding="utf-8").splitlines()
    last = editions(nearest.generation)[-1]
    place = next(i for i, text in enumerate(lines) if text.split()[:2] == ["edition", last.tag])
    row = f"  edition    {tag}" + (f"  {published}" if published else "")
    if namespace and namespace != _inherited(lines, place):
        row += f"  namespace {namespace}"
    lines.insert(place + 1, row)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")


def _inherited(lines: list[str], place: int) -> str:
    """The namespace that the generation of a row has."""
    for text in reversed(lines[:place]):
        if text.split()[:1] == ["namespace"]:
            return text.split()[1]
    return ""


def _mark(staging: Path, bundle: Path, tag: str, step: str, answers: str) -> None:
    done = _run(staging, ["-m", "recette.messages.official.marking", str(bundle), tag, step], answers)
    if done.returncode:
        raise AdoptionError(f"Les marques ne peuvent pas être écrites : {_last_line(done.stderr)}")
    told = json.loads(done.stdout)
    if told["unsayable"]:
        raise AdoptionError(f"Le dictionnaire n'a pas de mots pour ceci : {told['unsayable']}")
    if told["questions"]:
        raise AdoptionError("À décider avant d'adopter (rien n'est écrit) : " + " ".join(told["questions"]))


def _agreement(staging: Path, bundle: Path, mutants: int) -> int:
    done = _run(
        staging,
        [
            "-m",
            "recette.cli",
            "models",
            "check",
            "--bundle",
            str(bundle),
            "--mutants",
            str(mutants),
            "--json",
        ],
    )
    try:
        report = json.loads(done.stdout)
    except ValueError:
        raise AdoptionError(f"Le dictionnaire marqué ne se lit pas : {_last_line(done.stderr)}") from None
    wrong = [f"{one['model']} ({one['format']})" for one in report["messages"] if one["disagreements"]]
    if report["differing"] or wrong:
        names = ", ".join(dict.fromkeys([*report["differing"], *wrong]))
        first = next((one["disagreements"][0] for one in report["messages"] if one["disagreements"]), "")
        raise AdoptionError(
            f"Les marques et le lot ne s'accordent pas sur {names} ; rien n'est écrit. {first[:300]}".strip()
        )
    return sum(one["compared"] for one in report["messages"])


def _ask(staging: Path, *arguments: str) -> str:
    return _run(staging, ["-m", "recette.cli", *arguments]).stdout


def _run(staging: Path, arguments: list[str], given: str = "") -> subprocess.CompletedProcess[str]:
    """A process that reads the dictionary of `staging`."""
    return subprocess.run(  # noqa: S603 - this interpreter, on this project's own modules
        [sys.executable, *arguments],
        input=given,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "RECETTE_DICTIONARY": str(staging), "PYTHONUTF8": "1"},
    )


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["(rien)"])[-1][:400]


def _put(staging: Path, folder: Path) -> None:
    """The copy takes the place of what was there; of a package's own folder, only its data files."""
    staging.chmod(0o755)
    if not folder.exists():
        staging.rename(folder)
        return
    for path in sorted(staging.iterdir()):
        if path.name != ORIGIN or not (folder / "reader.py").exists():
            path.replace(folder / path.name)
    shutil.rmtree(staging)


__all__ = ["Adopted", "AdoptionError", "BundleError", "adopt"]

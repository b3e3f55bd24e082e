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
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

from recette.messages.dictionary.generations import TABLE
from recette.messages.dictionary.lines import FOLDER, ORIGIN, fingerprint, is_data
from recette.messages.official.placing import Wanted

_TAG = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,39}")


class AdoptionError(ValueError):
    """A tag that cannot be adopted as it is; the text says why, or what has to be decided."""


@dataclass(frozen=True, slots=True)
class Adopted:
    """What became of it."""

    folder: Path
    place: str
    """Its generation and the edition that it follows, in French."""
    told: str
    """What is new, gone, renamed and changed against the edition before it, in French."""
    compared: int
    """Messages on which the bundle and the marks were asked, and agreed."""


def adopt(
    bundle: Path,
    wanted: Wanted,
    folder: Path,
    *,
    renamed: Mapping[str, str] | None = None,
    perimeters: Mapping[str, Sequence[str]] | None = None,
    mutants: int = 60,
) -> Adopted:
    """Make an edition of the bundle's models, in the dictionary of `folder`, which is made where it is not there.

    Raises AdoptionError; `folder` is then as it was.
    """
    _check_tag(wanted)
    folder = folder.resolve()
    folder.parent.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(prefix=".adoption-", dir=folder.parent))
    try:
        begin(folder, staging)
        answers = {
            "wanted": asdict(wanted),
            "renamed": dict(renamed or {}),
            "perimeters": dict(perimeters or {}),
        }
        placed = _mark(staging, bundle, "place", answers)
        for step in ("messages", "fields"):  # each reads what the one before wrote
            _mark(staging, bundle, step, answers)
        changed = _ask(staging, "models", "diff", placed["nearest"], wanted.tag, "--json")
        closely = dict.fromkeys(one["model"] for one in json.loads(changed))
        compared = _agreement(staging, bundle, wanted.tag, mutants, closely)
        told = _ask(staging, "models", "diff", placed["nearest"], wanted.tag)
        _put(staging, folder)
    except BaseException:
        shutil.rmtree(staging, ignore_errors=True)
        raise
    return Adopted(folder, placed["place"], told, compared)


def _check_tag(wanted: Wanted) -> None:
    tag, published = wanted.tag, wanted.published
    if not _TAG.fullmatch(tag) or tag.isdigit():
        raise AdoptionError(f"« {tag} » n'est pas un nom d'édition : donnez le tag officiel (3.5.0).")
    if published and not _is_day(published):
        raise AdoptionError(f"« {published} » n'est pas une date : écrivez 2026-03-24.")


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def begin(folder: Path, staging: Path) -> None:
    """What the copy begins as: all of `folder`; the dictionary that is read stands in for one of another version, or none.

    Raises AdoptionError for a folder that holds something else.
    """
    try:
        origin = (folder / ORIGIN).read_text(encoding="utf-8").strip()
    except OSError:
        origin = fingerprint()
    if folder.exists():
        if not (folder / TABLE).exists() and any(folder.iterdir()):
            raise AdoptionError(f"{folder} ne tient pas de dictionnaire : donnez un dossier neuf, ou vide.")
        shutil.copytree(folder, staging, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    if not (staging / TABLE).exists() or origin != fingerprint():
        for path in filter(is_data, staging.iterdir()):
            path.unlink()
        for path in filter(is_data, FOLDER.iterdir()):
            shutil.copy2(path, staging / path.name)
    if not (staging / "reader.py").exists():  # the package's own needs no origin
        (staging / ORIGIN).write_text(fingerprint() + "\n", encoding="utf-8", newline="\n")


def _mark(staging: Path, bundle: Path, step: str, answers: Mapping[str, Any]) -> dict[str, str]:
    """One step of the marking, in a process of its own: what is read once of a dictionary is kept. What it tells.

    Raises AdoptionError.
    """
    module = "recette.messages.official.marking"
    done = _run(staging, ["-m", module, str(bundle), step], json.dumps(answers))
    if done.returncode:
        raise AdoptionError(f"Les marques ne peuvent pas être écrites : {_last_line(done.stderr)}")
    told = json.loads(done.stdout)
    if told["impossible"]:
        raise AdoptionError(told["impossible"])
    if told["questions"]:
        raise AdoptionError("À décider avant d'adopter (rien n'est écrit) : " + " ".join(told["questions"]))
    found: dict[str, str] = told["told"]
    return found


def _agreement(staging: Path, bundle: Path, tag: str, mutants: int, closely: Collection[str]) -> int:
    """How many messages were compared; of those in which something changed, whatever they hold is once taken away."""
    done = _run(
        staging,
        [
            "-m",
            "recette.cli",
            "models",
            "check",
            "--bundle",
            str(bundle),
            "--models",
            tag,
            "--mutants",
            str(mutants),
            *(("--closely", *closely) if closely else ()),
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
    """The copy takes the place of what was there, which is never seen half: it is the old one, none, or the new one."""
    staging.chmod(0o755)
    if not folder.exists():
        staging.rename(folder)
        return
    before = Path(tempfile.mkdtemp(prefix=".adoption-", dir=folder.parent)) / folder.name
    folder.rename(before)
    try:
        staging.rename(folder)
    except BaseException:
        before.rename(folder)
        raise
    shutil.rmtree(before.parent)

"""A copy of a run that can be handed on: its journal without private fields, its results without values."""

from __future__ import annotations

import shutil
from pathlib import Path

from recette.journal.codec import laid_open, redacted
from recette.platform.plain_files import open_plain, read_plain
from recette.proof.errors import CopyError
from recette.proof.verification import JOURNAL, MOST, RESULTS
from recette.report import seal
from recette.report.redaction import redacted_results
from recette.wording.os_errors import reason


def redact(folder: Path, out: Path) -> None:
    """Write the redacted copy of a verified run into `out`. Raises CopyError."""
    if out.exists() and any(out.iterdir()):
        raise CopyError(f"{out} n'est pas vide : donnez un autre dossier à --out.")
    try:
        out.mkdir(parents=True, exist_ok=True)
        with open_plain(folder / JOURNAL) as lines, (out / JOURNAL).open("wb") as copy:
            for number, line in enumerate(lines, 1):
                text = line.removesuffix(b"\n")
                _check_closed(folder / JOURNAL, number, text)
                copy.write(redacted(text) + b"\n")
        (out / RESULTS).write_bytes(redacted_results(read_plain(folder / RESULTS, MOST)))
        shutil.copyfile(folder / seal.NAME, out / seal.NAME)
    except OSError as error:
        raise CopyError(f"La copie ne peut pas être écrite dans {out} : {reason(error)}.") from error


def _check_closed(journal: Path, number: int, line: bytes) -> None:
    opened = laid_open(line)
    if opened:
        raise CopyError(
            f"{journal}, ligne {number}, a été écrite par une recette d'avant, qui y laisse {', '.join(opened)} en clair : "
            "rien ne peut en être ôté sans rompre la chaîne. Rejouez la campagne."
        )

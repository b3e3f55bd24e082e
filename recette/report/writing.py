"""All reports of one run, in one folder."""

from __future__ import annotations

from pathlib import Path

from recette.journal.reader import Journal
from recette.judge.verdicts import Judgement
from recette.report import seal
from recette.report.formats import JudgedRun, formats


def write_all(judgement: Judgement, journal: Journal, folder: Path) -> None:
    """Write every form of report into `folder`, and seal them. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    run = JudgedRun.of(judgement, journal)
    seal.write(journal, [write(run, folder) for write in formats().values()], folder)

"""All reports of one run, in one folder."""

from __future__ import annotations

from pathlib import Path

from recette.journal.reader import Journal
from recette.judge.verdicts import Judgement
from recette.report import allure, junit, results, seal
from recette.report.html import page
from recette.report.minutes import rendering


def write_all(judgement: Judgement, journal: Journal, folder: Path) -> None:
    """Write results.json, report.html, pv.pdf, junit.xml and allure/ into `folder`, and seal them. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    written = [
        results.write(judgement, journal, folder),
        page.write(judgement, journal, folder),
        rendering.write(judgement, journal, folder),
        junit.write(judgement, folder),
        allure.write(judgement, journal, folder),
    ]
    seal.write(journal, written, folder)

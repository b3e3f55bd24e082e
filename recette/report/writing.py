"""All reports of one run, in one folder."""

from __future__ import annotations

from pathlib import Path

from recette.journal.reader import Journal
from recette.judge.verdicts import Judgement
from recette.report import junit, results, seal
from recette.report.allure import results as allure
from recette.report.html import page
from recette.report.minutes import rendering
from recette.report.story import tell


def write_all(judgement: Judgement, journal: Journal, folder: Path) -> None:
    """Write results.json, report.html, pv.pdf, junit.xml and allure/ into `folder`, and seal them. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    story = tell(judgement, journal)
    written = [
        results.write(judgement, journal, folder),
        page.write(story, folder),
        rendering.write(judgement, journal, folder),
        junit.write(story, folder),
        allure.write(story, folder),
    ]
    seal.write(journal, written, folder)

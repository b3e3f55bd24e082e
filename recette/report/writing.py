"""All reports of one run, in one folder."""

from __future__ import annotations

from pathlib import Path

from recette.report import seal
from recette.report.formats import formats
from recette.report.story import Story


def write_all(story: Story, folder: Path) -> None:
    """Write every form of report into `folder`, and seal them. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    for write in formats().values():
        files = write(story, folder)
        written += [files] if isinstance(files, Path) else files
    seal.write(story.journal, written, folder)

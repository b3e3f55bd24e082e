"""The run that is meant where none is named."""

from __future__ import annotations

from pathlib import Path

from recette.commands.options import OptionsError


def last_run(option: str) -> Path:
    """The folder of the last one that was judged in `reports/`. Raises OptionsError, which names `option`."""
    runs = sorted(Path("reports").glob("*/results.json"), key=lambda path: path.stat().st_mtime)
    if not runs:
        raise OptionsError(f"Aucune campagne dans reports/ : donnez son dossier à {option}.")
    return runs[-1].parent

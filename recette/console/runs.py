"""The runs that there are: folders with a journal, and the one that is being played."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from recette.console.launching import RunInProgress
from recette.console.live import RunView
from recette.console.pages.run import REPORTS, Shown
from recette.journal.interrupted import CannotResumeError, read_interrupted
from recette.journal.reader import UnreadableJournalError
from recette.report.recorded import Recorded, UnreadableResultsError, read_results
from recette.report.story import tell_file

_NAME = re.compile(r"[\w-][\w.-]{0,120}")
_KEPT = 4
"""Past runs that are kept in memory."""


class NoSuchRunError(ValueError):
    """There is no run of that name; the text says so."""


@dataclass(frozen=True, slots=True)
class PastRun:
    """A folder with a journal."""

    name: str
    written: datetime
    results: Recorded | None
    """What was said of it; None where it was never judged to its end."""


class Runs:
    """All runs below one folder."""

    def __init__(self, folder: Path, titles: Mapping[str, str]) -> None:
        """`titles` by scenario id, for plays that a run was cut off before."""
        self.folder = folder
        self._titles = titles
        self.going: RunInProgress | None = None
        """The last that was begun here, while it goes on and after."""
        self._read: dict[str, tuple[float, Shown]] = {}
        self._results: dict[Path, tuple[tuple[int, int], Recorded | None]] = {}
        """By the file that says them, with when it was written and how long it is."""

    @property
    def busy(self) -> bool:
        """Whether one is being played."""
        return self.going is not None and self.going.phase != "over"

    def path(self, name: str) -> Path:
        """The folder of a run. Raises NoSuchRunError."""
        path = self.folder / name
        if not _NAME.fullmatch(name) or not (path / "journal.jsonl").is_file():
            raise NoSuchRunError(f"Il n'y a pas de campagne « {name} » dans {self.folder}.")
        return path

    def past(self) -> list[PastRun]:
        """The latest first. Reads files: not to be called in the event loop."""
        found = []
        for path in self.folder.glob("*/journal.jsonl"):
            written = datetime.fromtimestamp(path.stat().st_mtime).astimezone()
            found.append(PastRun(path.parent.name, written, self._results_of(path.parent)))
        known = {self.folder / one.name for one in found}
        self._results = {path: one for path, one in self._results.items() if path.parent in known}
        return sorted(found, key=lambda one: one.written, reverse=True)

    def _results_of(self, folder: Path) -> Recorded | None:
        """What was said of a run, read again only where the file is another one."""
        path = folder / "results.json"
        try:
            told = path.stat()
        except OSError:
            return None
        state = (told.st_mtime_ns, told.st_size)
        before = self._results.get(path)
        if before is not None and before[0] == state:
            return before[1]
        try:
            results: Recorded | None = read_results(folder)
        except UnreadableResultsError:
            results = None
        self._results[path] = (state, results)
        return results

    def begun_here(self, name: str) -> Shown | None:
        """The run that was begun here, if that is its name."""
        if self.going is None or self.going.folder.name != name:
            return None
        over = self.going.phase == "over"
        files = _files(self.going.folder) if over else ()
        resumable = over and not self.going.view.complete and bool(self.going.view.plays)
        return Shown(name, self.going.view, self.going, files, resumable)

    def read(self, name: str) -> Shown:
        """A past run, judged from its journal. Not to be called in the event loop.

        Raises NoSuchRunError, UnreadableJournalError.
        """
        path = self.path(name)
        changed = (path / "journal.jsonl").stat().st_mtime
        before = self._read.get(name)
        if before is not None and before[0] == changed:
            return before[1]
        view = RunView.told(tell_file(path / "journal.jsonl"), self._titles)
        shown = Shown(name, view, None, _files(path), _resumable(path))
        self._read[name] = (changed, shown)
        while len(self._read) > _KEPT:
            del self._read[next(iter(self._read))]
        return shown


def _files(folder: Path) -> tuple[str, ...]:
    return tuple(name for name in REPORTS if (folder / name).is_file())


def _resumable(folder: Path) -> bool:
    try:
        read_interrupted(folder)
    except (CannotResumeError, UnreadableJournalError):
        return False
    return True

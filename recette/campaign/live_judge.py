"""Judges a run while it is played: its journal is followed, and each verdict is told as soon as it is final."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Self

from recette.journal.events import Entry, RunStarted
from recette.journal.reader import JournalReader
from recette.judge.verdicts import Judgement, ScenarioResult
from recette.report.story import Shown, Story, StoryTeller

SLICE = 0.002
"""Seconds that one turn takes, unless a single play takes longer to judge."""


class LiveJudge:
    """It judges what is on disk, line by line: its judgement is the one that `judge` makes of that journal."""

    def __init__(
        self,
        path: Path,
        told: Callable[[ScenarioResult], None],
        shown: Shown = lambda _play, _bodies: None,
    ) -> None:
        """`told` hears of each verdict, `shown` of all that there is to show of the play. Raises UnreadableJournalError when `path` cannot be opened."""
        self._reader = JournalReader(path)
        self._told = told
        self._shown = shown
        self._teller: StoryTeller | None = None
        self._failure: Exception | None = None
        """Those who play are not disturbed by it; it is raised when they are done."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._reader.close()

    def turn(self) -> bool:
        """Judge a little of what was written since; whether there may be more."""
        end = time.monotonic() + SLICE
        try:
            for entry in () if self._failure is not None else self._reader.entries():
                self._take(entry)
                if time.monotonic() > end:
                    return True
        except Exception as error:  # noqa: BLE001 - whatever it is
            self._failure = error
        return False

    def judgement(self) -> Judgement:
        """Judge what is left of the journal, which is written to its end. Raises what `judge` raises."""
        return self.story().judgement

    def story(self) -> Story:
        """The same, with all that reports show of it."""
        while self.turn():
            pass
        for _ in self._reader.entries():  # unless it failed, there are none
            pass
        journal = self._reader.journal()
        if self._failure is not None and not journal.altered:
            raise self._failure
        teller = self._teller or StoryTeller(journal.header)
        return teller.story(journal)

    def _take(self, entry: Entry) -> None:
        if self._teller is None and isinstance(entry.event, RunStarted):
            self._teller = StoryTeller(entry.event, judged=self._told, shown=self._shown)
        if self._teller is not None:
            self._teller.take(entry)

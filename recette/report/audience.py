"""Who is told how a campaign goes while it is played."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from recette.journal.events import Entry
from recette.judge.verdicts import ScenarioResult
from recette.report.story import Shown, Story


@dataclass(frozen=True, slots=True)
class Audience:
    """Whoever says nothing does not listen."""

    saw: Callable[[Entry], None] = lambda _: None
    """Hears of each entry of the journal, once it has its place in it."""
    judged: Callable[[ScenarioResult], None] = lambda _: None
    """Hears of each verdict, once it is final."""
    shown: Shown = lambda _play, _bodies: None
    """Hears, right after it, of all that reports show of that play."""
    told: Callable[[Story], None] = lambda _: None
    """Hears of the whole run once it is judged, with all that reports show of it."""
    ready: Callable[[Sequence[str]], None] = lambda _: None
    """Hears, in lines of French, how the software under test reaches the hub that the run is."""


NOBODY = Audience()

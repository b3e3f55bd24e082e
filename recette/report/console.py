"""What a run shows in a terminal: progress while it plays, then a summary."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

from recette.journal.events import (
    DeadlinePassed,
    Entry,
    LinkLost,
    LinkRestored,
    RunResumed,
    RunStarted,
    ScenarioEnded,
    ScenarioStarted,
    Trouble,
)
from recette.judge.verdicts import Judgement
from recette.messages.counting import counted
from recette.report import summary
from recette.report.ink import Ink
from recette.report.live_line import LiveLine
from recette.report.text import seconds

_FEW = 20
"""Plays of a campaign whose every beginning is told where there is no live line."""
_OFTEN = 100
"""Plays between two lines on how far a longer one is."""


class Console:
    """Writes to `stream`; one live line on a terminal, plain lines elsewhere."""

    def __init__(self, stream: TextIO, *, verbose: bool = False) -> None:
        self._ink = Ink(stream)
        self._verbose = verbose

    @contextmanager
    def playing(self) -> Iterator[Callable[[Entry], None]]:
        """What to tell of each journal entry while a campaign is played."""
        stream = self._ink.stream
        if self._verbose or not stream.isatty() or os.environ.get("TERM") == "dumb":
            yield _Plain(self._ink, each=self._verbose).tell
            self._ink.line()
            return
        live = _Live(self._ink)
        try:
            yield live.tell
        finally:
            live.close()

    def summary(self, judgement: Judgement) -> None:
        """The verdict and its causes on one screen; every play and finding where they are all wanted."""
        if self._verbose:
            summary.everything(judgement, self._ink)
        summary.at_a_glance(judgement, self._ink, causes_told=self._verbose)


def _told(entry: Entry) -> str:
    match entry.event:
        case ScenarioStarted(scenario=name):
            return f"  ▶ {name}"
        case DeadlinePassed(waiting_for=waited) as event if waited != "silence":
            what = {"ack": "d'acquittement", "message": "de message"}.get(waited, waited)
            return f"    … {event.step} : pas {what} en {seconds(event.seconds)}"
        case RunResumed(remaining=remaining):
            return f"  ↻ reprise : {counted(len(remaining), 'scénario', 'scénarios')} à jouer"
        case LinkLost(client=client, reason=reason):
            return f"    ! liaison de {client} avec le hub perdue ({reason}) : reprise en cours"
        case LinkRestored(client=client, seconds=away):
            return f"    ! liaison de {client} rétablie après {away:.1f} s"
        case Trouble(text=text):
            return f"    ! {text}"
        case ScenarioEnded(scenario=name, reason=reason) if reason:
            return f"    ■ {name} s'arrête : {reason}"
        case _:
            return ""


class _Plain:
    """One line for each thing worth telling; of a long campaign its beginnings are not, unless `each` play is wanted."""

    def __init__(self, ink: Ink, *, each: bool) -> None:
        self._ink = ink
        self._each = each
        self._total = self._ended = 0

    def tell(self, entry: Entry) -> None:
        event = entry.event
        if isinstance(event, RunStarted):
            self._total = event.plays
        many = self._total > _FEW and not self._each
        if isinstance(event, ScenarioEnded) and many:
            self._ended += 1
            if self._ended % _OFTEN == 0:
                self._ink.line(f"  {self._ended}/{self._total} joués")
        told = _told(entry)
        if told and not (many and isinstance(event, ScenarioStarted)):
            self._ink.line(told)


class _Live:
    """Counts what happens, on one line; an operator at the same terminal gets plain lines instead."""

    def __init__(self, ink: Ink) -> None:
        self._ink = ink
        self._line: LiveLine | None = None
        self._total = self._begun = self._ended = self._late = self._stopped = 0
        self._latest = ""

    def tell(self, entry: Entry) -> None:
        event = entry.event
        if isinstance(event, RunStarted) and all(one.driver != "operator" for one in event.targets):
            self._line = LiveLine(self._ink.stream)
        if self._line is None:
            told = _told(entry)
            if told:
                self._ink.line(told)
            return
        self._count(entry)
        if isinstance(event, Trouble | LinkLost | LinkRestored):
            self._line.above(_told(entry).removeprefix("  "))
        self._line.show(self._counts())

    def _count(self, entry: Entry) -> None:
        match entry.event:
            case RunStarted(plays=plays):
                self._total = plays
            case ScenarioStarted(scenario=name):
                self._begun += 1
                self._latest = name
            case ScenarioEnded(reason=reason):
                self._ended += 1
                self._stopped += bool(reason)
            case DeadlinePassed(waiting_for=waited) if waited != "silence":
                self._late += 1
            case _:
                pass

    def _counts(self) -> str:
        parts = [f"{self._ended}/{self._total} joués", f"{self._begun - self._ended} en cours"]
        if self._late:
            parts.append(counted(self._late, "délai dépassé", "délais dépassés"))
        if self._stopped:
            parts.append(counted(self._stopped, "arrêté"))
        return " · ".join([*parts, self._latest])

    def close(self) -> None:
        if self._line is not None:
            self._line.close()

"""What a run shows in a terminal: progress while it plays, then a summary."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from recette.journal.events import (
    DeadlinePassed,
    Entry,
    Event,
    RunResumed,
    RunStarted,
    ScenarioEnded,
    ScenarioStarted,
    Trouble,
)
from recette.journal.link_events import (
    EditorReturned,
    LinkBlocked,
    LinkDisturbed,
    LinkLost,
    LinkRestored,
    LinkUnblocked,
)
from recette.judge.verdicts import COUNTED, FRENCH, VERDICTS, Finding, Judgement, ScenarioResult, Verdict
from recette.report import summary
from recette.report.audience import Audience
from recette.report.grouping import CauseKey, cause_of
from recette.report.ink import Ink
from recette.report.live_line import LiveLine
from recette.report.text import returned
from recette.wording.counting import counted, in_seconds

_FEW = 20
"""Plays of a campaign whose every beginning is told where there is no live line."""
_EACH_CAUSE = 3
"""Plays of a long campaign that are told for one and the same cause."""
_OFTEN = 100
"""Plays between two lines on how far a longer one is."""


class Console:
    """Writes to `stream`; one live line on a terminal, plain lines elsewhere."""

    def __init__(self, stream: TextIO, *, verbose: bool = False) -> None:
        self._ink = Ink(stream)
        self._verbose = verbose

    @contextmanager
    def playing(self) -> Iterator[Audience]:
        """Who is to be told while a campaign is played."""
        stream = self._ink.stream
        if self._verbose or not stream.isatty() or os.environ.get("TERM") == "dumb":
            plain = _Plain(self._ink, each=self._verbose)
            yield Audience(plain.tell, plain.judged)
            self._ink.line()
            return
        live = _Live(self._ink)
        try:
            yield Audience(live.tell, live.judged)
        finally:
            live.close()

    def summary(self, judgement: Judgement, header: RunStarted) -> None:
        """The verdict and its causes on one screen; every play and finding where they are all wanted."""
        if self._verbose:
            summary.everything(judgement, self._ink)
        summary.at_a_glance(judgement, header, self._ink, causes_told=self._verbose)


def _told(entry: Entry) -> str:
    match entry.event:
        case ScenarioStarted(scenario=name):
            return f"  ▶ {name}"
        case DeadlinePassed(waiting_for=waited) as event if waited != "silence":
            what = {"ack": "d'acquittement", "message": "de message", "return": "de retour de l'éditeur"}.get(
                waited, waited
            )
            return f"    … {event.step} : pas {what} en {in_seconds(event.seconds)}"
        case RunResumed(remaining=remaining):
            return f"  ↻ reprise : {counted(len(remaining), 'passage')} à jouer"
        case Trouble(text=text):
            return f"    ! {text}"
        case ScenarioEnded(scenario=name, reason=reason) if reason:
            return f"    ■ {name} s'arrête : {reason}"
        case event:
            return _told_of_links(event)


def _told_of_links(event: Event) -> str:
    match event:
        case LinkLost(client=client, reason=reason):
            return f"    ! liaison de {client} avec le hub perdue ({reason}) : reprise en cours"
        case LinkRestored(client=client, seconds=away):
            return f"    ! liaison de {client} rétablie après {in_seconds(away)}"
        case LinkBlocked(client=client, reason=reason):
            return f"    ! le broker n'accepte plus de publications de {client} ({reason})"
        case LinkUnblocked(client=client):
            return f"    ! le broker accepte de nouveau les publications de {client}"
        case LinkDisturbed(client=client, incident=incident):
            return f"    ! la recette gêne la liaison de {client} ({incident}), qui doit s'en remettre de lui-même"
        case EditorReturned(client=client, seconds=away):
            return f"    ! {client} {returned(away)}"
        case _:
            return ""


class _Verdicts:
    """Which verdicts of a long campaign are told: not the ones that are as they must be, and of the others with one
    cause the first few.
    """

    def __init__(self) -> None:
        self._told: Counter[CauseKey | None] = Counter()

    def line(self, result: ScenarioResult) -> str:
        """The play and its cause, in a sentence; empty where it is not told."""
        if result.verdict == "pass":
            return ""
        first = _first(result)
        cause = cause_of(first) if first is not None else None
        self._told[cause] += 1
        times = self._told[cause]
        last = " (les passages suivants de même cause sont comptés)" if times == _EACH_CAUSE else ""
        return "" if times > _EACH_CAUSE else f"{_told_of(result)}{last}"


def _told_of(result: ScenarioResult) -> str:
    """A play with the first of what weighs most in its verdict."""
    cause = _first(result)
    if cause is not None:
        step = f", étape {cause.step}" if cause.step else ""
        return f"{result.id} : {cause.rule}{step} — {cause.explanation}"
    reason = result.reason if result.verdict != "pass" else ""
    return f"{result.id} : {reason}" if reason else result.id


def _first(result: ScenarioResult) -> Finding | None:
    found = [one for one in result.findings if one.verdict == result.verdict]
    return found[0] if found else None


class _Plain:
    """One line for each thing worth telling; of a long campaign neither beginnings nor what is as it must be, unless
    `each` play is wanted.
    """

    def __init__(self, ink: Ink, *, each: bool) -> None:
        self._ink = ink
        self._each = each
        self._total = self._ended = 0
        self._verdicts = _Verdicts()

    @property
    def _many(self) -> bool:
        return self._total > _FEW and not self._each

    def judged(self, result: ScenarioResult) -> None:
        told = self._verdicts.line(result) if self._many else _told_of(result)
        if told:
            self._ink.line(told, verdict=result.verdict, indent="  ")

    def tell(self, entry: Entry) -> None:
        event = entry.event
        if isinstance(event, RunStarted):
            self._total = event.plays
        if isinstance(event, ScenarioEnded) and self._many:
            self._ended += 1
            if self._ended % _OFTEN == 0:
                self._ink.line(f"  {self._ended}/{self._total} joués")
        told = _told(entry)
        if told and not (self._many and isinstance(event, ScenarioStarted)):
            self._ink.line(told)


class _Live:
    """Counts what happens, on one line; an operator at the same terminal gets plain lines instead."""

    def __init__(self, ink: Ink) -> None:
        self._ink = ink
        self._line: LiveLine | None = None
        self._total = self._begun = self._ended = self._late = self._stopped = 0
        self._verdicts = _Verdicts()
        self._judged: Counter[Verdict] = Counter()
        self._latest = ""

    def judged(self, result: ScenarioResult) -> None:
        self._judged[result.verdict] += 1
        if self._line is None:
            self._ink.line(_told_of(result), verdict=result.verdict, indent="  ")
            return
        told = self._verdicts.line(result)
        if told:
            self._line.above(f"{FRENCH[result.verdict]} {told}")
        self._line.show(self._counts())

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
        if isinstance(event, Trouble | LinkLost | LinkRestored | LinkBlocked | LinkUnblocked):
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
        parts = [f"{self._ended}/{self._total} joués"]
        parts += [counted(self._judged[one], *COUNTED[one]) for one in VERDICTS if self._judged[one]]
        parts.append(f"{self._begun - self._ended} en cours")
        if self._late:
            parts.append(counted(self._late, "délai dépassé", "délais dépassés"))
        if self._stopped:
            parts.append(counted(self._stopped, "arrêté"))
        return " · ".join([*parts, self._latest])

    def close(self) -> None:
        if self._line is not None:
            self._line.close()

"""What a run shows in a terminal: progress while it plays, then a summary."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TextIO

from recette.journal.events import DeadlinePassed, Entry, RunEnded, ScenarioEnded, ScenarioStarted, Trouble
from recette.judge.verdicts import FRENCH, Judgement
from recette.report.text import finding_lines, safe

_COLOURS = {"error": "35", "fail": "31", "inconc": "33", "pass": "32", "none": "90", "remark": "36"}


class Console:
    """Writes to `stream`; plain where it is no terminal or NO_COLOR is set."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._colour = stream.isatty() and "NO_COLOR" not in os.environ

    def progress(self, entry: Entry) -> None:
        """A line for each scenario as it is played, and for what goes wrong on the way."""
        event = entry.event
        if isinstance(event, ScenarioStarted):
            self._line(f"  ▶ {event.scenario}")
        elif isinstance(event, DeadlinePassed) and event.waiting_for != "silence":
            waited = {"ack": "d'acquittement", "message": "de message"}.get(
                event.waiting_for, event.waiting_for
            )
            self._line(f"    … {event.step} : pas {waited} en {event.seconds:g} s")
        elif isinstance(event, Trouble):
            self._line(f"    ! {event.text}")
        elif isinstance(event, ScenarioEnded) and event.reason:
            self._line(f"    ■ {event.scenario} s'arrête : {event.reason}")
        elif isinstance(event, RunEnded):
            self._line("")

    def summary(self, judgement: Judgement) -> None:
        """Every scenario's verdict, each finding as a block, then the verdict of the whole."""
        for line in self._summary(judgement):
            self._line(line)

    def _summary(self, judgement: Judgement) -> Iterator[str]:
        for one in judgement.scenarios:
            yield f"{self._verdict(one.verdict):<14} {one.id} — {one.title}"
            if one.reason:
                yield f"    {one.reason}"
            for finding in one.findings:
                yield ""
                yield from (f"  {line}" for line in finding_lines(finding))
            if one.findings:
                yield ""
        yield from (f"Note : {note}" for note in judgement.notes)
        counts = judgement.counts
        shown = [
            f"{counts[name]} {FRENCH[name].lower()}" for name in ("pass", "fail", "inconc", "error", "none")
        ]
        yield f"\n{self._verdict(judgement.verdict)} : {len(judgement.scenarios)} scénarios joués ou choisis"
        yield f"    {', '.join(shown)} ; {counts['remarks']} remarque(s)"

    def _verdict(self, verdict: str) -> str:
        text = f"{FRENCH[verdict]:<14}".rstrip() if self._colour else FRENCH[verdict]
        return f"\033[{_COLOURS[verdict]}m{text}\033[0m" if self._colour else text

    def _line(self, text: str) -> None:
        keep = "\033" in text and self._colour
        print(text if keep else safe(text), file=self._stream, flush=True)

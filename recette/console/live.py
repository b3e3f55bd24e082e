"""What a run looks like while it is played, or once it is over: its plays, each with what there is to show of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from recette.journal.events import (
    DeadlineExtended,
    Entry,
    LinkBlocked,
    LinkLost,
    LinkRestored,
    LinkUnblocked,
    NotLoaded,
    Received,
    RunEnded,
    RunStarted,
    ScenarioEnded,
    ScenarioStarted,
    Sent,
    StepClosed,
    StepOpened,
    Trouble,
)
from recette.journal.reader import UnreadableJournalError
from recette.judge.judging import what_is_done
from recette.judge.record import Record
from recette.judge.replay import Replay
from recette.judge.verdicts import Finding, ScenarioResult, StepResult
from recette.messages.hub_saw import HubSaw
from recette.report.story import Body, Play, Story, play_of

State = Literal["waiting", "playing", "ended", "judged"]
_NEWS = 50
"""Lines about the run as a whole that are kept."""


@dataclass(slots=True)
class PlayView:
    """One play of a run, as far as it came."""

    name: str
    title: str
    state: State = "waiting"
    result: ScenarioResult | None = None
    """Its final verdict, once it has one."""
    play: Play | None = None
    """All there is to show of it, once it is judged."""
    version: int = 0
    """Grows with whatever happens to it."""
    steps: dict[str, float] = field(default_factory=dict)
    """Those that are open, with when their time is up, in seconds since 1970; 0 without a deadline."""
    _record: Record | None = None
    _begun: Entry | None = None
    _named: list[Entry] = field(default_factory=list)

    @property
    def number(self) -> int:
        """Of the entry that it began with, until it is judged; 0 before and after."""
        return self._begun.number if self._begun is not None else 0

    def seen(self, elapsed: Mapping[int, float]) -> Play | None:
        """The play as it stands; None before it begins, or where its journal cannot be read any further."""
        if self.play is not None or self._record is None or self._begun is None:
            return self.play
        return play_of(self._record, self._so_far(self._record), self._begun, self._named, elapsed)

    def _so_far(self, record: Record) -> ScenarioResult:
        """No verdict before it is final."""
        casting = record.casting
        steps = tuple(
            StepResult(step.id, step.title, *what_is_done(casting, step), "none") for step in casting.steps
        )
        return ScenarioResult(
            self.name, casting.scenario.title, "none", steps, (), "", record.vhost.name, casting.editor_client
        )

    def begins(self, entry: Entry, record: Record | None, version: int) -> None:
        """It begins, or begins again."""
        self.state, self.version, self.steps, self.result, self.play = "playing", version, {}, None, None
        self._begun, self._record, self._named = entry, record, []
        if record is not None:
            self.title = record.casting.scenario.title

    def takes(self, entry: Entry, version: int) -> None:
        """Something that names it was journaled."""
        self.version = version
        self._named.append(entry)
        match entry.event:
            case StepOpened(step=step, deadline=seconds):
                begun = datetime.fromisoformat(entry.at).timestamp()
                self.steps[step] = begun + seconds if seconds is not None else 0.0
            case DeadlineExtended(step=step, seconds=seconds) if self.steps.get(step):
                self.steps[step] += seconds
            case StepClosed(step=step):
                self.steps.pop(step, None)
            case ScenarioEnded():
                self.state = "ended"
            case _:
                pass

    def is_judged(self, result: ScenarioResult, elapsed: Mapping[int, float], version: int) -> None:
        """Its verdict is final; what it was made of can go."""
        if self._record is not None and self._begun is not None:
            self.play = play_of(self._record, result, self._begun, self._named, elapsed)
        self.state, self.result, self.version = "judged", result, version
        self._record, self._begun, self._named = None, None, []


class RunView:
    """A run as it comes in, entry by entry; belongs to one thread."""

    def __init__(self, titles: Mapping[str, str] | None = None) -> None:
        """`titles` by scenario id, for plays that are still to come."""
        self.header: RunStarted | None = None
        self.version = 0
        self.plays: dict[str, PlayView] = {}
        self.story: Story | None = None
        """The whole, once the run is over and judged."""
        self.news: list[str] = []
        """What befell the run as a whole, in French."""
        self.complete = False
        """Whether it came to its end."""
        self.elapsed: dict[int, float] = {}
        self.current = ""
        """The play in which something happened last."""
        self._titles = titles or {}
        self._replay: Replay | None = None
        self._bodies: dict[int, Body] = {}
        self._recent: dict[int, Body] = {}

    @classmethod
    def told(cls, story: Story) -> RunView:
        """A run that is over, as its reports tell it."""
        view = cls()
        view.header, view.complete = story.header, story.complete
        view._finish(story)
        return view

    @property
    def bodies(self) -> Mapping[int, Body]:
        """The messages that findings are about, by event."""
        return self.story.bodies if self.story is not None else self._bodies

    def body(self, finding: Finding) -> Body | None:
        """The message that a finding is about."""
        return self.bodies.get(finding.event)

    def take(self, entry: Entry) -> None:
        """The next entry of the journal."""
        event = entry.event
        self.version += 1
        self.elapsed[entry.number] = entry.elapsed / 1000
        if isinstance(event, RunStarted):
            self._starts(event)
        if isinstance(event, Received | Sent | HubSaw) and event.body is not None:
            self._recent[entry.number] = Body(event.content_type, event.body)
        record = self._replayed(entry)
        if isinstance(event, ScenarioStarted):
            view = self.plays.setdefault(event.scenario, PlayView(event.scenario, event.scenario))
            view.begins(entry, record, self.version)
            self.current = event.scenario
        elif (name := getattr(event, "scenario", None)) in self.plays:
            self.plays[name].takes(entry, self.version)
            self.current = name
        else:
            self._touch(event)
        self._note(entry)

    def _starts(self, header: RunStarted) -> None:
        self.header = header
        self._replay = Replay(header)
        for name in header.plan:
            self.plays[name] = PlayView(name, self._titles.get(name.partition(".g")[0], name))

    def _replayed(self, entry: Entry) -> Record | None:
        """Sort the entry; the record of the play that begins with it. A journal that contradicts itself is shown no more."""
        if self._replay is None:
            return None
        try:
            self._replay.take(entry)
        except UnreadableJournalError as error:
            self._say(str(error))
            self._replay = None
            return None
        started = isinstance(entry.event, ScenarioStarted)
        return self._replay.running(entry.event.scenario) if started else None  # type: ignore[union-attr]

    def _touch(self, event: object) -> None:
        """What came from the hub may belong to any play that is going on."""
        if isinstance(event, Received | HubSaw):
            for view in self.plays.values():
                if view.state in {"playing", "ended"}:
                    view.version = self.version

    def _note(self, entry: Entry) -> None:
        match entry.event:
            case Trouble(text=text):
                self._say(text)
            case LinkLost(client=client, reason=reason):
                self._say(f"La liaison de {client} avec le hub est perdue ({reason}) : reprise en cours.")
            case LinkRestored(client=client):
                self._say(f"La liaison de {client} est rétablie.")
            case LinkBlocked(client=client, reason=reason):
                self._say(f"Le broker n'accepte plus de publications de {client} ({reason}).")
            case LinkUnblocked(client=client):
                self._say(f"Le broker accepte de nouveau les publications de {client}.")
            case NotLoaded(scenario=name, title=title, reason=reason):
                self.judged(ScenarioResult(name, title, "none", (), (), reason))
            case RunEnded():
                self.complete = True
            case _:
                pass

    def _say(self, text: str) -> None:
        self.news = [*self.news, text][-_NEWS:]

    def judged(self, result: ScenarioResult) -> None:
        """A play has its final verdict."""
        self.version += 1
        view = self.plays.setdefault(result.id, PlayView(result.id, result.title))
        self._bodies |= {
            one.event: self._recent[one.event] for one in result.findings if one.event in self._recent
        }
        view.is_judged(result, self.elapsed, self.version)
        self._forget()

    def _forget(self) -> None:
        """The bodies that no play can be about any more."""
        oldest = min((one.number for one in self.plays.values() if one.number), default=None)
        for number in list(self._recent):
            if oldest is not None and number > oldest:
                break
            del self._recent[number]

    def finished(self, story: Story) -> None:
        """The run is over and judged as a whole."""
        self._finish(story)

    def _finish(self, story: Story) -> None:
        self.version += 1
        self.story = story
        for one in story.plays:
            view = self.plays.setdefault(one.result.id, PlayView(one.result.id, one.result.title))
            view.title, view.state, view.result, view.play = one.result.title, "judged", one.result, one
            view.version = self.version


def counts(plays: Iterable[PlayView]) -> dict[str, int]:
    """Plays by verdict, and by state where they have none."""
    found = dict.fromkeys(("pass", "fail", "inconc", "error", "none", "playing", "waiting"), 0)
    for one in plays:
        if one.result is not None:
            found[one.result.verdict] += 1
        else:
            found["waiting" if one.state == "waiting" else "playing"] += 1
    return found

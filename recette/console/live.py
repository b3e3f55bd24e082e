"""What a run looks like while it is played, or once it is over: its plays, each with what there is to show of it."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from recette.journal.events import (
    DeadlineExtended,
    Entry,
    NotLoaded,
    Received,
    RunEnded,
    RunStarted,
    ScenarioEnded,
    ScenarioStarted,
    StepClosed,
    StepOpened,
    Trouble,
)
from recette.journal.link_events import LinkBlocked, LinkLost, LinkRestored, LinkUnblocked
from recette.journal.reader import UnreadableJournalError
from recette.judge.judging import what_is_done
from recette.judge.record import Record
from recette.judge.replay import Replay
from recette.judge.standing import SoFar, Standing
from recette.judge.verdicts import Finding, ScenarioResult, StepResult, worst
from recette.messages.hub_saw import HubSaw
from recette.report.story import Body, Play, Story, play_of

State = Literal["waiting", "playing", "ended", "judged"]
_JUDGED_LIVE = 512 * 1024
"""Bytes of messages that are looked at while their play goes on: more would hold up the pages, and wait for its end."""
_SPARED = 0.005
"""How much of the time, at most, goes into looking how plays stand."""
_AT_ONCE = 0.2
"""Seconds beyond, so that the first plays, which a person may be waited for in, are looked at as they go."""
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
    _standing: Paced | None = None
    _stood: tuple[int, SoFar] = (0, SoFar())
    """How it stood when that many of its steps were over."""
    _begun: Entry | None = None
    _named: list[Entry] = field(default_factory=list)

    def seen(self, elapsed: Mapping[int, float]) -> Play | None:
        """The play as it stands; None before it begins, or where its journal cannot be read any further."""
        if self.play is not None or self._record is None or self._begun is None:
            return self.play
        return play_of(self._record, self._so_far(self._record), self._begun, self._named, elapsed)

    def stands(self) -> SoFar:
        """What the rules find so far; looked for again once one more step is over."""
        record, standing = self._record, self._standing
        if record is None or standing is None or self.play is not None:
            return SoFar()
        over = sum(len(window) > 1 for window in record.course.windows.values())
        if over != self._stood[0]:
            size = sum(len(one.event.body) for one in record.delivered)
            found = standing.of(record) if size <= _JUDGED_LIVE else SoFar()
            if found is None:
                return self._stood[1]  # nobody could follow plays that go by so fast
            self._stood = over, found
        return self._stood[1]

    @property
    def bodies(self) -> Iterator[tuple[int, Body]]:
        """The messages that what the rules find so far is about, by event."""
        so_far, record = self.stands(), self._record
        about = {one.event for one in (*so_far.lasting, *so_far.open)}
        if record is None:
            return
        for delivered in record.delivered:
            if delivered.arrival.number in about:
                yield delivered.arrival.number, Body(delivered.event.content_type, delivered.event.body)
        for refused in record.hub.refusals:
            if refused.number in about and refused.event.body is not None:
                yield refused.number, Body(refused.event.content_type, refused.event.body)

    def _so_far(self, record: Record) -> ScenarioResult:
        """No verdict before it is final: that of a step is, once something was found that nothing takes back."""
        casting, found = record.casting, self.stands().lasting
        steps = tuple(
            StepResult(
                step.id,
                step.title,
                *what_is_done(casting, step),
                worst(one.verdict for one in found if one.step == step.id and one.verdict != "remark"),
            )
            for step in casting.steps
        )
        return ScenarioResult(
            self.name,
            casting.scenario.title,
            "none",
            steps,
            found,
            "",
            record.vhost.name,
            casting.editor_client,
        )

    def begins(self, entry: Entry, record: Record | None, standing: Paced | None, version: int) -> None:
        """It begins, or begins again."""
        self.state, self.version, self.steps, self.result, self.play = "playing", version, {}, None, None
        self._begun, self._record, self._named = entry, record, []
        self._standing, self._stood = standing, (0, SoFar())
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
                self.steps.clear()  # those that were cut off await nothing more
            case _:
                pass

    def is_judged(self, result: ScenarioResult, version: int) -> None:
        """Its verdict is final."""
        self.state, self.result, self.version = "judged", result, version

    def is_shown(self, play: Play, version: int) -> None:
        """All there is to show of it is there; what it was made of can go."""
        self.play, self.version = play, version
        self._record, self._begun, self._named, self._standing = None, None, [], None


class Paced:
    """How plays stand, asked for no more of the time than playing can spare."""

    def __init__(self, header: RunStarted) -> None:
        self._standing = Standing(header)
        self._begun = time.perf_counter()
        self._spent = 0.0

    def complete(self, record: Record) -> None:
        """A play came to its end."""
        self._standing.complete(record)

    def of(self, record: Record) -> SoFar | None:
        """How a play stands; None where there is no time to look."""
        now = time.perf_counter()
        if self._spent > _AT_ONCE + _SPARED * (now - self._begun):
            return None
        found = self._standing.of(record)
        self._spent += time.perf_counter() - now
        return found


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
        self._going: dict[str, PlayView] = {}
        """The plays that have begun and are not judged."""
        self._replay: Replay | None = None
        """Of a run that plays one after the other: of many at a time nobody could follow what is told of each."""
        self._standing: Paced | None = None
        self._bodies: dict[int, Body] = {}
        self._gathered: tuple[int, Mapping[int, Body]] = (0, {})
        """These with those of the plays that go on, as they were at that version."""

    @classmethod
    def told(cls, story: Story, titles: Mapping[str, str] | None = None) -> RunView:
        """A run that is over, as its reports tell it; where it was cut off, with what it left to be played."""
        view = cls(titles)
        view.header, view.complete = story.header, story.complete
        view.finished(story)
        if not story.complete:
            view._plan(story.header)
        return view

    @property
    def bodies(self) -> Mapping[int, Body]:
        """The messages that findings are about, by event."""
        if self.story is not None:
            return self.story.bodies
        if self._gathered[0] != self.version:  # asked once for each finding
            going = dict(one for view in self._going.values() for one in view.bodies)
            self._gathered = self.version, self._bodies | going
        return self._gathered[1]

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
        record = self._replayed(entry)
        if isinstance(event, ScenarioStarted):
            view = self.plays.setdefault(event.scenario, PlayView(event.scenario, event.scenario))
            view.begins(entry, record, self._standing, self.version)
            self._going[event.scenario] = view
            self.current = event.scenario
        elif (name := getattr(event, "scenario", None)) in self.plays:
            self.plays[name].takes(entry, self.version)
            self.current = name
        else:
            self._touch(event)
        self._note(entry)

    def _starts(self, header: RunStarted) -> None:
        self.header = header
        self._replay = Replay(header) if header.jobs == 1 else None
        self._standing = Paced(header) if header.jobs == 1 and not header.face_to_face else None
        self._plan(header)

    def _plan(self, header: RunStarted) -> None:
        for name in header.plan:
            self.plays.setdefault(name, PlayView(name, self._titles.get(name.partition(".g")[0], name)))

    def _replayed(self, entry: Entry) -> Record | None:
        """Sort the entry; the record of the play that begins with it. A journal that contradicts itself is shown no more."""
        if self._replay is None:
            return None
        try:
            for record in self._replay.take(entry):
                if self._standing is not None and not record.replayed:
                    self._standing.complete(record)
        except UnreadableJournalError as error:
            self._say(str(error))
            self._replay = None
            return None
        started = isinstance(entry.event, ScenarioStarted)
        return self._replay.running(entry.event.scenario) if started else None  # type: ignore[union-attr]

    def _touch(self, event: object) -> None:
        """What came from the hub may belong to any play that is going on."""
        if isinstance(event, Received | HubSaw):
            for view in self._going.values():
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
            case NotLoaded(scenario=name, title=title, reason=reason, vhost=vhost):
                self.judged(ScenarioResult(name, title, "none", (), (), reason, vhost))
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
        view.is_judged(result, self.version)
        self._going.pop(result.id, None)

    def shown(self, play: Play, bodies: Mapping[int, Body]) -> None:
        """All there is to show of a play that was judged."""
        self.version += 1
        self.plays[play.result.id].is_shown(play, self.version)
        self._bodies |= bodies

    def finished(self, story: Story) -> None:
        """The run is over and judged as a whole."""
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

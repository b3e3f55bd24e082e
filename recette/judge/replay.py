"""Goes over a journal once more, with the matching that play used, and sorts its facts by scenario."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from recette.journal.events import (
    Attested,
    Confirmed,
    DeadlinePassed,
    DriverAnswered,
    Entry,
    HubSaw,
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
from recette.messages.reading import JSON_TYPE, Message, read
from recette.scenario.loader import load
from recette.scenario.matching import Arrival, Progress, assign, assign_refusal
from recette.scenario.model import Casting, Scenario


@dataclass(frozen=True, slots=True)
class Delivered:
    """An arrival with the delivery it came in."""

    arrival: Arrival
    event: Received
    at: datetime


@dataclass(frozen=True, slots=True)
class Refusal:
    """A message that the hub refused or buried, as the hub saw it."""

    number: int
    event: HubSaw
    message: Message
    step: str


@dataclass
class Record:
    """Everything that belongs to one play of a scenario."""

    casting: Casting
    progress: Progress
    number: int
    delivered: list[Delivered] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    forwards: list[tuple[int, HubSaw]] = field(default_factory=list)
    """What the hub passed on for the editor while the scenario was played."""
    missed: dict[str, tuple[int, DeadlinePassed]] = field(default_factory=dict)
    attested: dict[str, tuple[int, Attested]] = field(default_factory=dict)
    driver_failed: dict[str, tuple[int, DriverAnswered]] = field(default_factory=dict)
    not_confirmed: list[tuple[int, Confirmed]] = field(default_factory=list)
    troubles: list[tuple[int, Trouble]] = field(default_factory=list)
    windows: dict[str, list[int]] = field(default_factory=dict)
    """First and, once it is closed, last event number of each step."""
    ended: ScenarioEnded | None = None

    @cached_property
    def ids(self) -> frozenset[str | None]:
        """Those of the messages that arrived or were refused; to be asked once everything is sorted."""
        arrived = {one.arrival.message.distribution_id for one in self.delivered}
        return frozenset(arrived | {one.message.distribution_id for one in self.refusals}) - {None}

    def step_at(self, number: int) -> str:
        """The step that was open at that event, or the last one before it."""
        begun = [name for name, window in self.windows.items() if window[0] <= number]
        return begun[-1] if begun else ""


@dataclass(slots=True)
class Replay:
    """A whole journal, sorted."""

    header: RunStarted
    records: list[Record] = field(default_factory=list)
    not_loaded: list[NotLoaded] = field(default_factory=list)
    unclaimed: int = 0
    troubles: list[Trouble] = field(default_factory=list)
    first: str = ""
    last: str = ""
    complete: bool = False


def replay(header: RunStarted, entries: Iterable[Entry]) -> Replay:
    """Sort the entries of a journal whose header is `header`."""
    return _Replayer(header).run(entries)


class _Replayer:
    def __init__(self, header: RunStarted) -> None:
        self.result = Replay(header)
        self.running: dict[str, Record] = {}
        self.loaded: dict[tuple[tuple[str, str], ...], Scenario] = {}
        self.forwards: list[tuple[int, HubSaw, list[Record]]] = []
        """What the hub passed on, with the scenarios that were being played with its sender."""

    def run(self, entries: Iterable[Entry]) -> Replay:
        for entry in entries:
            self.result.first = self.result.first or entry.at
            self.result.last = entry.at
            self._take(entry.number, entry)
        self._share_forwards()
        return self.result

    def _take(self, number: int, entry: Entry) -> None:  # noqa: C901, PLR0912 - one line for each kind of event
        event = entry.event
        match event:
            case ScenarioStarted():
                casting = Casting(self._scenario(event), event.editor, event.clients)
                record = Record(casting, Progress(casting, event.values), number)
                self.running[event.scenario] = record
                self.result.records.append(record)
            case StepOpened():
                record = self.running[event.scenario]
                record.windows[event.step] = [number]
                record.progress.open(event.step, event.values.get("now", ""))
            case StepClosed():
                self.running[event.scenario].windows[event.step].append(number)
            case Sent():
                record = self.running[event.scenario]
                message = read(event.body, event.content_type, self.result.header.generation)
                record.progress.publish(number, event.step, message)
            case Confirmed():
                if event.status != "confirmed":
                    self.running[event.scenario].not_confirmed.append((number, event))
            case Received():
                self._received(number, entry.at, event)
            case HubSaw():
                self._hub_saw(number, event)
            case DeadlinePassed():
                self.running[event.scenario].missed[event.step] = (number, event)
            case Attested():
                self.running[event.scenario].attested[event.step] = (number, event)
            case DriverAnswered():
                if not event.accepted:
                    self.running[event.scenario].driver_failed[event.step] = (number, event)
            case Trouble():
                record_or_none = self.running.get(event.scenario or "")
                if record_or_none is not None:
                    record_or_none.troubles.append((number, event))
                else:
                    self.result.troubles.append(event)
            case NotLoaded():
                self.result.not_loaded.append(event)
            case ScenarioEnded():
                self.running.pop(event.scenario).ended = event
            case RunEnded():
                self.result.complete = True
            case _:
                pass

    def _scenario(self, event: ScenarioStarted) -> Scenario:
        """The scenario from its own sources, loaded once for all its plays."""
        key = ((event.file, ""), *event.sources.items())
        if key not in self.loaded:
            self.loaded[key] = load(event.file, event.sources)
        return self.loaded[key]

    def _received(self, number: int, at: str, event: Received) -> None:
        message = read(event.body, event.content_type, self.result.header.generation)
        arrival = Arrival(number, event.client, event.queue.rpartition(".")[2], message)
        progress = assign([record.progress for record in self.running.values()], arrival)
        if progress is None:
            self.result.unclaimed += 1
            return
        progress.take(arrival)
        record = self._record_of(progress)
        record.delivered.append(Delivered(arrival, event, datetime.fromisoformat(at)))

    def _hub_saw(self, number: int, event: HubSaw) -> None:
        if event.action == "forwarded":
            mine = [one for one in self.running.values() if one.casting.editor_client == event.client]
            if mine:
                self.forwards.append((number, event, mine))
        if event.action not in {"refused", "dead-lettered"} or event.body is None:
            return
        message = read(event.body, event.content_type or JSON_TYPE, self.result.header.generation)
        running = [record.progress for record in self.running.values()]
        progress = assign_refusal(running, event.client, message, number)
        if progress is not None:
            record = self._record_of(progress)
            record.refusals.append(Refusal(number, event, message, record.step_at(number)))

    def _record_of(self, progress: Progress) -> Record:
        return next(one for one in self.running.values() if one.progress is progress)

    def _share_forwards(self) -> None:
        """What the hub passed on goes to the scenario of the message that arrived or that it refers to."""
        for number, event, running in self.forwards:
            about = {event.distribution_id, event.reference_id} - {None}
            told = [one for one in running if about & (one.ids | one.progress.published.keys())]
            (told or running)[-1].forwards.append((number, event))

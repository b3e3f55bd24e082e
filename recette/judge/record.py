"""Everything that belongs to one play of a scenario, as its journal tells it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from recette.journal.events import (
    Attested,
    Confirmed,
    DeadlinePassed,
    DriverAnswered,
    DriverAsked,
    Event,
    Received,
    ScenarioEnded,
    Sent,
    StepClosed,
    StepDone,
    StepOpened,
    Trouble,
)
from recette.journal.link_events import EditorReturned, LinkDisturbed, Probed, QueuesShared
from recette.judge.gaps import Gap
from recette.messages.hub_saw import HubSaw
from recette.messages.reading import Message, read
from recette.messages.vhosts import VHost
from recette.scenario.matching import Arrival, Progress, Publication
from recette.scenario.model import Casting
from recette.scenario.steps import DisturbStep, MessageStep, Step


class ContradictionError(ValueError):
    """An event is about something that its journal has not; the text names it."""


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


@dataclass(slots=True)
class Course:
    """What was asked, awaited and said at each step; by the step's id."""

    windows: dict[str, list[int]] = field(default_factory=dict)
    """First and, once it is closed, last event number of each step."""
    missed: dict[str, tuple[int, DeadlinePassed]] = field(default_factory=dict)
    probes: dict[str, tuple[int, Probed]] = field(default_factory=dict)
    """What a probe told after a message that was awaited in vain."""
    attested: dict[str, tuple[int, Attested]] = field(default_factory=dict)
    driver_failed: dict[str, tuple[int, DriverAnswered]] = field(default_factory=dict)
    driven_by: dict[str, str] = field(default_factory=dict)
    """The driver that was asked."""
    told: dict[str, int] = field(default_factory=dict)
    """How many times the editor may have been told."""
    disturbed: dict[str, int] = field(default_factory=dict)
    """When the recette began to disturb the editor's link, which may have come to nothing."""
    returned: dict[str, int] = field(default_factory=dict)
    """When it had come back from it."""
    done: set[str] = field(default_factory=set)
    """Steps that an operator says to have done."""

    def apply(self, number: int, event: Event) -> None:
        """Take in what an event tells of a step. Raises ContradictionError."""
        match event:
            case StepOpened():
                self.windows[event.step] = [number]
            case StepClosed():
                if event.step not in self.windows:
                    raise ContradictionError(event.step)
                self.windows[event.step].append(number)
            case DeadlinePassed():
                self.missed[event.step] = (number, event)
            case Attested():
                self.attested[event.step] = (number, event)
            case DriverAsked():
                self.driven_by[event.step] = event.driver
            case StepDone():
                self.done.add(event.step)
            case DriverAnswered():
                self.told[event.step] = self.told.get(event.step, 0) + event.attempts
                if not event.accepted:
                    self.driver_failed[event.step] = (number, event)
            case _:
                self._of_the_link(number, event)

    def begun(self, step: str, otherwise: int) -> int:
        """When a step was opened."""
        return self.windows[step][0] if step in self.windows else otherwise

    def took_place(self, incident: str) -> bool:
        """Whether the editor's link was disturbed in that step: its return was awaited to the end, and not one of a link that
        nothing had happened to.
        """
        return incident in self.disturbed and (incident in self.returned or incident in self.missed)

    def _of_the_link(self, number: int, event: Event) -> None:
        if isinstance(event, LinkDisturbed):
            self.disturbed[event.step] = number
        elif isinstance(event, EditorReturned):
            self.returned[event.step] = number


@dataclass(slots=True)
class Outgoing:
    """What the partners published."""

    sent: dict[int, str | None] = field(default_factory=dict)
    """distributionIDs, by the number of the event."""
    errors: list[tuple[int, Message]] = field(default_factory=list)
    """Their own error reports."""
    not_confirmed: list[tuple[int, Confirmed]] = field(default_factory=list)
    reached: dict[str, int] = field(default_factory=dict)
    """When the hub passed each on, by distributionID; empty where its side is not seen."""
    elsewhere: dict[str, tuple[int, str]] = field(default_factory=dict)
    """What the hub took to a vHost on which the editor is not, by distributionID: when, and which."""


ALIKE_MAX = 100
"""Acts of an editor that are kept of those that are alike: one that reconnects in a loop does the same for days."""


@dataclass(slots=True)
class HubSide:
    """What the hub, and a broker that tells, saw of the editor; empty where its side is not seen."""

    refusals: list[Refusal] = field(default_factory=list)
    """The partners' messages too."""
    forwards: list[tuple[int, HubSaw]] = field(default_factory=list)
    """What the hub passed on for the editor while the scenario was played."""
    limited: list[tuple[int, HubSaw]] = field(default_factory=list)
    """What the hub received of the editor with a time to live of its own."""
    published: list[tuple[int, HubSaw]] = field(default_factory=list)
    """What the editor's own relay saw it publish, where the hub's side is not seen."""
    rewritten: list[tuple[int, HubSaw]] = field(default_factory=list)
    """What the hub received of the editor and had to write anew, as the editor sent it."""
    acts: list[tuple[int, HubSaw]] = field(default_factory=list)
    """What the editor did at the broker, since it connected: of what it did again and again, the first `ALIKE_MAX`."""
    vanished: list[tuple[int, Message]] = field(default_factory=list)
    """What the hub's conversion left nothing of."""
    unconverted: list[Refusal] = field(default_factory=list)
    """Messages of the editor that the hub could not convert, or refused after it had converted them."""


@dataclass(slots=True)
class Links:
    """Who was not connected when, and what is known of the hub's way between them."""

    way: tuple[int, Probed] | None = None
    """What a probe told of the way to the editor when the run began."""
    heard: frozenset[str] = frozenset()
    """Models of which the editor answered a partner's message in a play that was over before: what is sent arrives."""
    pace: float = 0.0
    """Seconds that the hub took for a message then, at most."""
    gaps: list[Gap] = field(default_factory=list)
    """When the partners were not."""
    away: list[Gap] = field(default_factory=list)
    """When the editor was cut off; without an end where it never came back."""
    lags: list[Gap] = field(default_factory=list)
    """When a machine that passes messages on was late; `client` says which."""


@dataclass
class Record:
    """Everything that belongs to one play of a scenario; `place` counts the plays in the order of their first beginning."""

    casting: Casting
    progress: Progress
    vhost: VHost
    meeting: VHost
    """Where the partners live, and what comes to them is seen; another than `vhost` where the hub converts."""
    target: tuple[str, str]
    """The vHost and the editor's client id."""
    number: int
    place: int
    begun: datetime
    delivered: list[Delivered] = field(default_factory=list)
    arrived: set[str | None] = field(default_factory=set)
    """distributionIDs of what was delivered."""
    misfiled: list[tuple[Arrival, str]] = field(default_factory=list)
    """What was this play's but for its case, which is another play's, that is over: its name."""
    twice: list[tuple[int, Message]] = field(default_factory=list)
    """What came twice to the byte, by whosever doing: it counts once."""
    course: Course = field(default_factory=Course)
    outgoing: Outgoing = field(default_factory=Outgoing)
    hub: HubSide = field(default_factory=HubSide)
    links: Links = field(default_factory=Links)
    shared: tuple[int, QueuesShared] | None = None
    """Somebody else read its partners' queues."""
    troubles: list[tuple[int, Trouble]] = field(default_factory=list)
    ended: ScenarioEnded | None = None
    cut: bool = False
    """Whether the run was cut off during the play."""
    replayed: bool = False
    """Whether it was played again from its start: this attempt gives no verdict."""

    def apply(self, number: int, event: Event) -> None:
        """Take in an event that names this play. Raises ContradictionError."""
        self._check_step(event)
        self.course.apply(number, event)
        match event:
            case StepOpened():
                self.progress.open(event.step, event.values.get("now", ""))
            case Sent():
                self._sent(number, event)
            case Confirmed():
                self._confirmed(number, event)
            case Probed():
                self.course.probes[event.step or ""] = (number, event)
            case QueuesShared():
                self.shared = (number, event)
            case Trouble():
                self.troubles.append((number, event))
            case ScenarioEnded():
                self.ended = event
            case _:
                pass

    def _check_step(self, event: Event) -> None:
        """An event is about a step of this scenario, and one of its kind. Raises ContradictionError."""
        name, scenario = getattr(event, "step", None), self.casting.scenario
        if not name:
            return
        if not scenario.has_step(name):
            raise ContradictionError(name)
        wanted: type[Step] = MessageStep
        match event:
            case DeadlinePassed(waiting_for="silence"):
                return
            case LinkDisturbed() | EditorReturned() | DeadlinePassed(waiting_for="return"):
                wanted = DisturbStep
            case Sent() | DriverAsked() | DriverAnswered() | DeadlinePassed():
                pass
            case _:
                return
        if not isinstance(scenario.step(name), wanted):
            raise ContradictionError(name)

    def _sent(self, number: int, event: Sent) -> None:
        message = read(event.body, event.content_type, self.meeting.edition)
        self.progress.publish(number, event.step, message)
        self.outgoing.sent[number] = message.distribution_id
        if message.model == "RS-ERROR":
            self.outgoing.errors.append((number, message))

    def _confirmed(self, number: int, event: Confirmed) -> None:
        if event.status == "confirmed":
            return
        if event.sent not in self.outgoing.sent:
            raise ContradictionError(event.sent)
        self.outgoing.not_confirmed.append((number, event))

    @cached_property
    def ids(self) -> frozenset[str | None]:
        """Those of the messages that arrived or were refused; to be asked once everything is sorted."""
        arrived = {one.arrival.message.distribution_id for one in self.delivered}
        return frozenset(arrived | {one.message.distribution_id for one in self.hub.refusals}) - {None}

    @property
    def answers(self) -> Iterator[tuple[Publication, Arrival]]:
        """The partners' messages that the editor acknowledged, or reported an error of, and what with."""
        return (
            (publication, one)
            for publication in self.progress.published.values()
            for one in (*publication.acks, *publication.errors)
            if one.message.sender_id == self.casting.editor_client
        )

    @property
    def across(self) -> bool:
        """Whether the hub converts what passes between the editor and its partners."""
        return self.meeting.name != self.vhost.name

    def step_at(self, number: int) -> str:
        """The step that was open at that event, or the last one before it."""
        begun = [name for name, window in self.course.windows.items() if window[0] <= number]
        return begun[-1] if begun else ""

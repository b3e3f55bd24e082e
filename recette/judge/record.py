"""Everything that belongs to one play of a scenario, as its journal tells it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from recette.journal.events import (
    Attested,
    Confirmed,
    DeadlinePassed,
    DriverAnswered,
    QueuesShared,
    Received,
    ScenarioEnded,
    Trouble,
)
from recette.judge.gaps import Gap
from recette.messages.hub_saw import HubSaw
from recette.messages.reading import Message
from recette.messages.vhosts import VHost
from recette.scenario.matching import Arrival, Progress
from recette.scenario.model import Casting


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
    """Everything that belongs to one play of a scenario; `place` counts the plays in the order of their first beginning."""

    casting: Casting
    progress: Progress
    vhost: VHost
    target: tuple[str, str]
    """The vHost and the editor's client id."""
    number: int
    place: int
    begun: datetime
    delivered: list[Delivered] = field(default_factory=list)
    twice: list[tuple[int, Message]] = field(default_factory=list)
    """What came twice to the byte, by whosever doing: it counts once."""
    refusals: list[Refusal] = field(default_factory=list)
    forwards: list[tuple[int, HubSaw]] = field(default_factory=list)
    """What the hub passed on for the editor while the scenario was played."""
    errors_sent: list[tuple[int, Message]] = field(default_factory=list)
    """The partner's own error reports."""
    limited: list[tuple[int, HubSaw]] = field(default_factory=list)
    """What the hub received of the editor with a time to live of its own."""
    acts: list[tuple[int, HubSaw]] = field(default_factory=list)
    """What the editor did at the broker, since it connected; empty where the broker does not tell."""
    missed: dict[str, tuple[int, DeadlinePassed]] = field(default_factory=dict)
    attested: dict[str, tuple[int, Attested]] = field(default_factory=dict)
    driver_failed: dict[str, tuple[int, DriverAnswered]] = field(default_factory=dict)
    driven_by: dict[str, str] = field(default_factory=dict)
    """The driver that was asked, by step."""
    told: dict[str, int] = field(default_factory=dict)
    """How many times the editor may have been told, by step."""
    done: set[str] = field(default_factory=set)
    """Steps that an operator says to have done."""
    sent: dict[int, str | None] = field(default_factory=dict)
    """distributionIDs of what the partners published, by the number of the event."""
    not_confirmed: list[tuple[int, Confirmed]] = field(default_factory=list)
    reached: dict[str, int] = field(default_factory=dict)
    """When the hub passed on what the partners published, by distributionID; empty where its side is not seen."""
    shared: tuple[int, QueuesShared] | None = None
    """Somebody else read its partners' queues."""
    troubles: list[tuple[int, Trouble]] = field(default_factory=list)
    windows: dict[str, list[int]] = field(default_factory=dict)
    """First and, once it is closed, last event number of each step."""
    gaps: list[Gap] = field(default_factory=list)
    """When its partners were not connected."""
    away: list[Gap] = field(default_factory=list)
    """When the editor was cut off; without an end where it never came back."""
    ended: ScenarioEnded | None = None
    cut: bool = False
    """Whether the run was cut off during the play."""
    replayed: bool = False
    """Whether it was played again from its start: this attempt gives no verdict."""

    @cached_property
    def ids(self) -> frozenset[str | None]:
        """Those of the messages that arrived or were refused; to be asked once everything is sorted."""
        arrived = {one.arrival.message.distribution_id for one in self.delivered}
        return frozenset(arrived | {one.message.distribution_id for one in self.refusals}) - {None}

    def step_at(self, number: int) -> str:
        """The step that was open at that event, or the last one before it."""
        begun = [name for name, window in self.windows.items() if window[0] <= number]
        return begun[-1] if begun else ""

"""What can be written down during a run. Facts only: what was done and seen, never what it was worth.

Of the links to the hub, of a relay and of a capture there are modules of their own.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, ClassVar, TypeAlias

from recette.journal.capture_events import CAPTURE_EVENTS
from recette.journal.compiled import made_quickly
from recette.journal.event import RunEvent
from recette.journal.facts import CahierFacts, CertificateShown, HubFacts, TargetFacts
from recette.journal.link_events import LINK_EVENTS
from recette.journal.wire_events import WIRE_EVENTS
from recette.messages.dictionary.generations import UnknownEditionError
from recette.messages.hub_saw import HubSaw
from recette.messages.profile.reader import BEFORE_PROFILES
from recette.messages.vhosts import UnknownVHostError, recorded_vhost


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStarted(RunEvent):
    """The header: who was tested, on what, with which deadlines and models."""

    kind: ClassVar[str] = "run-started"
    private: ClassVar[frozenset[str]] = frozenset(
        {"asked", "target", "models", "certificates", "identity", "products", "cahiers", "played_on", "captures"}
    )  # fmt: skip
    run: str
    recette: str
    target: str
    """Name of the target file, or of the hub at home."""
    targets: tuple[TargetFacts, ...]
    deadlines: Mapping[str, float]
    """Seconds by name: ack, answer, quiet; patience, what an operator gets beyond them."""
    models: Mapping[str, Any]
    """Where the schemas come from (`source`) and, for an official bundle, the schemas and their generation."""
    hub_observed: bool
    """True when the hub is ours and its own side is in the journal too."""
    face_to_face: bool = False
    """Whether the targets play each other, and the harness nobody."""
    relay_observed: bool = False
    """True where a relay before the hub tells what the editor does there."""
    captured: bool = False
    """Whether the plays were recorded by others, and captures are all that is seen."""
    captures: tuple[str, ...] = ()
    """Those captures, and which case of theirs is which play, in French."""
    hub: str = BEFORE_PROFILES
    """The profile of the hub: how it behaves where it is ours, and by what it is judged."""
    hub_named: bool = True
    """Whether it is ours or the target named its profile; else it is a guess, which decides nothing."""
    probes: bool = False
    """Whether probes of the partners tell if the hub moves messages: where its side is not seen."""
    strict: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    """Requirements of the screen that whoever runs the campaign leaves out."""
    jobs: int = 1
    """How many scenarios were played side by side."""
    plays: int = 0
    """How many plays were to come."""
    certificates: tuple[CertificateShown, ...] = ()
    """With which the partners connected; empty without mutual TLS."""
    plan: tuple[str, ...] = ()
    """Every play of the run by name, in order: what an interruption leaves to be played."""
    asked: Mapping[str, Any] = field(default_factory=dict)
    """What the command line asked for, so that a run that was cut off can be resumed."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """Versions of what played."""
    identity: Mapping[str, str] = field(default_factory=dict)
    """Whose software is tested, for whom and at which level, as the target names them: see `facts.IDENTITY`."""
    products: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Vendor, product and version of each editor by client id, where several are under test at once."""
    fault: str = ""
    """The seeded fault of the reference editor under test, by name and in words: the run is about nobody's software."""
    played_on: HubFacts | None = None
    """Where the hub was; None in older journals."""
    due: int = 0
    """How many scenarios of the cahier can be played on the targets, chosen or not; 0 where nobody counted."""
    cahiers: tuple[CahierFacts, ...] = ()
    """The collections of scenarios that the plays are taken from."""

    @property
    def vhosts(self) -> tuple[str, ...]:
        """Each vHost of the run, once."""
        return tuple(dict.fromkeys(one.vhost for one in self.targets))

    @property
    def editions(self) -> dict[str, str]:
        """The edition of the models that judges on each vHost, by its official tag."""
        found: dict[str, str] = {}
        for name in dict.fromkeys((*self.vhosts, *(one.meeting for one in self.targets))):
            with suppress(UnknownVHostError, UnknownEditionError):
                found[name] = recorded_vhost(name, self.models).edition.tag
        return found

    def generation_of(self, vhost: str) -> str:
        """The generation of the edition that judges there; `inconnue` where this recette does not know it."""
        try:
            return str(recorded_vhost(vhost, self.models).generation)
        except (UnknownVHostError, UnknownEditionError):
            return "inconnue"

    def target_of(self, vhost: str, client: str) -> TargetFacts | None:
        """The target that `client` belongs to, as editor or as partner."""
        return next(
            (one for one in self.targets if one.vhost == vhost and client in {one.editor, *one.partners}),
            None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResumed(RunEvent):
    """A run that was cut off goes on, in the same journal; what was being played then is played from its start."""

    kind: ClassVar[str] = "run-resumed"
    remaining: tuple[str, ...]
    """The plays that are still to be done."""
    dropped: int
    """Bytes of an event that was being written when the run was cut off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioStarted(RunEvent):
    """A scenario as it is played: its sources, who plays whom, the values drawn for this play."""

    kind: ClassVar[str] = "scenario-started"
    private: ClassVar[frozenset[str]] = frozenset({"file", "sources", "values"})
    scenario: str
    """Name of this play, unique in the run: `<scenario id>.g<generation>@<actor under test>`."""
    vhost: str
    file: str
    sources: Mapping[str, str]
    """The scenario's text and its data files, by path, so that it can be judged without them."""
    editor: str
    clients: Mapping[str, str]
    """Client id by actor."""
    values: Mapping[str, str]
    """Identifiers and variables drawn by the harness."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepOpened(RunEvent):
    kind: ClassVar[str] = "step-opened"
    durable: ClassVar[bool] = False
    scenario: str
    step: str
    deadline: float | None = None
    """Seconds until the step's deadline."""
    values: Mapping[str, str] = field(default_factory=dict)
    """Values drawn when the step was opened (dates)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepClosed(RunEvent):
    kind: ClassVar[str] = "step-closed"
    durable: ClassVar[bool] = False
    scenario: str
    step: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadlineExtended(RunEvent):
    """Somebody gave a step more time."""

    kind: ClassVar[str] = "deadline-extended"
    private: ClassVar[frozenset[str]] = frozenset({"by"})
    scenario: str
    step: str
    seconds: float
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadlinePassed(RunEvent):
    """Nothing that satisfies the step came in time; `waiting_for` is `message`, `ack`, `silence`, or `return`."""

    kind: ClassVar[str] = "deadline-passed"
    scenario: str
    step: str
    waiting_for: str
    seconds: float
    queues: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """What may explain it: messages and consumers on the partner's queues; none where the broker did not answer."""
    unseen: str = ""
    """What captures do not show of it, so that it says nothing: `asked`, `deliveries`, `publications`, or their `end`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent(RunEvent):
    """The partner published; what the broker made of it stands in `Confirmed`."""

    kind: ClassVar[str] = "sent"
    private: ClassVar[frozenset[str]] = frozenset({"body"})
    scenario: str
    step: str
    purpose: str
    """`message`, or what answers a message of the editor: `ack` (RC-REF), `error` (RS-ERROR; `ack` in older journals)."""
    client: str
    exchange: str
    routing_key: str
    content_type: str | None
    delivery_mode: int | None
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmed(RunEvent):
    kind: ClassVar[str] = "confirmed"
    durable: ClassVar[bool] = False
    private: ClassVar[frozenset[str]] = frozenset({"reason"})
    scenario: str
    sent: int
    """Number of the `Sent` event."""
    status: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Received(RunEvent):
    """A delivery on one of the partner's queues, whoever sent it."""

    kind: ClassVar[str] = "received"
    private: ClassVar[frozenset[str]] = frozenset({"headers", "body"})
    vhost: str
    client: str
    queue: str
    routing_key: str
    redelivered: bool
    content_type: str | None
    delivery_mode: int | None
    expiration: str | None
    headers: Mapping[str, Any]
    body: bytes
    sender: str = ""
    """Whose message it is, where several editors are under test at once and it was seen on its way to one of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable(RunEvent):
    """A delivery that nobody can judge: AMQP properties that cannot be read, or a body beyond the bound."""

    kind: ClassVar[str] = "unreadable"
    private: ClassVar[frozenset[str]] = frozenset({"reason", "properties", "body"})
    vhost: str
    client: str
    queue: str
    routing_key: str
    reason: str
    properties: bytes
    """As they came."""
    body: bytes
    """Empty where it was let go."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DriverAsked(RunEvent):
    """The driver was asked to get the editor to act."""

    kind: ClassVar[str] = "driver-asked"
    private: ClassVar[frozenset[str]] = frozenset({"request"})
    scenario: str
    step: str
    driver: str
    request: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class DriverAnswered(RunEvent):
    kind: ClassVar[str] = "driver-answered"
    private: ClassVar[frozenset[str]] = frozenset({"detail", "by"})
    scenario: str
    step: str
    accepted: bool
    detail: str = ""
    by: str = ""
    """The operator who says that it cannot be done."""
    attempts: int = 1
    """How many times the editor may have been told: each may make it act."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepDone(RunEvent):
    """The person at the editor's screen says to have done what was asked."""

    kind: ClassVar[str] = "step-done"
    private: ClassVar[frozenset[str]] = frozenset({"by"})
    scenario: str
    step: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Attested(RunEvent):
    """What was said of the editor's screen: `conforme`, `approche`, `non-conforme` or `sans-reponse`."""

    kind: ClassVar[str] = "attested"
    private: ClassVar[frozenset[str]] = frozenset({"by", "comment"})
    scenario: str
    step: str
    answer: str
    by: str = ""
    comment: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble(RunEvent):
    """Something failed that is not the editor's doing; `where` is `hub`, `driver` or `harness`."""

    kind: ClassVar[str] = "trouble"
    private: ClassVar[frozenset[str]] = frozenset({"text"})
    where: str
    text: str
    scenario: str | None = None
    step: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NotLoaded(RunEvent):
    """A scenario that was selected but could not be loaded, or played where it was to be; it counts as not played."""

    kind: ClassVar[str] = "not-loaded"
    private: ClassVar[frozenset[str]] = frozenset({"reason"})
    scenario: str
    title: str
    reason: str
    vhost: str = ""
    """Where it was to be played; empty for a file that could not be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioEnded(RunEvent):
    kind: ClassVar[str] = "scenario-ended"
    private: ClassVar[frozenset[str]] = frozenset({"reason"})
    scenario: str
    reason: str = ""
    """Why it ended before its last step; empty when all steps were played."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunEnded(RunEvent):
    """The footer: without it the run was cut off."""

    kind: ClassVar[str] = "run-ended"
    events: int
    waited: float = 0.0
    """Seconds spent in windows in which nothing was to come."""


Event: TypeAlias = RunEvent | HubSaw
"""Whatever a journal holds; `HubSaw` comes from the hub itself."""
EVENT_TYPES: dict[str, type[Event]] = {
    cls.kind: cls
    for cls in (
        RunStarted,
        RunResumed,
        ScenarioStarted,
        StepOpened,
        StepClosed,
        DeadlineExtended,
        DeadlinePassed,
        Sent,
        Confirmed,
        Received,
        Unreadable,
        DriverAsked,
        DriverAnswered,
        StepDone,
        Attested,
        HubSaw,
        Trouble,
        NotLoaded,
        ScenarioEnded,
        RunEnded,
        *LINK_EVENTS,
        *WIRE_EVENTS,
        *CAPTURE_EVENTS,
    )
}


@made_quickly
@dataclass(frozen=True, slots=True)
class Entry:
    """An event in its place: its number, the wall clock (ISO 8601), milliseconds since the run began."""

    number: int
    at: str
    elapsed: float
    event: Event
    redacted: bool = False
    """Whether the event's private fields were taken out."""

"""A scenario: actors and what is to happen between them, told once for whichever of them is under test."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby
from typing import Any, Literal

Role = Literal["LRM", "SMUR", "ORU", "GPS", "NEXSIS", "SAS"]
ROLES: tuple[Role, ...] = ("LRM", "SMUR", "ORU", "GPS", "NEXSIS", "SAS")
Dates = Literal["ignored", "instant"]
Format = Literal["json", "xml", "other"]
"""`other` is the one that the target does not use."""


@dataclass(frozen=True, slots=True)
class Identifier:
    """An identifier that one actor makes during the scenario: `<client id>.<kind>.<number>`."""

    name: str
    kind: str
    by: str


@dataclass(frozen=True, slots=True)
class PartnerAck:
    """What the partner answers to a message of the editor: an RC-REF, an RS-ERROR, or a refusal made of both."""

    answer: Literal["ack", "error", "refusal"] = "ack"
    after: float = 0.0
    """Seconds until it answers."""
    code: int = 0
    """Of the RS-ERROR."""
    cause: str = ""


@dataclass(frozen=True, slots=True)
class Content:
    """A message as a scenario wants it: the model and the data under its use-case key, with `${variables}`."""

    model: str
    key: str
    data: Mapping[str, Any]
    names: frozenset[str]
    """The variables in the data."""
    ignore: tuple[str, ...] = ()
    """Paths such as `$.createCaseHealth.patient[0].idPat`, not compared; `[*]` is any item."""
    identity: Mapping[str, str] = field(default_factory=dict)
    """The field that tells the items of a list apart, by the list's path."""
    ordered: bool = False
    dates: Dates = "ignored"
    capture: Mapping[str, str] = field(default_factory=dict)
    """Path by variable name; `distributionID` alone is the envelope's."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step. `message` goes from an actor to another; `nothing` is a silence; `attest` asks a person.

    `sender` is who sends, who stays silent, or whose screen is looked at (anyone's when empty).
    """

    id: str
    title: str
    line: int
    action: Literal["message", "nothing", "attest"]
    sender: str = ""
    recipient: str = ""
    contents: tuple[Content, ...] = ()
    """The acceptable alternatives when the editor sends; exactly one when a partner does."""
    ask: bool = True
    """False when the editor is to send by itself, without being told."""
    optional: bool = False
    """Whether the editor's message may stay away without harm."""
    group: str = ""
    """Steps next to each other in one group may happen in any order."""
    within: str | float | None = None
    """A deadline's name, or seconds."""
    ack: bool = True
    """Whether the receiver must acknowledge."""
    partner_ack: PartnerAck = PartnerAck()
    """How the partner does, where the editor sends and `ack` is true."""
    refused: int | None = None
    """The hub's code, where the hub must refuse the message."""
    again: str = ""
    """The earlier step of a partner whose message is sent once more, unchanged."""
    times: int = 1
    """How many messages the partner sends in this step, each with its own distributionID."""
    format: Format | None = None
    """What the partner sends this message in; the target's where None."""
    expires: float | None = None
    """Seconds from sending until the partner's message expires; negative for one that is expired when it leaves."""
    to_unknown: bool = False
    """The recipient is a client that does not exist."""
    prompt: str = ""
    check: str = ""
    """For `attest`: the name by which software can answer for its own screen."""
    requirement: str = ""
    silent_models: tuple[str, ...] = ()
    """For `nothing`: the messages that must not come; all when empty."""


@dataclass(frozen=True)
class Scenario:
    """A whole scenario file, as it reads in one generation."""

    id: str
    title: str
    file: str
    perimeter: str
    generations: tuple[int, ...]
    """All that the file is written for."""
    generation: int
    """The one that this is."""
    summary: str
    requirements: tuple[str, ...]
    actors: Mapping[str, Role]
    testable: tuple[str, ...]
    """Actors that can be the editor under test; the scenario is played once for each."""
    case_by: str | None
    """The actor that makes the caseId."""
    identifiers: tuple[Identifier, ...]
    variables: Mapping[str, str]
    steps: tuple[Step, ...]
    sources: Mapping[str, str]
    disputed: str = ""
    """Where the sources disagree about what is to happen: whose reading this is, and what the other says."""
    harmful: bool = False
    """Whether playing it could disturb a live service: a burst, a malformed or an expired message."""

    @property
    def edition(self) -> str:
        """`<scenario id>.g<generation>`."""
        return f"{self.id}.g{self.generation}"

    @cached_property
    def _by_id(self) -> Mapping[str, Step]:
        return {step.id: step for step in self.steps}

    def step(self, name: str) -> Step:
        """The step of that id. Raises KeyError."""
        return self._by_id[name]


@dataclass(frozen=True)
class Casting:
    """A scenario with its actors cast: who is under test, and each actor's client id."""

    scenario: Scenario
    editor: str
    clients: Mapping[str, str]

    @cached_property
    def name(self) -> str:
        """Unique in a run: `<scenario id>.g<generation>@<actor under test>`."""
        return f"{self.scenario.edition}@{self.editor}"

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """The steps that the editor has a part in; what partners say to each other is not played."""
        return tuple(step for step in self.scenario.steps if self._concerns_editor(step))

    @property
    def groups(self) -> Iterator[list[Step]]:
        """The same, those of one group together: whatever is to come within it may come in any order."""
        for _, steps in groupby(self.steps, key=lambda step: step.group or step.id):
            yield list(steps)

    def _concerns_editor(self, step: Step) -> bool:
        if step.action == "attest":
            return step.sender in {"", self.editor}
        return self.editor in {step.sender, step.recipient}

    @cached_property
    def editor_client(self) -> str:
        return self.clients[self.editor]

    def by_editor(self, step: Step) -> bool:
        """Whether the editor under test is to send in this step."""
        return step.sender == self.editor

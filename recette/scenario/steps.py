"""The steps of a scenario, one class for each kind: a message, a silence, a question about a screen, a broken link."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Dates = Literal["ignored", "instant"]
Format = Literal["json", "xml", "other"]
"""`other` is the one that the target does not use."""


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
class EditorSends:
    """How a message goes out where the editor under test is its sender."""

    ask: bool = True
    """False when the editor is to send by itself, without being told."""
    optional: bool = False
    """Whether the message may stay away without harm."""
    prompt: str = ""
    """What a person is told to do."""
    answer: PartnerAck = PartnerAck()
    """How the partner answers, where it is to acknowledge."""
    typed: Content | None = None
    """What the editor is told to send, where the hub converts it before the partner gets it."""
    lost: tuple[str, ...] = ()
    """Where it holds what the conversion does not carry on."""


@dataclass(frozen=True, slots=True)
class PartnerSends:
    """How a message goes out where a partner is its sender."""

    times: int = 1
    """How many messages, each with its own distributionID."""
    format: Format | None = None
    """The target's where None."""
    expires: float | None = None
    """Seconds from sending until the message expires; negative for one that is expired when it leaves."""
    again: str = ""
    """The earlier step of the same partner whose message is sent once more, unchanged."""
    arrives: tuple[str, ...] = ()
    """The models of what the editor gets of it, where the hub converts it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Common:
    id: str
    title: str
    line: int
    """Where it is written."""
    group: str = ""
    """Steps next to each other in one group may happen in any order."""
    within: str | float | None = None
    """A deadline's name, or seconds; the kind's own deadline where None."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageStep(_Common):
    """A message goes from one actor to another; whichever of them is under test, the harness plays the other."""

    sender: str
    recipient: str
    """Empty where the recipient is a client that does not exist."""
    contents: tuple[Content, ...]
    """The acceptable alternatives when the editor sends; exactly one when a partner does."""
    ack: bool = True
    """Whether the recipient must acknowledge."""
    refused: int | None = None
    """The hub's code, where the hub must refuse the message."""
    vanishes: bool = False
    """Whether the hub's conversion leaves nothing of it, which nobody is told."""
    by_editor: EditorSends = EditorSends()
    by_partner: PartnerSends = PartnerSends()

    @property
    def to_unknown(self) -> bool:
        """Whether the recipient is a client that does not exist."""
        return not self.recipient

    @property
    def actor(self) -> str:
        """Who acts: the sender."""
        return self.sender

    @property
    def actors(self) -> frozenset[str]:
        """Who takes part."""
        return frozenset({self.sender, self.recipient} - {""})

    @property
    def models(self) -> str:
        """The message's model, or the acceptable ones, for a sentence."""
        return " ou ".join(content.model for content in self.contents)


@dataclass(frozen=True, slots=True, kw_only=True)
class SilenceStep(_Common):
    """Nothing must come from an actor until the deadline."""

    actor: str
    models: tuple[str, ...] = ()
    """The messages that must not come; all when empty."""

    @property
    def actors(self) -> frozenset[str]:
        """Who takes part: who stays silent."""
        return frozenset({self.actor})


@dataclass(frozen=True, slots=True, kw_only=True)
class AttestStep(_Common):
    """A person, or the editor itself, says what a screen shows."""

    actor: str = ""
    """Whose screen is looked at; that of whoever is under test when empty."""
    text: str
    """The question."""
    check: str = ""
    """The name by which software can answer for its own screen."""
    requirement: str

    @property
    def actors(self) -> frozenset[str]:
        """Who takes part: whose screen it is."""
        return frozenset({self.actor} - {""})


Incident = Literal["coupure", "redemarrage", "silence", "lenteur", "deux-fois", "desordre"]
"""What the recette does to the link of whoever is under test, in the words of `recette relay`."""
LASTING = frozenset({"redemarrage", "silence", "lenteur"})
"""Incidents that last for as long as the scenario says."""
SEVERING = frozenset({"coupure", "redemarrage", "deux-fois"})
"""Incidents that break the link off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DisturbStep(_Common):
    """The link of an actor is disturbed; once that is over and it reads its messages, the step is."""

    actor: str
    incident: Incident
    lasts: float = 0.0
    """Seconds, of one of `LASTING`."""

    @property
    def actors(self) -> frozenset[str]:
        """Who takes part: whose link it is."""
        return frozenset({self.actor})


Step = MessageStep | SilenceStep | AttestStep | DisturbStep

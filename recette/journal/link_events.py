"""What became of the partners' links to the hub, and what tells whether the hub moves messages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from recette.journal.event import RunEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkLost(RunEvent):
    """A partner's connection broke: nothing that is sent to it is seen until `LinkRestored`."""

    kind: ClassVar[str] = "link-lost"
    private: ClassVar[frozenset[str]] = frozenset({"reason"})
    vhost: str
    client: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkRestored(RunEvent):
    """The partner's connection and its consumers are back."""

    kind: ClassVar[str] = "link-restored"
    vhost: str
    client: str
    seconds: float
    """How long it was away."""
    attempts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkSecured(RunEvent):
    """What TLS agreed on for a partner's connection, whenever it connects; not written without TLS."""

    kind: ClassVar[str] = "link-secured"
    private: ClassVar[frozenset[str]] = frozenset({"issuer"})
    vhost: str
    client: str
    version: str
    cipher: str
    issuer: str = ""
    """Who issued the hub's certificate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkBlocked(RunEvent):
    """The broker takes no publications (`connection.blocked`): an alarm of memory or disk, until `LinkUnblocked`."""

    kind: ClassVar[str] = "link-blocked"
    private: ClassVar[frozenset[str]] = frozenset({"reason"})
    vhost: str
    client: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkUnblocked(RunEvent):
    """The broker takes publications again."""

    kind: ClassVar[str] = "link-unblocked"
    vhost: str
    client: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuesShared(RunEvent):
    """Somebody else read the partners' queues during a play, and may have taken what the editor sent."""

    kind: ClassVar[str] = "queues-shared"
    scenario: str
    queues: Mapping[str, Mapping[str, int]]
    """Messages and consumers by queue."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Probed(RunEvent):
    """A message of the partner's own that was to prove that the hub moves messages, on a hub whose side is not seen.

    `outcome`: `delivered`; `refused` with the hub's code and reason; `silent`: taken by the broker and never seen again;
    `not-accepted` by the broker; `impossible`: nobody of ours could send it. Of one to the editor, which expired before it
    left and reaches nobody where the hub looks at dates: `direct`, the hub would have handed it over; `elsewhere`, on
    another vHost; `untold`, also where the hub reports nothing to who sent it.
    """

    kind: ClassVar[str] = "probed"
    private: ClassVar[frozenset[str]] = frozenset({"reason"})
    vhost: str
    client: str
    """Who sent it."""
    recipient: str
    model: str
    outcome: str
    code: int | None = None
    reason: str = ""
    seconds: float = 0.0
    scenario: str | None = None
    """The play in which something was missing; None where the run began."""
    step: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lagged(RunEvent):
    """A machine was late, and with it whatever passes there: starved, or stopped for a while."""

    kind: ClassVar[str] = "lagged"
    durable: ClassVar[bool] = False
    where: str
    """`harness`; `hub` or `relay` where that is another process, which tells what it sees."""
    seconds: float
    """How late, in all."""
    over: float
    """Seconds before this event in which it was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkDisturbed(RunEvent):
    """The recette disturbed the link of the editor under test, as the step asks."""

    kind: ClassVar[str] = "link-disturbed"
    scenario: str
    step: str
    client: str
    incident: str
    """In the words of `recette relay`."""
    seconds: float
    """How long it lasts; 0 where that hangs on what passes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EditorReturned(RunEvent):
    """The editor under test reads its messages again, after `LinkDisturbed`."""

    kind: ClassVar[str] = "editor-returned"
    scenario: str
    step: str
    client: str
    seconds: float
    """How long it was away."""


LINK_EVENTS = (
    LinkLost,
    LinkRestored,
    LinkSecured,
    LinkBlocked,
    LinkUnblocked,
    QueuesShared,
    Probed,
    Lagged,
    LinkDisturbed,
    EditorReturned,
)

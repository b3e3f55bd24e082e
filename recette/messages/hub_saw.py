"""One thing that a hub did, as only its operator can see it: what a sandbox tells and a journal keeps."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

READS = frozenset({"consuming", "consuming-unacked"})
"""What a client does that reads a queue."""
GONE = frozenset({"disconnected", "closed"})
"""That a connection is over, whichever way."""
IN_VAIN = "sans effet"
"""Why an incident is over that waited for messages which did not come."""
CONVERSION_FAILED = "call to the conversion service failed"
"""How the hub's report begins on what could not be converted (hub-sante-2026 4.2)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HubSaw:
    """The hub's own side, when the hub is ours: `received`, `refused`, `forwarded`, `dead-lettered`, `transferred`.

    `transferred` to another vHost, converted: once for each message that was made, its id as `distribution_id` and the
    one it was made of as `reference_id`; without `distribution_id` where the conversion leaves nothing.

    A relay that holds a link back on purpose says `disturbed`, and `undisturbed` at the end of it; `incident-over` of one that
    waits for messages; of a connection that either side ended as AMQP wants it says `closed`.
    Where the broker is the embedded one, also what the editor does there: `connected`, `disconnected` where the
    connection broke off, `publishing` once a connection, `declared`, `consuming`, `consuming-unacked`, `acknowledging`, `publish-refused`,
    `looping`, `turned-away` from a vHost where it has no rights, `read-refused` and
    `bind-refused` where it has no right to, `purged` what waited in a queue.
    """

    kind: ClassVar[str] = "hub"
    durable: ClassVar[bool] = False
    """The journal may keep it waiting for what follows: nobody acts on it."""
    private: ClassVar[frozenset[str]] = frozenset({"reason", "body"})
    """Fields that may hold patient data: a redacted copy of the journal keeps only their commitment."""
    vhost: str
    action: str
    client: str
    """Routing key the message was published with, the sender's client id; who is logged in, for an act at the broker."""
    distribution_id: str | None
    recipient: str | None = None
    """Queue the message or the report went to; the queue or exchange that an act at the broker is about."""
    content_type: str | None = None
    delivery_mode: int | None = None
    expiration: str | None = None
    code: int | None = None
    reason: str = ""
    reference_id: str | None = None
    """distributionID that the message refers to: an acknowledgment's, an error's."""
    connection: int | None = field(default=None, compare=False)
    """Which connection of the client it is an act of; None where that is not known, as in older journals."""
    body: bytes | None = None
    """Kept where the partner cannot have seen the message: when it was refused or dead-lettered, or when a conversion
    left nothing of it; of a message that a conversion made beside the one it was made of; and of what was `received` and
    had to be written anew, since its bytes are no document.
    """


def vanished(event: HubSaw) -> bool:
    """Whether a conversion left nothing of a message."""
    return event.action == "transferred" and event.distribution_id is None


def made_beside(event: HubSaw) -> bool:
    """Whether it tells of a message that a conversion made beside the one that keeps its id."""
    return event.action == "transferred" and event.distribution_id is not None and event.body is not None

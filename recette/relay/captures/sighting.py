"""A message as a capture holds it, and what it says of who sent it to whom."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from recette.hub import topology
from recette.journal.capture_events import Passed
from recette.messages.dictionary.generations import Models
from recette.messages.reading import read

BODY_MAX = 32 * 1024 * 1024
"""Bytes of a message that is taken in."""
SIGHTINGS_MAX = 100_000
"""Messages of one import."""
_TOTAL_MAX = 1024 * 1024 * 1024
"""Bytes of all its messages."""
_CHANNELS = {"Ack": "ack", "Error": "info"}


class CaptureError(ValueError):
    """A capture that cannot be taken in; one French sentence says which, why, and what to do."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """A message in a capture. `place` is the routing key of a publication, or the queue of a delivery."""

    seen: Literal["published", "delivered", "kept"]
    place: str
    at: datetime | None
    body: bytes
    known: bool = False
    content_type: str | None = None
    delivery_mode: int | None = None
    expiration: str | None = None
    redelivered: bool = False
    entry: str = ""
    """What it is in its source, in French."""

    def passed(self, source: int, edition: Models) -> Passed:
        """As the journal has it; who sent it to whom is the envelope's word where the place does not say."""
        message = read(self.body, self.content_type, edition)
        client, _, channel = self.place.rpartition(".")
        if self.seen != "delivered":
            channel = _CHANNELS.get(message.distribution_kind or "", "message")
        return Passed(
            source=source,
            entry=self.entry,
            seen=self.seen,
            sent_by=(self.place if self.seen == "published" else message.sender_id) or "",
            recipient=(client if self.seen == "delivered" else message.recipient_id) or "",
            channel=channel,
            time=self.at.isoformat() if self.at is not None else "",
            known=self.known,
            content_type=self.content_type,
            delivery_mode=self.delivery_mode,
            expiration=self.expiration,
            redelivered=self.redelivered,
            body=self.body,
        )


class Taken:
    """How much one import has taken in so far, of all its sources."""

    def __init__(self) -> None:
        self._messages = self._bytes = 0

    def add(self, one: Sighting) -> Sighting:
        """Count one more. Raises CaptureError beyond a bound."""
        self._messages += 1
        self._bytes += len(one.body)
        if self._messages > SIGHTINGS_MAX:
            raise CaptureError(f"Plus de {SIGHTINGS_MAX} messages : donnez-les en plusieurs fois.")
        if self._bytes > _TOTAL_MAX:
            raise CaptureError(f"Plus de {_TOTAL_MAX >> 30} Gio de messages : donnez-les en plusieurs fois.")
        return one


def is_client_queue(name: str) -> bool:
    """Whether a queue is one of a client's three."""
    client, _, channel = name.rpartition(".")
    return bool(client) and channel in topology.CHANNELS

"""What a capture of others' traffic holds, as a journal: where it comes from, and each message as it was seen there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from recette.journal.event import RunEvent

_YEARS = range(1970, 2200)


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureStarted(RunEvent):
    """The header of a capture."""

    kind: ClassVar[str] = "capture-started"
    private: ClassVar[frozenset[str]] = frozenset({"sources"})
    recette: str
    vhost: str
    sources: tuple[str, ...]
    """Each with its form, in French."""
    hides: tuple[str, ...] = ()
    """What nothing in it can show: `properties`, `times`, `deliveries`, `publications`."""
    left_out: int = 0
    """Entries of the sources that are no message on this vHost."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Passed(RunEvent):
    """A message as one source saw it; the same one may have been seen elsewhere too."""

    kind: ClassVar[str] = "passed"
    durable: ClassVar[bool] = False
    private: ClassVar[frozenset[str]] = frozenset({"entry", "body"})
    source: int
    """Which of the header's."""
    entry: str = ""
    """What it is there, in French: an event of a relay's journal, a file of a folder, a record of a file."""
    seen: str
    """`published` by its sender, `delivered` to its recipient, or `kept` where the source does not say."""
    sent_by: str
    """Client id: the routing key of a publication, else what the envelope says."""
    recipient: str
    channel: str
    """`message`, `ack` or `info`."""
    time: str
    """ISO 8601, by the source's clock; empty where it has none."""
    known: bool
    """Whether the source tells the AMQP properties."""
    content_type: str | None = None
    delivery_mode: int | None = None
    expiration: str | None = None
    redelivered: bool = False
    body: bytes

    @property
    def at(self) -> datetime | None:
        """Its time; None where it has none that any clock could show, whoever wrote the journal."""
        try:
            found = datetime.fromisoformat(self.time)
        except ValueError:
            return None
        return found if plausible(found) else None


def plausible(found: datetime) -> bool:
    """Whether a clock may have shown it: far from both ends of the calendar, where differences fail, and with its offset."""
    return found.year in _YEARS and found.tzinfo is not None


CAPTURE_EVENTS = (CaptureStarted, Passed)

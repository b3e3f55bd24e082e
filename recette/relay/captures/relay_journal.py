"""The journal of a relay, read as far as it goes, and on where it goes on."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from recette.journal.capture_events import plausible
from recette.journal.codec import ORIGIN, JournalLineError, decode, take_apart
from recette.journal.events import Entry, RunEnded
from recette.journal.reader import MAX_LINE
from recette.journal.wire_events import RelayStarted, WireDelivered, WireOpened, WirePublished
from recette.platform.plain_files import open_plain
from recette.relay.captures.sighting import CaptureError, Sighting, Taken, is_client_queue


class RelayJournal:
    """What passed between clients on one vHost; the chain of the journal is checked line by line."""

    def __init__(self, path: Path, vhost: str, taken: Taken | None = None) -> None:
        """`taken` is what the same import holds already."""
        self._taken = taken or Taken()
        self.found: list[Sighting] = []
        self.left_out = 0
        """Messages that are of no client on this vHost, or that the relay did not keep."""
        self.ended = False
        """Whether the relay ended it."""
        self.last: datetime | None = None
        """When the last event of it was."""
        self._path = path
        self._vhost = vhost
        self._at = 0
        self._number = 0
        self._previous = ORIGIN
        self._connections: dict[int, str] = {}

    def read_on(self) -> bool:
        """Read what has been written since; whether there was anything. Raises CaptureError, and OSError."""
        with open_plain(self._path) as file:
            file.seek(self._at)
            begun = self._at
            while line := file.readline(MAX_LINE + 1):
                if len(line) > MAX_LINE:
                    raise CaptureError(
                        f"{self._path}, ligne {self._number + 1}, dépasse {MAX_LINE} octets : ce n'est pas le journal d'un relais."
                    )
                if not line.endswith(b"\n"):
                    break  # it is being written, or was cut off there
                self._at += len(line)
                self._take(self._entry(line[:-1]))
        return self._at > begun

    def _entry(self, line: bytes) -> Entry:
        self._number += 1
        try:
            parts = take_apart(line)
            entry = decode(line)
        except JournalLineError as error:
            raise CaptureError(f"{self._path}, ligne {self._number} : {error}.") from error
        if parts.hash_after(self._previous) != parts.claimed:
            raise CaptureError(
                f"{self._path}, ligne {self._number} : ce journal n'est plus celui que le relais a écrit."
            )
        if entry.redacted:
            raise CaptureError(f"{self._path} est expurgé : le contenu des messages en a été ôté.")
        if self._number == 1 and not isinstance(entry.event, RelayStarted):
            raise CaptureError(f"{self._path} n'est pas le journal d'un relais.")
        self._previous = parts.claimed
        return entry

    def _take(self, entry: Entry) -> None:
        try:
            at = datetime.fromisoformat(entry.at)
        except (ValueError, OverflowError):
            at = datetime.min  # noqa: DTZ901 - no clock showed it
        if not plausible(at):
            raise CaptureError(f"{self._path}, ligne {self._number} : cette ligne ne dit pas quand.")
        self.last = at
        match entry.event:
            case WireOpened() as event:
                self._connections[event.connection] = event.vhost.removeprefix("/")
            case WirePublished() | WireDelivered() as event:
                if self._connections.get(event.connection) != self._vhost or (event.size and not event.body):
                    self.left_out += 1
                else:
                    self._passed(entry, event)
            case RunEnded():
                self.ended = True
            case _:
                pass

    def _passed(self, entry: Entry, event: WirePublished | WireDelivered) -> None:
        at, name = self.last, f"événement {entry.number}"
        told = (event.content_type, event.delivery_mode, event.expiration)
        if isinstance(event, WirePublished):
            one = Sighting("published", event.routing_key, at, event.body, True, *told, entry=name)
            self.found.append(self._taken.add(one))
        elif is_client_queue(event.queue):
            again = event.redelivered
            one = Sighting("delivered", event.queue, at, event.body, True, *told, again, name)
            self.found.append(self._taken.add(one))

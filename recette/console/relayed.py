"""What a relay sees, from the journal that it writes meanwhile: the editor's messages, and what the hub hands over to it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from itertools import islice
from pathlib import Path

from recette.console.watching import Watch
from recette.journal.events import Entry
from recette.journal.reader import JournalReader, UnreadableJournalError
from recette.journal.wire_events import WireClosed, WireDelivered, WireOpened, WirePublished
from recette.messages.dictionary.generations import Models
from recette.messages.hub_saw import HubSaw
from recette.messages.reading import read
from recette.messages.vhosts import UnknownVHostError, vhost
from recette.platform.typed import typed
from recette.relay.acts import Acts
from recette.relay.recording import JOURNAL

_EVERY = 0.25
"""Seconds after which the journal is looked at again: the relay is another process, and nothing tells that a file has grown."""
_SLICE = 200
"""Entries that are taken in before anybody else gets a turn."""


class RelayWatch:
    """Follows one relay; belongs to the event loop."""

    def __init__(self, folder: Path, changed: Callable[[], None]) -> None:
        """`folder` is what the relay was told as --report; it need not be there yet."""
        self.folder = folder
        self.watch = Watch()
        self.news = f"Le relais de {folder} n'a pas encore commencé : recette relay --report {typed(folder)} le lance."
        """Why there is nothing to see; empty where there is."""
        self._changed = changed
        self._reader: JournalReader | None = None
        self._acts = Acts()
        self._vhosts: dict[int, str] = {}
        """By connection."""

    async def follow(self) -> None:
        """Until cancelled."""
        while True:
            found = await asyncio.to_thread(self._next)
            for entry in found:
                self.take(entry)
            if found:
                self._changed()
            if len(found) < _SLICE:
                await asyncio.sleep(_EVERY)

    def close(self) -> None:
        if self._reader is not None:
            self._reader.close()

    def _next(self) -> list[Entry]:
        """What was written since. Reads the file."""
        path = self.folder / JOURNAL
        try:
            if self._reader is None:
                if not path.is_file():
                    return []
                self._reader, self.news = JournalReader(path), ""
            return list(islice(self._reader.entries(), _SLICE))
        except UnreadableJournalError as error:
            self.news = str(error)
            return []

    def take(self, entry: Entry) -> None:
        """An entry of the relay's journal."""
        at, event = datetime.fromisoformat(entry.at), entry.event
        if isinstance(event, HubSaw):
            return
        for saw in self._acts.of(event):
            self.watch.hub(at, saw)
        match event:
            case WireOpened(connection=number, vhost=name):
                self._vhosts[number] = name
            case WireClosed(connection=number):
                self._vhosts.pop(number, None)
            case WirePublished(connection=number, content_type=kind, body=body) if number in self._vhosts:
                self._went_by(self._vhosts[number], kind, body)
            case WireDelivered(connection=number) if number in self._vhosts:
                self._handed_over(at, self._vhosts[number], event)
            case _:
                pass

    def _went_by(self, name: str, kind: str | None, body: bytes) -> Models | None:
        """The edition of a message that went by; None on a vHost that no table knows, where nothing can be read."""
        try:
            edition = vhost(name).edition
        except UnknownVHostError:
            return None
        self.watch.message(edition, kind, body)
        return edition

    def _handed_over(self, at: datetime, name: str, event: WireDelivered) -> None:
        edition = self._went_by(name, event.content_type, event.body)
        if edition is None:
            return
        message = read(event.body, event.content_type, edition)
        self.watch.hub(
            at,
            HubSaw(
                vhost=name,
                action="forwarded",
                client=message.sender_id or "?",
                distribution_id=message.distribution_id,
                recipient=event.queue or event.routing_key,
                reference_id=message.reference_id,
            ),
        )

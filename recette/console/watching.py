"""What the hub at home sees, dossier by dossier: each message that it received, passed on, refused or buried."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from recette.journal.events import Entry, Received, Sent
from recette.messages.dictionary.generations import Models
from recette.messages.hub_saw import HubSaw
from recette.messages.reading import read
from recette.messages.vhosts import vhost

_KEPT = 400
"""Acts and messages that are kept, the latest."""
_UNREAD_MAX = 64 * 1024 * 1024
"""Bytes of messages that are kept until somebody looks; of one that goes before, its dossier is not known."""
_DONE = {
    "received": "reçu par le hub",
    "forwarded": "transmis",
    "refused": "refusé",
    "dead-lettered": "mis au rebut",
    "transferred": "converti vers un autre vHost",
}
"""What a hub does with a message; what an editor does at the broker is no part of a dossier."""


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that the hub did with a message."""

    at: datetime
    vhost: str
    sender: str
    recipient: str
    model: str
    done: str
    refused: bool
    why: str = ""


@dataclass(frozen=True, slots=True)
class _About:
    """What a message is, by its distributionID."""

    model: str
    case: str


class Watch:
    """Takes what the hub tells and the messages that went by; reads them when somebody looks."""

    def __init__(self) -> None:
        self.count = 0
        """How much was taken so far."""
        self._acts: deque[tuple[datetime, HubSaw]] = deque(maxlen=_KEPT)
        self._bodies: deque[tuple[Models, str | None, bytes]] = deque()
        self._unread = 0
        """Bytes of them."""
        self._about: dict[str, _About] = {}

    def hub(self, at: datetime, saw: HubSaw) -> None:
        """Something that the hub did."""
        if saw.action in _DONE:
            self.count += 1
            self._acts.append((at, replace(saw, body=None)))
            if saw.body is not None:
                self.message(vhost(saw.vhost).edition, saw.content_type, saw.body)

    def message(self, edition: Models, content_type: str | None, body: bytes) -> None:
        """A message that went by: its dossier is that of what the hub does with it."""
        self.count += 1
        self._bodies.append((edition, content_type, body))
        self._unread += len(body)
        while len(self._bodies) > _KEPT or self._unread > _UNREAD_MAX:
            self._next()

    def _next(self) -> tuple[Models, str | None, bytes]:
        found = self._bodies.popleft()
        self._unread -= len(found[2])
        return found

    def take(self, entry: Entry, on: str) -> None:
        """An entry of a run's journal; `on` is the vHost of what names none."""
        match entry.event:
            case HubSaw() as saw:
                self.hub(datetime.fromisoformat(entry.at), saw)
            case Received(vhost=name, content_type=kind, body=body):
                self.message(vhost(name).edition, kind, body)
            case Sent(content_type=kind, body=body):
                self.message(vhost(on).edition, kind, body)
            case _:
                pass

    def dossiers(self) -> dict[str, list[Act]]:
        """What was done, by dossier, the latest dossier first; what belongs to none under an empty name."""
        self._read()
        found: dict[str, list[Act]] = {}
        for at, saw in self._acts:
            about = self._of(saw.distribution_id, saw.reference_id)
            found.setdefault(about.case, []).append(_act(at, saw, about.model))
        return dict(sorted(found.items(), key=lambda item: item[1][-1].at, reverse=True))

    def _of(self, *ids: str | None) -> _About:
        """A receipt is of the dossier of what it answers."""
        known = [self._about[one] for one in ids if one in self._about]
        own = known[0] if known else _About("message", "")
        return _About(own.model, next((one.case for one in known if one.case), ""))

    def _read(self) -> None:
        while self._bodies:
            edition, kind, body = self._next()
            message = read(body, kind, edition)
            if message.distribution_id is not None:
                case = message.case_id or self._of(message.reference_id).case
                self._about[message.distribution_id] = _About(message.model or "message illisible", case)
        while len(self._about) > 4 * _KEPT:
            del self._about[next(iter(self._about))]


def _act(at: datetime, saw: HubSaw, model: str) -> Act:
    why = f"{saw.code or ''} {saw.reason}".strip() if saw.action in {"refused", "dead-lettered"} else ""
    refused = saw.action in {"refused", "dead-lettered"}
    return Act(at, saw.vhost, saw.client, saw.recipient or "", model, _DONE[saw.action], refused, why)


def latest(watches: Iterable[Watch | None]) -> Watch | None:
    """The first that has seen something."""
    return next((one for one in watches if one is not None and one.count), None)

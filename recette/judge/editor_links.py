"""The editor's connections, as a broker or a relay tells of them: since when it is cut off, and until when."""

from __future__ import annotations

from dataclasses import dataclass, field

from recette.judge.gaps import Gap
from recette.messages.hub_saw import READS, HubSaw

_CONNECTIONS_MAX = 1_000
"""How many connections of an editor are remembered; the oldest is forgotten."""
_BREAKS, _MENDS = {"disconnected", "disturbed"}, {"connected", "undisturbed"}


@dataclass(slots=True)
class _Connection:
    """What one of them is there for, as far as it was seen."""

    reads: set[str] = field(default_factory=set)
    publishes: bool = False


@dataclass(slots=True)
class _Away:
    """What is missed of an editor that was cut off."""

    gap: Gap
    reader: bool = False
    """That it reads its messages again; a connection is not enough."""
    link: bool = False


class EditorLinks:
    """One editor on one vHost. Journals of before connections were named have one link for all."""

    def __init__(self, vhost: str, client: str) -> None:
        self._place = (vhost, client)
        self._messages = f"{client}.message"
        self._connections: dict[int, _Connection] = {}
        self._away: _Away | None = None

    @property
    def gap(self) -> Gap | None:
        """The one that it is in."""
        return self._away.gap if self._away is not None else None

    def saw(self, number: int, event: HubSaw) -> Gap | None:
        """Take in an act, or a publication; returns the gap that it opens."""
        if event.action in _BREAKS:
            return self._broke(number, event)
        if event.action == "closed":
            self._connections.pop(event.connection or 0, None)  # its own doing: no gap
            return None
        if event.connection is not None:
            self._learn(event.connection, event)
        away = self._away
        if away is None:
            return None
        if event.action in _MENDS:
            away.link = False
        elif event.action in READS and event.recipient == self._messages:
            away.reader = False
        if not away.link and not away.reader:
            away.gap.ended, self._away = number, None
        return None

    def _learn(self, connection: int, event: HubSaw) -> None:
        known = self._connections.setdefault(connection, _Connection())
        if event.action in READS and event.recipient:
            known.reads.add(event.recipient)
        elif event.action in {"publishing", "received"}:
            known.publishes = True
        if len(self._connections) > _CONNECTIONS_MAX:
            del self._connections[next(iter(self._connections))]

    def _broke(self, number: int, event: HubSaw) -> Gap | None:
        broken = None
        if event.action == "disconnected" and event.connection is not None:
            broken = self._connections.pop(event.connection, None)
        if broken is not None and self._is_spare(broken):
            return None
        opened = None
        if self._away is None:
            opened = Gap(*self._place, number)
            self._away = _Away(opened)
        if broken is not None and self._messages in broken.reads:
            self._away.reader = True
        else:
            self._away.link = True
        return opened

    def _is_spare(self, one: _Connection) -> bool:
        """Whether nothing that a play awaits hangs on it: it only reads what answers the editor, and others publish."""
        reads_answers = bool(one.reads) and self._messages not in one.reads
        return (
            reads_answers
            and not one.publishes
            and any(other.publishes for other in self._connections.values())
        )

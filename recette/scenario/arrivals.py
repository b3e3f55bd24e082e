"""How what comes from a hub finds its play: the one way in, for whoever plays and for whoever judges afterwards."""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from recette.messages.dictionary.generations import Models
from recette.messages.reading import JSON_TYPE, Message, read
from recette.scenario import ownership
from recette.scenario.matching import Arrival, Progress


@dataclass(frozen=True, slots=True)
class Delivery:
    """What the broker delivered to a partner; `number` is its place in the journal."""

    number: int
    client: str
    queue: str
    content_type: str | None
    body: bytes
    redelivered: bool


@dataclass(frozen=True, slots=True)
class Bounce:
    """A message that the hub did not let through, or buried, as the hub told it; `client` sent it."""

    number: int
    client: str
    content_type: str | None
    body: bytes
    refused: bool
    """False where it was passed on, and buried later."""
    edition: Models | None = None
    """Of the vHost where it happened, if that is not the partners'."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A play took it."""

    progress: Progress
    arrival: Arrival


@dataclass(frozen=True, slots=True)
class Late:
    """It belongs to a play that is over."""

    play: str
    arrival: Arrival


@dataclass(frozen=True, slots=True)
class Repeated:
    """It was delivered before; `by_broker` where the broker says so itself."""

    message: Message
    by_broker: bool


@dataclass(frozen=True, slots=True)
class Unclaimed:
    """It belongs to no play."""

    arrival: Arrival


Outcome = Taken | Late | Repeated | Unclaimed


class Arrivals:
    """All that comes to the partners of one editor on one vHost, and the plays that it may belong to."""

    def __init__(self, edition: Models, *, observed: bool) -> None:
        """`observed`: whether the hub's own side is seen, and so who sends a message twice."""
        self._edition = edition
        self._running: list[Progress] = []
        self._past = _Past()
        self._seen = _Seen(observed=observed)

    def begin(self, progress: Progress) -> None:
        """A play begins."""
        self._running.append(progress)

    def end(self, progress: Progress) -> None:
        """A play is over: what comes late for it is its own, and not taken for another's."""
        self._running.remove(progress)
        self._past.add(progress)

    def receive(self, delivery: Delivery) -> Outcome:
        """Take in a delivery: to be called once for each, in the order of the journal."""
        repeated = self._seen.before(delivery)
        message = read(delivery.body, delivery.content_type, self._edition)
        if repeated:
            return Repeated(message, by_broker=delivery.redelivered)
        arrival = Arrival(delivery.number, delivery.client, delivery.queue.rpartition(".")[2], message)
        progress = self._play_of(arrival)
        if progress is not None:
            progress.take(arrival)
            return Taken(progress, arrival)
        over = self._past.play_of(message)
        return Unclaimed(arrival) if over is None else Late(over, arrival)

    def bounce(self, bounce: Bounce) -> Taken | None:
        """Take in what the hub refused: the play that it belongs to is told; None where there is none."""
        message = read(bounce.body, bounce.content_type or JSON_TYPE, bounce.edition or self._edition)
        to = Arrival(bounce.number, message.recipient_id or "", "message", message)
        progress = self._play_of(to) or self._latest_awaiting(bounce.client)
        if progress is None:
            return None
        arrival = Arrival(bounce.number, bounce.client, "message", message)
        if bounce.refused and bounce.client == progress.casting.editor_client:
            progress.refusals.append(arrival)
        return Taken(progress, arrival)

    def multiplied(self, number: int, source: str, body: bytes, edition: Models) -> Progress | None:
        """What the hub's conversion made beside the partner's message `source`; the play whose message that is."""
        progress = next((one for one in self._running if source in one.published), None)
        if progress is not None:
            message = read(body, JSON_TYPE, edition)
            progress.publish(number, progress.published[source].step, message)
        return progress

    def _play_of(self, arrival: Arrival) -> Progress | None:
        """The play that an arrival belongs to: told by what it refers to, then by its case, then by what is awaited."""
        message = arrival.message
        latest_first = self._running[::-1]
        referred = next((one for one in latest_first if one.sent(message.reference_id)), None)
        if referred is not None or (message.reference_id is not None and self._past.play_of(message)):
            return referred
        named = next((one for one in latest_first if ownership.is_about(one, message)), None)
        over = self._past.play_of(message)
        if named is None and over is None:
            return _likeliest([one for one in latest_first if ownership.may_be_about(one, arrival)], arrival)
        if named is not None and named.readings(arrival):
            return named
        opened = next(
            (one for one in latest_first if one is not named and ownership.opens(one, arrival)), None
        )
        if opened is None or self._told_before(named, arrival):
            return named
        opened.reused[arrival.number] = named.casting.name if named is not None else over or ""
        return opened

    def _told_before(self, named: Progress | None, arrival: Arrival) -> bool:
        """Whether the play whose case it names got the same content: it is said once more, and opens no other case."""
        if named is None:
            return self._past.told(arrival.message)
        return any(one.message.content == arrival.message.content for one in named.arrivals)

    def _latest_awaiting(self, client: str) -> Progress | None:
        """Failing anything better, the latest play of `client` that awaits a message."""
        mine = [one for one in self._running if client in one.casting.clients.values()]
        waiting = [one for one in mine if one.awaits()]
        return (waiting or mine)[-1] if mine else None


class _Seen:
    """Tells what is handed over once more from what is new: by the broker, because the ack was lost with the link; by
    a hub whose own side nobody sees, the same to the byte.
    """

    KEPT = 256
    """Deliveries by queue that are remembered: more than can be without their ack."""

    def __init__(self, *, observed: bool) -> None:
        self._observed = observed
        self._last: dict[str, deque[bytes]] = {}

    def before(self, delivery: Delivery) -> bool:
        """Whether it was seen before. To be asked once of each delivery."""
        digest = hashlib.blake2b(delivery.body, digest_size=16).digest()
        last = self._last.setdefault(delivery.queue, deque(maxlen=self.KEPT))
        if (delivery.redelivered or not self._observed) and digest in last:
            return True
        last.append(digest)
        return False


class _Past:
    """What the plays that are over were about."""

    def __init__(self) -> None:
        self._plays: dict[str, str] = {}
        self._contents: dict[str, list[Mapping[str, Any] | None]] = {}
        """What satisfied a step, by the case."""

    def add(self, progress: Progress) -> None:
        name = progress.casting.name
        self._plays.update(dict.fromkeys(progress.sent_ids, name))
        if progress.case_id is not None:
            self._plays[progress.case_id] = name
            matched = [match.arrival.message.content for match in progress.matches.values()]
            self._contents.setdefault(progress.case_id, []).extend(matched)

    def play_of(self, message: Message) -> str | None:
        """The play that a message comes too late for."""
        if message.reference_id is not None:
            return self._plays.get(message.reference_id)
        return self._plays.get(message.case_id or "")

    def told(self, message: Message) -> bool:
        """Whether the same was said of the same case before."""
        return message.content in self._contents.get(message.case_id or "", [])


def _likeliest(plays: Iterable[Progress], arrival: Arrival) -> Progress | None:
    """The play that an arrival is the surest for; among equals the likest, then the latest, which comes first."""
    concerns = [(ownership.concern(progress, arrival), progress) for progress in plays]
    surest = max((concern for concern, _ in concerns), default=0)
    best = [progress for concern, progress in concerns if concern == surest > 0]
    if len(best) > 1:
        return min(best, key=lambda one: ownership.distance(one, arrival))
    return best[0] if best else None

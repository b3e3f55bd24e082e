"""Goes over a journal once more, with the matching that play used, and sorts its facts by scenario."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from recette.journal.events import (
    Attested,
    Confirmed,
    DeadlinePassed,
    DriverAnswered,
    DriverAsked,
    Entry,
    LinkLost,
    LinkRestored,
    NotLoaded,
    QueuesShared,
    Received,
    RunEnded,
    RunResumed,
    RunStarted,
    ScenarioEnded,
    ScenarioStarted,
    Sent,
    StepClosed,
    StepDone,
    StepOpened,
    Trouble,
)
from recette.journal.reader import UnreadableJournalError
from recette.judge.gaps import Gap
from recette.judge.record import Delivered, Record, Refusal
from recette.messages.hub_saw import HubSaw
from recette.messages.reading import JSON_TYPE, Message, read
from recette.messages.vhosts import vhost
from recette.scenario.loader import load
from recette.scenario.matching import Arrival, Deliveries, Past, Progress, assign, assign_refusal
from recette.scenario.model import Casting, Scenario

_ACTS = frozenset({"connected", "disconnected", "declared", "consuming", "consuming-unacked", "looping"})
"""What the editor does at the broker that is no message of its own."""


@dataclass(frozen=True, slots=True)
class _Forward:
    """What the hub passed on, or received with an expiration, with the plays that were on with its sender."""

    number: int
    event: HubSaw
    running: list[Record]

    def share(self) -> None:
        """To the play of the message that arrived or that it refers to; all of them are over."""
        about = {self.event.distribution_id, self.event.reference_id} - {None}
        told = [one for one in self.running if about & (one.ids | one.progress.published.keys())]
        record = (told or self.running)[-1]
        (record.forwards if self.event.action == "forwarded" else record.limited).append(
            (self.number, self.event)
        )


class Replay:
    """A whole journal, sorted. Each play is handed out as soon as all that belongs to it is known, and let go of."""

    def __init__(self, header: RunStarted) -> None:
        self.header = header
        self.not_loaded: list[NotLoaded] = []
        self.unclaimed = 0
        self.leftovers = 0
        """How many of these lay in the queues before the first play."""
        self._begun = False
        """Whether a play has begun since the run did, or went on."""
        self.late: list[tuple[int, str]] = []
        """Events that came after the end of their play, with its name."""
        self._past: dict[tuple[str, str], Past] = {}
        """By the vHost and the editor's client id."""
        self.troubles: list[Trouble] = []
        self.complete = False
        self.gaps: list[Gap] = []
        self._deliveries = Deliveries(observed=header.hub_observed)
        self._targets = {
            (one.vhost, client): (one.vhost, one.editor)
            for one in reversed(header.targets)
            for client in (*one.partners, one.editor)
        }
        """The vHost and the editor's client id, by the vHost and each client that is there."""
        self._started = 0
        self.begun: set[str] = set()
        """Names of the plays that began."""
        self._cut: dict[str, Record] = {}
        self._running: dict[str, Record] = {}
        self._held: list[Record] = []
        """Plays that are over, while something that may be theirs waits for a play that is not."""
        self._forwards: list[_Forward] = []
        self._acts: dict[tuple[str, str], list[tuple[int, HubSaw]]] = {}
        """By vHost and client."""
        self._away: dict[tuple[str, str], Gap] = {}
        """Editors that were cut off and are not back, by vHost and client."""
        self.broker_seen = False
        """Whether the broker told what the editor does there."""

    def over(self, entries: Iterable[Entry]) -> Iterator[Record]:
        """Every play, in the order in which they are complete. Raises UnreadableJournalError."""
        for entry in entries:
            yield from self.take(entry)
        yield from self.rest()

    def take(self, entry: Entry) -> Sequence[Record]:
        """The next entry; the plays that it makes complete. Raises UnreadableJournalError."""
        try:
            self._take(entry.number, entry)
        except KeyError as error:
            text = (
                f"Événement n° {entry.number} : il se rapporte à ce que le journal ne connaît pas ({error})."
            )
            raise UnreadableJournalError(text) from error
        return self._whole() if isinstance(entry.event, ScenarioEnded) else ()

    def rest(self) -> Sequence[Record]:
        """The journal ends here: the plays that were waiting for something, and those that it cuts off."""
        self._held += [*self._cut.values(), *self._running.values()]
        return self._whole(cut=True)

    def _take(self, number: int, entry: Entry) -> None:  # noqa: C901, PLR0912, PLR0915 - one line for each kind of event
        event = entry.event
        match event:
            case HubSaw():
                self._hub_saw(number, event)
            case ScenarioStarted():
                if event.scenario in self._running:
                    raise KeyError(event.scenario)
                self.begun.add(event.scenario)
                self._begun = True
                first = self._cut.pop(event.scenario, None)
                if first is not None:
                    first.replayed = True
                    self._held.append(first)
                casting = Casting(self._scenario(event), event.editor, event.clients)
                place = self._started if first is None else first.place
                self._running[event.scenario] = Record(
                    casting,
                    Progress(casting, event.values),
                    vhost(event.vhost),
                    (event.vhost, casting.editor_client),
                    number,
                    place,
                    datetime.fromisoformat(entry.at),
                )
                standing = self._acts.get((event.vhost, casting.editor_client), [])
                self._running[event.scenario].acts.extend(standing)
                self._running[event.scenario].away.extend(
                    gap for key, gap in self._away.items() if key == (event.vhost, casting.editor_client)
                )
                self._started += first is None
                for gap in self.gaps:
                    if gap.ended is None:
                        self._share_gap(gap)
            case RunResumed():
                self._resumed(number)
            case StepOpened():
                record = self._running[event.scenario]
                record.windows[event.step] = [number]
                record.progress.open(event.step, event.values.get("now", ""))
            case StepClosed():
                self._running[event.scenario].windows[event.step].append(number)
            case Sent():
                record = self._running[event.scenario]
                message = read(event.body, event.content_type, record.vhost.generation)
                record.progress.publish(number, event.step, message)
                record.sent[number] = message.distribution_id
                if message.model == "RS-ERROR":
                    record.errors_sent.append((number, message))
            case Confirmed():
                if event.status != "confirmed":
                    self._running[event.scenario].not_confirmed.append((number, event))
            case Received():
                self._received(number, entry.at, event)
            case DeadlinePassed():
                self._running[event.scenario].missed[event.step] = (number, event)
            case Attested():
                self._running[event.scenario].attested[event.step] = (number, event)
            case DriverAsked():
                self._running[event.scenario].driven_by[event.step] = event.driver
            case StepDone():
                self._running[event.scenario].done.add(event.step)
            case DriverAnswered():
                told = self._running[event.scenario].told
                told[event.step] = told.get(event.step, 0) + event.attempts
                if not event.accepted:
                    self._running[event.scenario].driver_failed[event.step] = (number, event)
            case LinkLost():
                self.gaps.append(Gap(event.vhost, event.client, number))
                self._share_gap(self.gaps[-1])
            case LinkRestored():
                for gap in self.gaps:
                    if (gap.vhost, gap.client, gap.ended) == (event.vhost, event.client, None):
                        gap.ended, gap.seconds = number, event.seconds
            case QueuesShared():
                self._running[event.scenario].shared = (number, event)
            case Trouble():
                record_or_none = self._running.get(event.scenario or "")
                if record_or_none is not None:
                    record_or_none.troubles.append((number, event))
                else:
                    self.troubles.append(event)
            case NotLoaded():
                self.not_loaded.append(event)
            case ScenarioEnded():
                record = self._running.pop(event.scenario)
                record.ended = event
                self._ended(record)
                self._held.append(record)
            case RunEnded():
                self.complete = True
            case _:
                pass

    def _scenario(self, event: ScenarioStarted) -> Scenario:
        return load(event.file, event.sources, vhost(event.vhost).generation)

    def _received(self, number: int, at: str, event: Received) -> None:
        queue = f"{event.vhost} {event.queue}"
        repeated = self._deliveries.repeated(queue, event.body, redelivered=event.redelivered)
        if repeated and event.redelivered:
            return
        message = read(event.body, event.content_type, vhost(event.vhost).generation)
        if repeated:
            self._twice(number, event, message)
            return
        arrival = Arrival(number, event.client, event.queue.rpartition(".")[2], message)
        target = self._targets.get((event.vhost, event.client))
        past = self._past.get(target) if target is not None else None
        over = past.play_of(message) if past is not None else None
        if over is not None:
            self.late.append((number, over))
            return
        progress = assign([one.progress for one in self._played_with(event.vhost, event.client)], arrival)
        if progress is None:
            self.unclaimed += 1
            self.leftovers += not self._begun
            return
        progress.take(arrival)
        record = self._record_of(progress)
        record.delivered.append(Delivered(arrival, event, datetime.fromisoformat(at)))

    def _twice(self, number: int, event: Received, message: Message) -> None:
        for record in self._played_with(event.vhost, event.client):
            if message.distribution_id in {one.arrival.message.distribution_id for one in record.delivered}:
                record.twice.append((number, message))
                return
        self.unclaimed += 1

    def _hub_saw(self, number: int, event: HubSaw) -> None:
        if event.action == "received" and not event.expiration:
            return
        mine = [
            one
            for one in self._played_with(event.vhost, event.client)
            if one.casting.editor_client == event.client
        ]
        if event.action == "forwarded" and event.distribution_id is not None:
            for one in self._played_with(event.vhost, event.client):
                if event.distribution_id in one.sent.values():
                    one.reached.setdefault(event.distribution_id, number)
        if event.action in _ACTS:
            self._acted(number, event, mine)
        elif mine and (event.action == "forwarded" or (event.action == "received" and event.expiration)):
            self._forwards.append(_Forward(number, event, mine))
        if event.action not in {"refused", "publish-refused", "dead-lettered"} or event.body is None:
            return
        message = read(event.body, event.content_type or JSON_TYPE, vhost(event.vhost).generation)
        running = [one.progress for one in self._played_with(event.vhost, event.client)]
        progress = assign_refusal(running, event.client, message, number)
        if progress is not None:
            record = self._record_of(progress)
            record.refusals.append(Refusal(number, event, message, record.step_at(number)))

    def _acted(self, number: int, event: HubSaw, mine: list[Record]) -> None:
        """An act is of all the plays that it may touch; looping on a message, of that message's play."""
        self.broker_seen = True
        editor = (event.vhost, event.client)
        if event.action == "disconnected" and editor not in self._away:
            gap = self._away[editor] = Gap(*editor, number)
            for one in mine:
                one.away.append(gap)
        elif event.action == "connected" and editor in self._away:
            self._away.pop(editor).ended = number
        if event.action == "looping":
            mine = [one for one in mine if event.distribution_id in one.progress.published] or mine[-1:]
        else:
            self._acts.setdefault((event.vhost, event.client), []).append((number, event))
        for one in mine:
            one.acts.append((number, event))

    def _ended(self, record: Record) -> None:
        self._past.setdefault(record.target, Past()).add(record.progress)

    def _played_with(self, name: str, client: str) -> list[Record]:
        """The plays that are going on on the target of `client`, as play itself keeps them apart."""
        target = self._targets.get((name, client))
        return [one for one in self._running.values() if one.target == target]

    def _resumed(self, number: int) -> None:
        """Whatever was going on when the run was cut off is over."""
        for record in self._running.values():
            record.cut = True
        self._cut |= self._running
        self._running, self._begun = {}, False
        self._away.clear()  # whoever connects now is another process
        self._past, self._deliveries = (
            {},
            Deliveries(observed=self.header.hub_observed),
        )  # play, too, begins without them
        for gap in self.gaps:
            gap.ended = gap.ended or number

    def _share_gap(self, gap: Gap) -> None:
        """To every play that is on with this partner."""
        for record in self._running.values():
            casting = record.casting
            here = record.vhost.name == gap.vhost and gap.client in casting.clients.values()
            if here and gap not in record.gaps:
                record.gaps.append(gap)

    def _record_of(self, progress: Progress) -> Record:
        return next(one for one in self._running.values() if one.progress is progress)

    def _whole(self, *, cut: bool = False) -> list[Record]:
        """The plays that nothing more can come to; all of them where the journal ends."""
        waiting = []
        for one in self._forwards:
            if not cut and any(record.ended is None and not record.cut for record in one.running):
                waiting.append(one)
            else:
                one.share()
        self._forwards = waiting
        touched = {id(record) for one in waiting for record in one.running}
        if not cut:  # it may still come back
            touched |= {id(record) for record in self._held if any(gap.ended is None for gap in record.away)}
        whole = [record for record in self._held if id(record) not in touched]
        self._held = [record for record in self._held if id(record) in touched]
        for record in whole:
            record.forwards.sort(key=lambda one: one[0])
            record.limited.sort(key=lambda one: one[0])
        return whole

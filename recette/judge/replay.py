"""Goes over a journal once more, with the matching that play used, and sorts its facts by play."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from recette.journal.events import (
    Entry,
    Event,
    NotLoaded,
    Received,
    RunEnded,
    RunResumed,
    RunStarted,
    ScenarioEnded,
    ScenarioStarted,
    Trouble,
    Unreadable,
)
from recette.journal.link_events import Lagged, LinkBlocked, LinkLost, LinkRestored, LinkUnblocked, Probed
from recette.journal.reader import UnreadableJournalError
from recette.judge.gaps import UNREADABLE, Gap
from recette.judge.hub_side import HubEvents
from recette.judge.moments import moment
from recette.judge.plays import Plays
from recette.judge.record import ContradictionError, Delivered, Record
from recette.judge.strays import CaseOfPlay, Stray, closes
from recette.messages.hub_saw import HubSaw
from recette.messages.reading import Message
from recette.scenario.arrivals import Delivery, Late, Repeated, Taken, Unclaimed
from recette.scenario.matching import Arrival
from recette.scenario.ownership import may_be_about

_LATEST = 1_000
"""Entries that are looked through for when a lag began."""


@dataclass(slots=True)
class RunFacts:
    """What a journal tells of the run as a whole."""

    begun: set[str] = field(default_factory=set)
    """Names of the plays that began."""
    not_loaded: list[NotLoaded] = field(default_factory=list)
    troubles: list[Trouble] = field(default_factory=list)
    """Those of no play."""
    gaps: list[Gap] = field(default_factory=list)
    """When partners were not connected."""
    blocks: list[Gap] = field(default_factory=list)
    """When the broker took no publications."""
    lags: list[Gap] = field(default_factory=list)
    """When a machine that passes messages on was late."""
    unreadable: int = 0
    """Deliveries that nobody can judge."""
    late: list[tuple[int, str]] = field(default_factory=list)
    """Events that came after the end of their play, with its name."""
    strays: list[Stray] = field(default_factory=list)
    """Messages of the editor that belong to no play, since the first one began."""
    cases: dict[str, CaseOfPlay] = field(default_factory=dict)
    """The play of each case, by its caseId."""
    unclaimed: int = 0
    """Messages that belong to no play."""
    leftovers: int = 0
    """How many of these lay in the queues before the first play."""
    complete: bool = False
    """Whether the run came to its end."""


class Replay:
    """A whole journal, sorted. Each play is handed out as soon as all that belongs to it is known, and let go of."""

    def __init__(self, header: RunStarted) -> None:
        self.facts = RunFacts()
        self._plays = Plays(header)
        self._captured = header.captured
        self._hub = HubEvents(self._plays)
        self._closed: dict[tuple[str, str], str | None] = {}
        """When the editor told a partner that a case is closed."""
        self._begun = False
        """Whether a play has begun since the run did, or went on."""
        self._latest: deque[tuple[int, float]] = deque(maxlen=_LATEST)
        """Numbers of the latest entries, and when they were written: what they hold may be large."""

    @property
    def broker_seen(self) -> bool:
        """Whether the broker told what the editor does there."""
        return self._hub.broker_seen

    def running(self, name: str) -> Record:
        """A play of that name that is going on. Raises ContradictionError."""
        return self._plays.named(name)

    def over(self, entries: Iterable[Entry]) -> Iterator[Record]:
        """Every play, in the order in which they are complete. Raises UnreadableJournalError."""
        for entry in entries:
            yield from self.take(entry)
        yield from self.rest()

    def take(self, entry: Entry) -> Sequence[Record]:
        """The next entry; the plays that it makes complete. Raises UnreadableJournalError."""
        self._latest.append((entry.number, entry.elapsed))
        try:
            self._take(entry)
        except ContradictionError as error:
            text = (
                f"Événement n° {entry.number} : il se rapporte à ce que le journal ne connaît pas ({error})."
            )
            raise UnreadableJournalError(text) from error
        return self._whole() if isinstance(entry.event, ScenarioEnded) else ()

    def rest(self) -> Sequence[Record]:
        """The journal ends here: the plays that were waiting for something, and those that it cuts off."""
        self._plays.close()
        return self._whole(cut=True)

    def _take(self, entry: Entry) -> None:
        match entry.event:
            case ScenarioStarted() as event:
                self._started(entry, event)
            case Received() as event:
                self._received(entry, event)
            case HubSaw() as event:
                self._hub.saw(entry.number, event)
            case RunResumed() | RunEnded() | NotLoaded() as event:
                self._of_the_run(entry.number, event)
            case LinkLost() | LinkRestored() | LinkBlocked() | LinkUnblocked() | Unreadable() as event:
                self._of_a_link(entry.number, event)
            case Lagged() as event:
                self._lagged(entry, event)
            case Probed() as event if event.scenario is None:
                self._plays.probed(entry.number, event)
            case Trouble() as event if event.scenario not in self._plays.running:
                self.facts.troubles.append(event)
            case event:
                self._of_a_play(entry.number, event)

    def _of_the_run(self, number: int, event: Event) -> None:
        match event:
            case RunResumed():
                for record in self._plays.running.values():
                    self._note_case(record)
                self._plays.cut()
                self._hub.cut()
                self._begun = False
                for gap in (*self.facts.gaps, *self.facts.blocks):
                    gap.ended = gap.ended or number
            case RunEnded():
                self.facts.complete = True
            case NotLoaded():
                self.facts.not_loaded.append(event)
            case _:
                pass

    def _of_a_link(
        self, number: int, event: LinkLost | LinkRestored | LinkBlocked | LinkUnblocked | Unreadable
    ) -> None:
        """What stands between a partner and the editor, to every play that is on with this partner."""
        facts, place = self.facts, (event.vhost, event.client)
        match event:
            case LinkLost():
                facts.gaps.append(Gap(*place, number))
                self._share_gap(facts.gaps[-1])
            case LinkRestored():
                for gap in facts.gaps:
                    gap.end(place, number, event.seconds)
            case LinkBlocked():
                why = f"Le broker n'acceptait plus de publications ({event.reason or 'sans dire pourquoi'})"
                facts.blocks.append(Gap(*place, number, why=why, noticed=True))
                self._share_gap(facts.blocks[-1])
            case Unreadable():
                facts.unreadable += 1
                self._share_gap(Gap(*place, number, number, why=UNREADABLE))
            case _:
                pass
        if isinstance(event, LinkLost | LinkUnblocked):  # a connection that is gone is blocked no more
            for block in facts.blocks:
                block.end(place, number)

    def _lagged(self, entry: Entry, event: Lagged) -> None:
        """To every play that is on: what was written in the same moments may have been so before it or after."""
        since = entry.elapsed - event.over * 1000
        begun = next((number for number, elapsed in self._latest if elapsed >= since), entry.number)
        lag = Gap("", event.where, begun, entry.number, event.seconds)
        self.facts.lags.append(lag)
        for record in self._plays.running.values():
            record.links.lags.append(lag)

    def _of_a_play(self, number: int, event: Event) -> None:
        name = getattr(event, "scenario", None)
        if name is None:
            return
        self._plays.named(name).apply(number, event)
        if isinstance(event, ScenarioEnded):
            self._note_case(self._plays.named(name))
            self._plays.end(name)

    def _started(self, entry: Entry, event: ScenarioStarted) -> None:
        record = self._plays.begin(entry, event)
        self._hub.begin(record)
        self.facts.begun.add(event.scenario)
        self._begun = True
        for gap in (*self.facts.gaps, *self.facts.blocks):
            if gap.ended is None:
                self._share_gap(gap)

    def _received(self, entry: Entry, event: Received) -> None:
        arrivals = self._plays.arrivals(event.vhost, event.sender or event.client)
        if arrivals is None:
            raise ContradictionError(event.client)
        outcome = arrivals.receive(
            Delivery(
                entry.number, event.client, event.queue, event.content_type, event.body, event.redelivered
            )
        )
        match outcome:
            case Taken():
                record = self._plays.of(outcome.progress)
                at = datetime.fromisoformat(entry.at)
                if (
                    self._captured
                ):  # by the sender's own clock: nobody knows whether that of a capture is right
                    at = moment(outcome.arrival.message.date_time_sent) or at
                record.delivered.append(Delivered(outcome.arrival, event, at))
                record.arrived.add(outcome.arrival.message.distribution_id)
            case Late():
                self.facts.late.append((entry.number, outcome.play))
                self._misfiled(event, outcome)
                self._overdue(event, outcome)
            case Repeated():
                if not outcome.by_broker:
                    self._twice(entry.number, event, outcome.message)
            case Unclaimed():
                self._unclaimed(event, outcome.arrival)

    def _note_case(self, record: Record) -> None:
        progress = record.progress
        case = progress.case_id
        if case is None:
            return
        told = [one.number for one in progress.arrivals if one.message.case_id == case]
        told += [one.number for one in progress.published.values() if one.message.case_id == case]
        since = min(told, default=record.number)
        self.facts.cases.setdefault(case, CaseOfPlay(record.casting.name, since))

        for one in progress.arrivals:
            if one.message.sender_id == record.casting.editor_client and closes(one.message):
                self._closed[case, one.client] = one.message.date_time_sent

    def _overdue(self, event: Received, late: Late) -> None:
        """What is no receipt, and comes from the editor once its play is over."""
        message, editor = late.arrival.message, self._plays.editor_of(event.vhost, event.client)
        if editor is None or message.sender_id != editor or message.reference_id is not None:
            return
        closed = self._closed.get((message.case_id or "", event.client))
        self.facts.strays.append(
            Stray(late.arrival.number, event.vhost, event.client, editor, message, late.play, closed)
        )

    def _misfiled(self, event: Received, late: Late) -> None:
        """To a play that awaits it, and whose own it is but for the case."""
        for record in self._plays.met_by(event.vhost, event.sender or event.client):
            progress, message = record.progress, late.arrival.message
            own = message.sender_id == record.casting.editor_client and message.case_id is not None
            if own and progress.awaiting(late.arrival) and may_be_about(progress, late.arrival):
                record.misfiled.append((late.arrival, late.play))

    def _unclaimed(self, event: Received, arrival: Arrival) -> None:
        self.facts.unclaimed += 1
        self.facts.leftovers += not self._begun
        editor = self._plays.editor_of(event.vhost, event.sender or event.client)
        if self._begun and editor is not None and arrival.message.sender_id == editor:
            stray = Stray(arrival.number, event.vhost, event.client, editor, arrival.message)
            self.facts.strays.append(stray)

    def _twice(self, number: int, event: Received, message: Message) -> None:
        for record in self._plays.met_by(event.vhost, event.sender or event.client):
            if message.distribution_id in record.arrived:
                record.twice.append((number, message))
                return
        self.facts.unclaimed += 1

    def _share_gap(self, gap: Gap) -> None:
        """To every play that is on with this partner."""
        for record in self._plays.running.values():
            here = record.meeting.name == gap.vhost and gap.client in record.casting.clients.values()
            known = record.links.gaps
            if here and known and gap.why == known[-1].why == UNREADABLE and gap.client == known[-1].client:
                known[-1].ended = gap.ended  # one that goes on
            elif here and gap not in known:
                known.append(replace(gap) if gap.why == UNREADABLE else gap)

    def _whole(self, *, cut: bool = False) -> list[Record]:
        """The plays that nothing more can come to; all of them where the journal ends."""
        touched = {id(record) for record in self._hub.share(cut=cut)}
        held = self._plays.held
        if not cut:  # it may still come back
            away = (record for record in held if any(gap.ended is None for gap in record.links.away))
            touched |= {id(record) for record in away}
        self._plays.held = [record for record in held if id(record) in touched]
        whole = [record for record in held if id(record) not in touched]
        for record in whole:
            record.hub.forwards.sort(key=lambda one: one[0])
            record.hub.limited.sort(key=lambda one: one[0])
            record.hub.rewritten.sort(key=lambda one: one[0])
        return whole

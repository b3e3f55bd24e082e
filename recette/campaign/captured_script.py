"""What a run would have written down of a play that captures show: its steps, what passed in them, and what nobody saw."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from recette.campaign.captured import CapturedPlay, on_the_clock
from recette.hub import topology
from recette.journal.events import (
    Attested,
    Confirmed,
    DeadlinePassed,
    Event,
    RunStarted,
    ScenarioEnded,
    ScenarioStarted,
    Sent,
    StepClosed,
    StepOpened,
)
from recette.journal.writer import JournalWriter
from recette.judge.captured import NO_TIME, REFERRING, Case, Clock, Seen, as_received, watched_until
from recette.messages.building import format_datetime
from recette.messages.clients import HUB
from recette.messages.hub_saw import HubSaw
from recette.scenario.model import Casting
from recette.scenario.steps import AttestStep, MessageStep, SilenceStep, Step

_PURPOSES = {"RC-REF": "ack", "RS-ERROR": "error"}


@dataclass(frozen=True, slots=True)
class Line:
    """What is to be written, and when it was by the captures' clock."""

    at: datetime
    write: Callable[[JournalWriter], object]


@dataclass(frozen=True, slots=True)
class Watched:
    """What the captures show as a whole."""

    until: Mapping[str, datetime]
    """By client whose own publications some capture saw, how long any of these went on."""
    end: datetime
    """When the last message passed."""

    @classmethod
    def of(cls, cases: Iterable[Case], clocks: Iterable[Clock]) -> Watched:
        everything = [one for case in cases for one in case.messages]
        until = watched_until(everything, clocks)
        return cls(until, max((one.at for one in everything if one.at is not None), default=NO_TIME))


def script(play: CapturedPlay, header: RunStarted, watched: Watched) -> Iterator[Line]:
    """In order."""
    yield from _Script(play, header, watched).lines()


class _Script:
    def __init__(self, play: CapturedPlay, header: RunStarted, watched: Watched) -> None:
        self._play = play
        self._sides = play.cast
        self._scenario = play.cast[0].scenario
        self._vhost = header.targets[0].vhost
        self._deadlines = header.deadlines
        self._left_out = frozenset(header.left_out)
        self._watched = watched
        self._messages: Sequence[Seen] = play.case.messages
        self._refused = play.refused
        self._at = on_the_clock(self._messages[0]) if self._messages else watched.end
        self._next = 0
        """Which message comes next."""
        self._late: dict[int, str] = {}
        """Acks that came after their deadline, by the message's number: the step that they are of."""

    def lines(self) -> Iterator[Line]:
        for side in self._sides:
            yield self._line(
                ScenarioStarted(
                    scenario=side.name,
                    vhost=self._vhost,
                    file=self._scenario.file,
                    sources=self._scenario.sources,
                    editor=side.editor,
                    clients=side.clients,
                    values={},
                )
            )
        groups = [
            list(steps) for _, steps in groupby(self._scenario.steps, key=lambda one: one.group or one.id)
        ]
        why = ""
        for place, steps in enumerate(groups):
            yield from self._group(steps, groups[place + 1 :])
            why = self._why_over(steps, groups[place + 1 :])
            if why:
                break
        yield from self._passed(len(self._messages))
        for side in self._sides:
            yield self._line(ScenarioEnded(scenario=side.name, reason=why))

    def _group(self, steps: Sequence[Step], later: Sequence[Sequence[Step]]) -> Iterator[Line]:
        for step in steps:
            now = {"now": format_datetime(self._at)}
            for side in self._concerned(step):
                yield self._line(StepOpened(scenario=side.name, step=step.id, values=now))
        yield from self._passed(self._until(steps, later))
        for step in steps:
            yield from self._missing(step, last=not later)
        for step in steps:
            for side in self._concerned(step):
                yield self._line(StepClosed(scenario=side.name, step=step.id))

    def _until(self, steps: Sequence[Step], later: Sequence[Sequence[Step]]) -> int:
        """Up to which message these steps are open: until the next ones begin, or all that is theirs has come."""
        if not later:
            return len(self._messages)
        following = min(self._places(step for some in later for step in some), default=None)
        own = max(self._places(steps), default=None)
        if own is None:
            return self._next if following is None else following
        return own + 1 if following is None else min(own + 1, following)

    def _places(self, steps: Iterable[Step]) -> Iterator[int]:
        """Where the messages of some steps are, and what answers them."""
        names = {one.id for one in steps}
        ids = {
            one.message.distribution_id
            for one in self._messages
            if self._play.placed.get(one.number) in names
        }
        for place, one in enumerate(self._messages):
            answers = one.message.model in REFERRING and one.message.reference_id in ids
            if answers or self._play.placed.get(one.number) in names:
                yield place

    def _passed(self, until: int) -> Iterator[Line]:
        """The messages up to that one."""
        while self._next < until:
            one = self._messages[self._next]
            self._next += 1
            self._at = max(self._at, on_the_clock(one))
            late = self._late_ack(one)
            if late is not None:
                yield self._absent(*late, "ack", "")
            yield from self._message(one)

    def _message(self, one: Seen) -> Iterator[Line]:
        """As what came from the one, and as what the other was sent."""
        event = one.event
        by_client = {side.editor_client: side for side in self._sides}
        if (
            event.sent_by not in by_client
            or event.recipient not in by_client
            or event.sent_by == event.recipient
        ):
            return
        if event.seen == "published" and event.expiration is not None:
            yield self._line(
                HubSaw(
                    vhost=self._vhost,
                    action="received",
                    client=event.sent_by,
                    distribution_id=one.message.distribution_id,
                    content_type=event.content_type,
                    delivery_mode=event.delivery_mode,
                    expiration=event.expiration,
                )
            )
        if one.number in self._refused:
            yield self._line(self._refusal(one, self._refused[one.number]))
            return
        yield self._line(as_received(event, self._vhost, f"{event.recipient}.{event.channel}"))
        side = by_client[event.recipient]
        sent = Sent(
            scenario=side.name,
            step=self._step_of(one, side),
            purpose=_PURPOSES.get(one.message.model or "", "message"),
            client=event.sent_by,
            exchange=topology.CLIENT_EXCHANGE,
            routing_key=event.sent_by,
            content_type=event.content_type,
            delivery_mode=event.delivery_mode,
            body=event.body,
        )

        def write(writer: JournalWriter) -> None:
            entry = writer.write(sent)
            writer.write(Confirmed(scenario=side.name, sent=entry.number, status="confirmed"))

        yield Line(self._at, write)

    def _refusal(self, one: Seen, report: Seen) -> HubSaw:
        """What the hub reports of a message that it handed to nobody."""
        return HubSaw(
            vhost=self._vhost,
            action="refused",
            client=one.event.sent_by,
            distribution_id=one.message.distribution_id,
            recipient=f"{report.event.recipient}.{report.event.channel}",
            content_type=one.event.content_type,
            delivery_mode=one.event.delivery_mode,
            code=report.message.error_code,
            reason=str((report.message.content or {}).get("errorCause", "")),
            body=one.event.body,
        )

    def _step_of(self, one: Seen, side: Casting) -> str:
        """In which of the recipient's steps it came; empty for none."""
        name = self._play.placed.get(one.number, "")
        if one.message.model in REFERRING:
            about = self._answered(one)
            name = "" if about is None else self._play.placed[about.number]
        return name if any(step.id == name for step in side.messages) else ""

    def _missing(self, step: Step, *, last: bool) -> Iterator[Line]:
        """What did not come in a step, and whether that says anything."""
        match step:
            case MessageStep() if step.to_unknown or step.refused is not None:
                pass
            case MessageStep():
                yield from self._missing_message(step)
            case SilenceStep():
                unseen = self._silence_unseen(step, last=last)
                for side in self._concerned(step):
                    yield self._absent(side, step, "silence", unseen)
            case AttestStep() if step.requirement not in self._left_out:
                for side in self._concerned(step):
                    yield self._line(Attested(scenario=side.name, step=step.id, answer="sans-reponse"))
            case _:
                pass

    def _missing_message(self, step: MessageStep) -> Iterator[Line]:
        found = next((one for one in self._messages if self._play.placed.get(one.number) == step.id), None)
        if found is None:
            yield self._absent(self._side(step.sender), step, "message", "asked")
        elif found.number in self._refused:
            yield self._absent(self._side(step.sender), step, "message", "")
        elif step.ack and not any(self._answers(found)):
            yield self._absent(self._side(step.recipient), step, "ack", self._ack_unseen(found))

    def _answered(self, one: Seen) -> Seen | None:
        """The message of a step that an ack or an error refers to."""
        return next(
            (
                other
                for other in self._messages
                if other.message.distribution_id == one.message.reference_id
                and other.number in self._play.placed
            ),
            None,
        )

    def _answers(self, found: Seen) -> Iterator[Seen]:
        """What its recipient, or the hub, answers to a message."""
        return (
            one
            for one in self._messages
            if one.message.model in REFERRING
            and one.message.reference_id == found.message.distribution_id
            and one.event.sent_by in {found.event.recipient, HUB}
        )

    def _ack_unseen(self, found: Seen) -> str:
        """Why it says nothing that no ack of a message was seen; empty where it does."""
        until = self._watched.until.get(found.event.recipient)
        if until is None:
            return "publications"
        if found.delivered_at is None:
            return "deliveries"
        due = found.delivered_at + timedelta(seconds=self._deadlines["ack"])
        return "" if due < until else "end"

    def _late_ack(self, one: Seen) -> tuple[Casting, MessageStep] | None:
        """Whose ack it is, and of which step, where one clock saw that it left too late."""
        about = self._answered(one) if one.message.model in REFERRING else None
        if about is None or one.event.sent_by != about.event.recipient:
            return None
        if next(self._answers(about)) is not one:
            return None
        step = self._scenario.message(self._play.placed[about.number])
        handed = {event.source: event.at for event in reversed(about.delivered) if event.at is not None}
        took = [
            event.at - handed[event.source] for event in one.published if event.at and event.source in handed
        ]
        if not step.ack or not took or min(took).total_seconds() <= self._deadlines["ack"]:
            return None
        return self._side(step.recipient), step

    def _silence_unseen(self, step: SilenceStep, *, last: bool) -> str:
        until = self._watched.until.get(self._side(step.actor).editor_client)
        if until is None:
            return "publications"
        least = self._deadlines["quiet"] if last else 0.0
        return "end" if (until - self._at).total_seconds() < least else ""

    def _why_over(self, steps: Sequence[Step], later: Sequence[Sequence[Step]]) -> str:
        """Why the play goes no further than these steps; empty where it does, or is over."""
        missing = next(
            (
                one
                for one in steps
                if isinstance(one, MessageStep)
                and not (one.by_editor.optional or one.to_unknown or one.refused is not None)
                and one.id not in self._play.placed.values()
            ),
            None,
        )
        if missing is None or any(self._places(step for some in later for step in some)):
            return ""
        if not self._messages:
            if self._scenario.case_by is None:
                return "Ce scénario n'a pas de dossier : rien ne dit quels messages des captures en sont."
            how = f"--case {self._scenario.id}=DOSSIER"
            return (
                f"Aucun dossier des captures ne commence comme ce scénario ; s'il y est, nommez-le ({how})."
            )
        return f"L'étape {missing.id} n'est dans aucune capture, ni rien de ce qui la suit." if later else ""

    def _absent(self, side: Casting, step: Step, waiting_for: str, unseen: str) -> Line:
        name = {"message": "answer", "ack": "ack", "silence": "quiet"}[waiting_for]
        return self._line(
            DeadlinePassed(
                scenario=side.name,
                step=step.id,
                waiting_for=waiting_for,
                seconds=self._deadlines[name],
                unseen=unseen,
            )
        )

    def _side(self, actor: str) -> Casting:
        return next(one for one in self._sides if one.editor == actor)

    def _concerned(self, step: Step) -> list[Casting]:
        return [one for one in self._sides if step in one.steps]

    def _line(self, event: Event) -> Line:
        return Line(self._at, lambda writer: writer.write(event))

"""What satisfies a step, decided once: play moves on by it, judge decides by it.

`Progress` is fed the same facts in the same order by both and so comes to the same result. An arrival belongs to the
step that it satisfies best: a later, better one takes the step over, and the one that had it is looked at anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from recette.messages.reading import Message
from recette.scenario.comparison import Difference
from recette.scenario.likeness import IN_PARTS, LISTS, UPDATES, compared, together
from recette.scenario.model import Casting
from recette.scenario.steps import Content, MessageStep, Step
from recette.scenario.template import fill
from recette.scenario.values import Values


@dataclass(frozen=True, slots=True)
class Arrival:
    """A delivery on one of the partner's queues; `number` is its place in the journal."""

    number: int
    client: str
    channel: str
    message: Message


@dataclass(slots=True)
class Publication:
    """A message that the partner sent, with the acks that came for it."""

    number: int
    step: str
    message: Message
    again: list[int] = field(default_factory=list)
    """Numbers of the events by which it was sent once more, unchanged."""
    acks: list[Arrival] = field(default_factory=list)
    errors: list[Arrival] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Match:
    """The arrival that satisfies a step, and what of its data is not as expected."""

    arrival: Arrival
    content: Content
    differences: tuple[Difference, ...]
    learnt: frozenset[str] = frozenset()
    """Names of the values that nobody knew before it."""
    further: tuple[Arrival, ...] = ()
    """Updates, or parts of a list, that came after it and say the rest of what the step asks."""

    @property
    def arrivals(self) -> tuple[Arrival, ...]:
        """All that together satisfy the step."""
        return (self.arrival, *self.further)


@dataclass(frozen=True, slots=True)
class Reading:
    """A way to read an arrival: as what satisfies a step."""

    step: MessageStep
    content: Content
    differences: tuple[Difference, ...]
    bound: Mapping[str, str]
    kind: Literal["new", "better", "more"]
    """For a step that awaits it; in the place of what satisfies one worse; with the updates before it."""

    @property
    def rank(self) -> tuple[int, int]:
        """The lowest is the best."""
        return len(self.differences), ("new", "better", "more").index(self.kind)


class Progress:
    """How far a cast scenario has come."""

    def __init__(self, casting: Casting, values: Mapping[str, str]) -> None:
        self.casting = casting
        self.values = Values(casting, values)
        self.opened: list[str] = []
        self.moments: dict[str, str] = {}
        self.matches: dict[str, Match] = {}
        self.published: dict[str, Publication] = {}
        """By distributionID."""
        self.own_acks: set[str] = set()
        """distributionIDs of the partner's own acks."""
        self.own_errors: set[str] = set()
        """distributionIDs of the partner's own RS-ERRORs."""
        self.stray_acks: list[Arrival] = []
        self.extras: list[Arrival] = []
        self.arrivals: list[Arrival] = []
        self._displaced: set[int] = set()
        """Numbers of the arrivals that had a step, until a better one came."""
        self._expected: dict[tuple[str, int], tuple[dict[str, str], Any]] = {}
        """What a step expects, with the variables that it was filled in with."""
        self.reused: dict[int, str] = {}
        """Arrivals that open this play's case under the caseId of another play, with that play's name."""
        self.refusals: list[Arrival] = []
        """Messages of the editor that the hub refused, where its side is seen."""

    @property
    def case_id(self) -> str | None:
        return self.values.get("caseId")

    def open(self, name: str, now: str) -> None:
        """A step begins; a message that came ahead of it counts."""
        self.opened.append(name)
        self.moments[name] = now
        step = self.casting.scenario.step(name)
        for arrival in list(self.extras):
            ahead = [one for one in self.readings(arrival) if one.step is step]
            by_itself = [
                one for one in ahead if not one.step.by_editor.ask and arrival.number not in self._displaced
            ]
            if self._place(arrival, by_itself or [one for one in ahead if not one.differences]):
                self.extras.remove(arrival)

    def publish(self, number: int, step: str, message: Message) -> None:
        """The partner sent `message` in `step`; of a partner that is software itself it may be in none ("")."""
        identifier = message.distribution_id or f"?{number}"
        if message.model == "RC-REF":
            self.own_acks.add(identifier)
        elif message.model == "RS-ERROR":
            self.own_errors.add(identifier)
        elif identifier in self.published:
            self.published[identifier].again.append(number)
        else:
            self.published[identifier] = Publication(number, step, message)
            if step:
                self._hear(self.casting.scenario.message(step), message)

    def _hear(self, step: MessageStep, message: Message) -> None:
        """What a partner's message tells is so from now on; one that is played tells what the harness drew for it."""
        for content in step.contents:
            if content.model == message.model and not content.names <= self.values.keys() | {"now"}:
                _, bound = compared(content, self.expected(step, content), message)
                self.values.learn(message, content, bound)
        self.values.speak(name for content in step.contents for name in content.names)

    @property
    def sent_ids(self) -> frozenset[str]:
        """All that the partner sent, by distributionID: messages, acks and errors."""
        return frozenset(self.published) | self.own_acks | self.own_errors

    def sent(self, identifier: str | None) -> bool:
        """Whether the partner sent it: a message, an ack or an error."""
        return identifier in self.published or identifier in self.own_acks or identifier in self.own_errors

    def sent_in(self, step: str) -> list[Publication]:
        """What the partner published in a step, each message once."""
        return [one for one in self.published.values() if one.step == step]

    def step_of(self, arrival: Arrival) -> str:
        """The step that an arrival satisfies; empty where it satisfies none."""
        return next((name for name, match in self.matches.items() if arrival in match.arrivals), "")

    def take(self, arrival: Arrival) -> None:
        """An arrival that is this scenario's."""
        self.arrivals.append(arrival)
        message = arrival.message
        publication = self.published.get(message.reference_id or "")
        if message.model == "RC-REF" and message.sender_id == self.casting.editor_client:
            (publication.acks if publication else self.stray_acks).append(arrival)
        elif message.model == "RS-ERROR":
            (publication.errors if publication else self.extras).append(arrival)
        elif not self._place(arrival, self.readings(arrival)):
            self.extras.append(arrival)

    def expected(self, step: MessageStep, content: Content) -> Any:  # noqa: ANN401 - a JSON tree
        """The step's data as far as its variables are known; the same object as long as they stay what they are."""
        values = {**self.values, "now": self.moments.get(step.id, "")}
        key = (step.id, id(content))  # alternatives of one step may be of one model
        known = self._expected.get(key)
        if known is None or known[0] != values:
            self._expected[key] = known = (values, fill(content.data, values))
        return known[1]

    def awaits(self) -> bool:
        """Whether a message of the editor is to come."""
        return bool(self._awaited())

    def _awaited(self) -> list[Step]:
        """The opened steps of the editor that nothing satisfies yet."""
        opened = (self.casting.scenario.step(name) for name in self.opened if name not in self.matches)
        return [step for step in opened if self.casting.by_editor(step)]

    def lacks_a_part(self, arrival: Arrival) -> bool:
        """Whether a list of that kind has not come whole: a part that names nothing known may be what is left, gone wrong."""
        return any(
            content.model in LISTS and any(one.missing for one in match.differences)
            for name, match in self.matches.items()
            for content in fitting(self.casting, self.casting.scenario.message(name), arrival)
        )

    def readings(self, arrival: Arrival) -> list[Reading]:
        """Every way to read an arrival that is better than how things stand."""
        return [*self.awaiting(arrival), *self._bettering(arrival)]

    def awaiting(self, arrival: Arrival) -> list[Reading]:
        """As what an open step awaits; not as a step's message gone wrong where it only says once more what was said."""
        found = [
            Reading(step, content, *compared(content, self.expected(step, content), arrival.message), "new")
            for step in self._awaited()
            if isinstance(step, MessageStep)
            for content in fitting(self.casting, step, arrival)
        ]
        return [one for one in found if not _repeats(self.matches.values(), arrival, one)]

    def _bettering(self, arrival: Arrival) -> list[Reading]:
        """In the place of what satisfies a step less well, or as an update that says the rest of what it asks."""
        found = []
        for name, match in self.matches.items():
            step = self.casting.scenario.message(name)
            for content in fitting(self.casting, step, arrival) if match.differences else ():
                values = {**self.values.without(match.learnt), "now": self.moments.get(name, "")}
                alone, bound = compared(content, fill(content.data, values), arrival.message)
                found.append((match, Reading(step, content, alone, bound, "better")))
                if content is match.content and content.model in IN_PARTS:
                    own, bound = compared(content, self.expected(step, content), arrival.message)
                    both = together(match.differences, own, corrects=content.model in UPDATES)
                    found.append((match, Reading(step, content, both, bound, "more")))
        return [one for match, one in found if len(one.differences) < len(match.differences)]

    def _place(self, arrival: Arrival, readings: Iterable[Reading]) -> bool:
        """Take the best reading of an arrival, and look anew at what it displaces; False where there is none."""
        best = min(readings, key=lambda one: one.rank, default=None)
        if best is None:
            return False
        name = best.step.id
        before = self.matches.get(name)
        if before is not None and best.kind == "more":
            self.values.learn(arrival.message, best.content, best.bound)
            further = (*before.further, arrival)
            self.matches[name] = replace(before, differences=best.differences, further=further)
            return True
        if before is not None:
            self.values.forget(before.learnt)
        learnt = self.values.learn(arrival.message, best.content, best.bound)
        self.matches[name] = Match(arrival, best.content, best.differences, learnt)
        if before is not None:
            self._look_anew(before, name)
        return True

    def _look_anew(self, lost: Match, name: str) -> None:
        """What a better arrival displaced from the step `name` may be what another step awaits, to the letter."""
        if lost.learnt:
            self._compare_again(but=name)
        for arrival in lost.arrivals:
            self._displaced.add(arrival.number)
            exact = [one for one in self.readings(arrival) if not one.differences]
            if not self._place(arrival, exact):
                self.extras.append(arrival)

    def _compare_again(self, *, but: str) -> None:
        """Values that were learnt of what was displaced are others now."""
        for name, match in self.matches.items():
            if name == but or match.further:
                continue
            expected = self.expected(self.casting.scenario.message(name), match.content)
            found, _ = compared(match.content, expected, match.arrival.message)
            self.matches[name] = replace(match, differences=found)

    def unlike(self, name: str, arrival: Arrival) -> tuple[Difference, ...] | None:
        """What of an arrival is not as the step expects it; None where it cannot be that step's at all."""
        content = self.matches[name].content
        step = self.casting.scenario.message(name)
        if content not in fitting(self.casting, step, arrival):
            return None
        return compared(content, self.expected(step, content), arrival.message)[0]


def fitting(casting: Casting, step: MessageStep, arrival: Arrival) -> list[Content]:
    """What of a step an arrival of the editor may be, by its model and by where it came."""
    message, clients = arrival.message, casting.clients
    elsewhere = step.to_unknown and arrival.client not in clients.values()
    here = elsewhere or clients.get(step.recipient) == arrival.client
    if not here or message.sender_id != casting.editor_client:
        return []
    return [content for content in step.contents if content.model == message.model]


def _repeats(matches: Iterable[Match], arrival: Arrival, reading: Reading) -> bool:
    """Whether it says once more what satisfied a step better: it is not the next step's message gone wrong.

    A part of a list may well be a part of the next one.
    """
    part = reading.content.model in LISTS and all(one.missing for one in reading.differences)
    return not part and any(
        one.arrival.client == arrival.client
        and one.arrival.message.content == arrival.message.content
        and len(one.differences) < len(reading.differences)
        for one in matches
    )


def unsettled(matches: Iterable[Match]) -> bool:
    """Whether a better message may well follow: an update or a list left out what is asked, or another vehicle's came."""
    return any(
        (one.content.model in IN_PARTS and difference.missing) or difference.path.endswith(".resourceId")
        for one in matches
        for difference in one.differences
    )

"""What satisfies a step, decided once: play moves on by it, judge decides by it.

`Progress` is fed the same facts in the same order by both and so comes to the same result. An arrival belongs to the
step that it satisfies best: a later, better one takes the step over, and the one that had it is looked at anew.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from recette.messages.building import is_drawn
from recette.messages.reading import Message
from recette.scenario.comparison import Difference, find
from recette.scenario.likeness import SHARES, UPDATES, compared, together
from recette.scenario.model import Casting
from recette.scenario.steps import Content, MessageStep, Step
from recette.scenario.template import fill


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
    """Updates that came after it and say the rest of what the step asks."""

    @property
    def arrivals(self) -> tuple[Arrival, ...]:
        """All that together satisfy the step."""
        return (self.arrival, *self.further)


@dataclass(frozen=True, slots=True)
class _Reading:
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
        self.values: dict[str, str] = {**casting.scenario.variables, **casting.clients, **values}
        self._number_case()
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
        self._spoken: set[str] = set()
        """Names of the values that a partner used in what it sent."""
        self._expected: dict[tuple[str, int], tuple[dict[str, str], Any]] = {}
        """What a step expects, with the variables that it was filled in with."""
        self.reused: dict[int, str] = {}
        """Arrivals that open this play's case under the caseId of another play, with that play's name."""
        self.refusals: list[Arrival] = []
        """Messages of the editor that the hub refused, where its side is seen."""

    @property
    def case_id(self) -> str | None:
        return self.values.get("caseId")

    def anchored(self, step: MessageStep) -> bool:
        """Whether the editor's message for `step` can be told from other scenarios' by a case or an id it names."""
        known = {one.name for one in self.casting.scenario.identifiers} & set(self.values)
        return self.case_id is not None or all(known & one.names for one in step.contents)

    def open(self, name: str, now: str) -> None:
        """A step begins; a message that came ahead of it counts."""
        self.opened.append(name)
        self.moments[name] = now
        step = self.casting.scenario.step(name)
        for arrival in list(self.extras):
            ahead = [one for one in self._awaiting(arrival) if one.step is step]
            by_itself = [one for one in ahead if not one.step.by_editor.ask and not self._lost(arrival)]
            if self._place(arrival, by_itself or [one for one in ahead if not one.differences]):
                self.extras.remove(arrival)

    def publish(self, number: int, step: str, message: Message) -> None:
        """The partner sent `message` in `step`."""
        identifier = message.distribution_id or f"?{number}"
        if message.model == "RC-REF":
            self.own_acks.add(identifier)
        elif message.model == "RS-ERROR":
            self.own_errors.add(identifier)
        elif identifier in self.published:
            self.published[identifier].again.append(number)
        else:
            self.published[identifier] = Publication(number, step, message)
            contents = self.casting.scenario.message(step).contents
            self._spoken.update(*(content.names for content in contents))

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

    def concern(self, arrival: Arrival) -> int:
        """How surely an arrival is this scenario's, when it is not for sure: 2 by an id, 1 by what is awaited, or 0."""
        message = arrival.message
        if message.sender_id != self.casting.editor_client:
            return 0
        if set(message.named_ids) & set(self.values.values()):
            return 2
        known = self._awaiting(arrival) or self._owed_ack(message) or message.model == "RS-ERROR"
        return 1 if known else 0

    def is_about(self, message: Message) -> bool:
        """Whether a message of the editor names this play's case."""
        same_case = message.case_id is not None and message.case_id == self.case_id
        return same_case and message.sender_id == self.casting.editor_client

    def may_be_about(self, arrival: Arrival) -> bool:
        """Whether an arrival that names no play's case may be this one's all the same.

        One that names a new case is what a play awaits that has no case yet; or a play's own message under a wrong
        case, where the play awaits one and all else, or the request, is its own. An id that another case may have too,
        a patient's say, does not make it so.
        """
        message = arrival.message
        if (
            message.case_id is None or message.model == "EMSI"
        ):  # an EMSI may name an event of the editor's own
            return True
        awaited = self._awaiting(arrival)
        if self.case_id is None:
            return bool(awaited)
        own = set(self.values.values())
        asked = self.awaits() and not own.isdisjoint(message.request_ids)
        same_resource = bool(awaited) and not own.isdisjoint(message.resource_ids)
        return asked or same_resource or any(_but_for_the_case(one.differences) for one in awaited)

    def expects(self, arrival: Arrival) -> bool:
        """Whether an arrival may satisfy a step of this play, or satisfy it better."""
        return bool(self._readings(arrival))

    def opens(self, arrival: Arrival) -> bool:
        """Whether an arrival is, to the letter, what is to open the case that this play awaits of the editor."""
        creates = self.case_id is None and self.casting.scenario.case_by == self.casting.editor
        return (
            creates
            and arrival.message.model in SHARES
            and any(not one.differences for one in self._awaiting(arrival))
        )

    def distance(self, arrival: Arrival) -> int:
        """In how much of its data an arrival is unlike what it is likest of what is awaited."""
        return min((len(one.differences) for one in self._readings(arrival)), default=sys.maxsize)

    def take(self, arrival: Arrival) -> None:
        """An arrival that is this scenario's."""
        self.arrivals.append(arrival)
        message = arrival.message
        publication = self.published.get(message.reference_id or "")
        if message.model == "RC-REF" and message.sender_id == self.casting.editor_client:
            (publication.acks if publication else self.stray_acks).append(arrival)
        elif message.model == "RS-ERROR":
            (publication.errors if publication else self.extras).append(arrival)
        elif not self._place(arrival, self._readings(arrival)):
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

    def _owed_ack(self, message: Message) -> bool:
        """An ack that references nothing we know, while one of ours is still without."""
        if message.model != "RC-REF" or self._of_another_run(message.reference_id or ""):
            return False
        return any(not one.acks for one in self.published.values())

    def _of_another_run(self, identifier: str) -> bool:
        """Whether a partner may have drawn it, in a run whose messages still lay in the editor's queues."""
        client, _, drawn = identifier.rpartition("_")
        return client in self.casting.clients.values() and is_drawn(drawn)

    def _fits(self, step: MessageStep, arrival: Arrival) -> bool:
        message = arrival.message
        clients = self.casting.clients
        there = arrival.client not in clients.values() if step.to_unknown else False
        return (
            (there or clients.get(step.recipient) == arrival.client)
            and message.sender_id == self.casting.editor_client
            and any(content.model == message.model for content in step.contents)
        )

    def _readings(self, arrival: Arrival) -> list[_Reading]:
        """Every way to read an arrival that is better than how things stand."""
        return [*self._awaiting(arrival), *self._bettering(arrival), *self._completing(arrival)]

    def _awaiting(self, arrival: Arrival) -> list[_Reading]:
        """As what an open step awaits; not as a step's message gone wrong where it only says once more what was said."""
        found = [
            _Reading(step, content, *compared(content, self.expected(step, content), arrival.message), "new")
            for step in self._awaited()
            if isinstance(step, MessageStep)
            for content in self._fitting(step, arrival)
        ]
        return [one for one in found if not one.differences or not self._repeats(arrival)]

    def _bettering(self, arrival: Arrival) -> list[_Reading]:
        """In the place of what satisfies a step less well."""
        found = []
        for name, match in self.matches.items():
            step = self.casting.scenario.message(name)
            for content in self._fitting(step, arrival) if match.differences else ():
                values = self._without(match.learnt)
                expected = fill(content.data, {**values, "now": self.moments.get(name, "")})
                reading = _Reading(step, content, *compared(content, expected, arrival.message), "better")
                if len(reading.differences) < len(match.differences):
                    found.append(reading)
        return found

    def _completing(self, arrival: Arrival) -> list[_Reading]:
        """As an update that says what those before it did not say of a change."""
        found = []
        for name, match in self.matches.items():
            step, content = self.casting.scenario.message(name), match.content
            if not match.differences or content.model not in UPDATES:
                continue
            if content not in self._fitting(step, arrival):
                continue
            own, bound = compared(content, self.expected(step, content), arrival.message)
            left = together(match.differences, own)
            if len(left) < len(match.differences):
                found.append(_Reading(step, content, left, bound, "more"))
        return found

    def _fitting(self, step: MessageStep, arrival: Arrival) -> list[Content]:
        """What of a step an arrival may be, by its model and by where it came."""
        if not self._fits(step, arrival):
            return []
        return [content for content in step.contents if content.model == arrival.message.model]

    def _lost(self, arrival: Arrival) -> bool:
        return arrival.number in self._displaced

    def _place(self, arrival: Arrival, readings: Iterable[_Reading]) -> bool:
        """Take the best reading of an arrival, and look anew at what it displaces; False where there is none."""
        best = min(readings, key=lambda one: one.rank, default=None)
        if best is None:
            return False
        name = best.step.id
        before = self.matches.get(name)
        if before is not None and best.kind == "more":
            self._learn(arrival, best)
            self.matches[name] = replace(
                before, differences=best.differences, further=(*before.further, arrival)
            )
            return True
        if before is not None:
            self.values = self._without(before.learnt)
        known = frozenset(self.values)
        self._learn(arrival, best)
        learnt = frozenset(self.values) - known
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
            exact = [one for one in self._readings(arrival) if not one.differences]
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

    def _without(self, learnt: frozenset[str]) -> dict[str, str]:
        """The values, but for those that were learnt so and that no partner has used since."""
        return {
            name: value for name, value in self.values.items() if name not in learnt or name in self._spoken
        }

    def _learn(self, arrival: Arrival, reading: _Reading) -> None:
        """What a message says that nobody knew."""
        content = reading.content
        self.values.update({name: value for name, value in reading.bound.items() if name not in self.values})
        if "caseId" not in self.values and self.casting.scenario.case_by and arrival.message.case_id:
            self.values["caseId"] = arrival.message.case_id
        self._number_case()
        for name, path in content.capture.items():
            envelope = path == "distributionID"
            value = (
                arrival.message.distribution_id
                if envelope
                else find({content.key: arrival.message.content}, path)
            )
            if isinstance(value, str):
                self.values.setdefault(name, value)

    def unlike(self, name: str, arrival: Arrival) -> tuple[Difference, ...] | None:
        """What of an arrival is not as the step expects it; None where it cannot be that step's at all."""
        content = self.matches[name].content
        step = self.casting.scenario.message(name)
        if content not in self._fitting(step, arrival):
            return None
        return compared(content, self.expected(step, content), arrival.message)[0]

    def _number_case(self) -> None:
        """The case's number at its creator, where no message said it: the end of the caseId (fact sheet 5.2)."""
        if self.case_id is not None:
            self.values.setdefault("senderCaseId", self.case_id.rpartition(".")[2])

    def _repeats(self, arrival: Arrival) -> bool:
        """Whether it says once more what satisfied a step already: it is not the next step's message gone wrong."""
        return any(
            one.arrival.client == arrival.client and one.arrival.message.content == arrival.message.content
            for one in self.matches.values()
        )


def _but_for_the_case(differences: Iterable[Difference]) -> bool:
    """Whether nothing but the case's own identifiers differs."""
    return all(one.path.rpartition(".")[2] in {"caseId", "senderCaseId"} for one in differences)

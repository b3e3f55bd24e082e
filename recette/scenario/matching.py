"""What satisfies a step, decided once: play moves on by it, judge decides by it.

`Progress` is fed the same facts in the same order by both and so comes to the same result.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from recette.messages.building import is_drawn
from recette.messages.reading import Message
from recette.scenario.comparison import Comparison, Difference, find
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
        self._expected: dict[tuple[str, int], tuple[dict[str, str], Any]] = {}
        """What a step expects, with the variables that it was filled in with."""
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
        for arrival in list(self.extras):
            if self._satisfy(arrival):
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

    @property
    def sent_ids(self) -> frozenset[str]:
        """All that the partner sent, by distributionID: messages, acks and errors."""
        return frozenset(self.published) | self.own_acks | self.own_errors

    def _sent(self, identifier: str) -> bool:
        return identifier in self.published or identifier in self.own_acks or identifier in self.own_errors

    def sent_in(self, step: str) -> list[Publication]:
        """What the partner published in a step, each message once."""
        return [one for one in self.published.values() if one.step == step]

    def step_of(self, arrival: Arrival) -> str:
        """The step that an arrival satisfies; empty where it satisfies none."""
        return next((name for name, match in self.matches.items() if match.arrival is arrival), "")

    def concern(self, arrival: Arrival) -> int:
        """How surely an arrival is this scenario's, when it is not for sure: 2 by an id, 1 by what is awaited, or 0."""
        message = arrival.message
        if message.sender_id != self.casting.editor_client:
            return 0
        if set(message.named_ids) & set(self.values.values()):
            return 2
        known = self._candidates(arrival) or self._owed_ack(message) or message.model == "RS-ERROR"
        return 1 if known else 0

    def owns(self, message: Message) -> bool:
        """Whether a message is this scenario's for sure: it refers to one of its messages, or names its case."""
        reference = message.reference_id
        if reference is not None and self._sent(reference):
            return True
        same_case = message.case_id is not None and message.case_id == self.case_id
        return same_case and message.sender_id == self.casting.editor_client

    def distance(self, arrival: Arrival) -> int:
        """In how much of its data an arrival is unlike what is awaited most."""
        found = [len(self._compare(step, content, arrival)[0]) for step, content in self._candidates(arrival)]
        return min(found, default=sys.maxsize)

    def take(self, arrival: Arrival) -> None:
        """An arrival that is this scenario's."""
        self.arrivals.append(arrival)
        message = arrival.message
        publication = self.published.get(message.reference_id or "")
        if message.model == "RC-REF" and message.sender_id == self.casting.editor_client:
            (publication.acks if publication else self.stray_acks).append(arrival)
        elif message.model == "RS-ERROR":
            (publication.errors if publication else self.extras).append(arrival)
        elif not self._satisfy(arrival):
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

    def _candidates(self, arrival: Arrival) -> list[tuple[MessageStep, Content]]:
        """What is awaited and of the arrival's model."""
        return [
            (step, content)
            for step in self._awaited()
            if isinstance(step, MessageStep) and self._fits(step, arrival)
            for content in step.contents
            if content.model == arrival.message.model
        ]

    def _satisfy(self, arrival: Arrival) -> bool:
        candidates = [
            (step, content, *self._compare(step, content, arrival))
            for step, content in self._candidates(arrival)
        ]
        if not candidates:
            return False
        step, content, differences, bound = min(candidates, key=lambda one: len(one[2]))
        if differences and self._repeats(arrival):
            return False
        known = frozenset(self.values)
        self.values.update(bound)
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
        self.matches[step.id] = Match(arrival, content, tuple(differences), frozenset(self.values) - known)
        return True

    def exchangeable(self, one: str, other: str) -> bool:
        """Whether what came for each of two steps is what the other one expects, to the letter, and not its own."""
        mine, its = self.matches[one], self.matches[other]
        if not mine.differences or not its.differences:
            return False
        learnt = mine.learnt | its.learnt
        values = {name: value for name, value in self.values.items() if name not in learnt}
        return self._is_like(one, its.arrival, values) and self._is_like(other, mine.arrival, values)

    def _is_like(self, name: str, arrival: Arrival, values: Mapping[str, str]) -> bool:
        step, content = self.casting.scenario.message(name), self.matches[name].content
        if not self._fits(step, arrival) or content.model != arrival.message.model:
            return False
        expected = fill(content.data, {**values, "now": self.moments.get(name, "")})
        return not _comparison(content).differences(expected, arrival.message.content, f"$.{content.key}")

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

    def _compare(
        self, step: MessageStep, content: Content, arrival: Arrival
    ) -> tuple[list[Difference], dict[str, str]]:
        comparison = _comparison(content)
        expected = self.expected(step, content)
        found = comparison.differences(expected, arrival.message.content, f"$.{content.key}")
        return found, comparison.bound


def _comparison(content: Content) -> Comparison:
    return Comparison(
        ignore=content.ignore,
        identity=content.identity,
        ordered=content.ordered,
        instants=content.dates == "instant",
    )

"""What satisfies a step, decided once: play moves on by it, judge decides by it.

`Progress` is fed the same facts in the same order by both and so comes to the same result.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from recette.messages.reading import Message
from recette.scenario.comparison import Comparison, Difference, find
from recette.scenario.model import Casting, Content, Step
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
    acks: list[Arrival] = field(default_factory=list)
    errors: list[Arrival] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Match:
    """The arrival that satisfies a step, and what of its data is not as expected."""

    arrival: Arrival
    content: Content
    differences: tuple[Difference, ...]


class Progress:
    """How far a cast scenario has come."""

    def __init__(self, casting: Casting, values: Mapping[str, str]) -> None:
        self.casting = casting
        self.values: dict[str, str] = {**casting.scenario.variables, **casting.clients, **values}
        self.opened: list[str] = []
        self.moments: dict[str, str] = {}
        self.matches: dict[str, Match] = {}
        self.published: dict[str, Publication] = {}
        """By distributionID."""
        self.own_acks: set[str] = set()
        """distributionIDs of the partner's own acks."""
        self.stray_acks: list[Arrival] = []
        self.extras: list[Arrival] = []
        self.arrivals: list[Arrival] = []

    @property
    def case_id(self) -> str | None:
        return self.values.get("caseId")

    def open(self, name: str, now: str) -> None:
        """A step begins; a message that came ahead of it counts."""
        self.opened.append(name)
        self.moments[name] = now
        for arrival in list(self.extras):
            if self._satisfy(arrival):
                self.extras.remove(arrival)

    def publish(self, number: int, step: str, message: Message) -> None:
        """The partner sent `message` in `step`."""
        if message.model == "RC-REF":
            self.own_acks.add(message.distribution_id or "")
            return
        self.published[message.distribution_id or f"?{number}"] = Publication(number, step, message)

    def concern(self, arrival: Arrival) -> int:
        """How surely an arrival is this scenario's: 3 by reference, 2 by case, 1 by what is awaited, 0 not at all."""
        message = arrival.message
        if message.reference_id in self.published or message.reference_id in self.own_acks:
            return 3
        if message.sender_id != self.casting.editor_client:
            return 0
        if message.case_id is not None and message.case_id == self.case_id:
            return 2
        if set(message.request_ids + message.resource_ids) & set(self.values.values()):
            return 2
        awaited = any(self._fits(self.casting.scenario.step(name), arrival) for name in self._awaited())
        return 1 if awaited or self._owed_ack(message) else 0

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

    def expected(self, step: Step, content: Content) -> Any:  # noqa: ANN401 - a JSON tree
        """The step's data as far as its variables are known."""
        return fill(content.data, {**self.values, "now": self.moments.get(step.id, "")})

    def _awaited(self) -> list[str]:
        return [
            name
            for name in self.opened
            if name not in self.matches and self.casting.by_editor(self.casting.scenario.step(name))
        ]

    def _owed_ack(self, message: Message) -> bool:
        """An ack that references nothing we know, while one of ours is still without."""
        return message.model == "RC-REF" and any(not one.acks for one in self.published.values())

    def _fits(self, step: Step, arrival: Arrival) -> bool:
        message = arrival.message
        return (
            step.action == "message"
            and self.casting.clients.get(step.recipient) == arrival.client
            and message.sender_id == self.casting.editor_client
            and any(content.model == message.model for content in step.contents)
        )

    def _satisfy(self, arrival: Arrival) -> bool:
        steps = [self.casting.scenario.step(name) for name in self._awaited()]
        candidates = [
            (step, content, *self._compare(step, content, arrival))
            for step in steps
            if self._fits(step, arrival)
            for content in step.contents
            if content.model == arrival.message.model
        ]
        if not candidates:
            return False
        step, content, differences, bound = min(candidates, key=lambda one: len(one[2]))
        self.matches[step.id] = Match(arrival, content, tuple(differences))
        self.values.update(bound)
        if "caseId" not in self.values and self.casting.scenario.case_by and arrival.message.case_id:
            self.values["caseId"] = arrival.message.case_id
        for name, path in content.capture.items():
            value = find({content.key: arrival.message.content}, path)
            if isinstance(value, str):
                self.values.setdefault(name, value)
        return True

    def _compare(
        self, step: Step, content: Content, arrival: Arrival
    ) -> tuple[list[Difference], dict[str, str]]:
        comparison = Comparison(
            ignore=content.ignore,
            identity=content.identity,
            ordered=content.ordered,
            instants=content.dates == "instant",
        )
        expected = self.expected(step, content)
        found = comparison.differences(expected, arrival.message.content, f"$.{content.key}")
        return found, comparison.bound


def assign(running: Iterable[Progress], arrival: Arrival) -> Progress | None:
    """The scenario that an arrival belongs to: the surest one, the latest started among equals."""
    best, surest = None, 0
    for progress in running:
        concern = progress.concern(arrival)
        if concern and concern >= surest:
            best, surest = progress, concern
    return best

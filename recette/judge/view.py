"""What a rule looks at: one play of a scenario, its messages and their diagnostics, ready to be asked."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, TypeVar

from recette.journal.events import Confirmed, RunStarted
from recette.judge.earlier import Earlier
from recette.judge.record import Delivered, Record
from recette.judge.verdicts import Finding, Party
from recette.messages.dictionary.generations import generations
from recette.messages.json.schemas import SchemaSet
from recette.messages.reading import Message
from recette.messages.validation.diagnostics import Diagnostic
from recette.messages.validation.validator import Validator
from recette.scenario.requirements import catalogue
from recette.wording.values import shown

Found = TypeVar("Found")
_TOLD_BY_SCENARIO = frozenset({"SC-01", "SC-03"})
"""Rules that hold the editor to the course of the scenario, which may be one reading of sources that disagree."""


@dataclass(frozen=True, slots=True)
class EditorMessage:
    """A message of the editor: delivered to a partner, or refused by the hub on the way."""

    number: int
    step: str
    message: Message
    delivered: Delivered | None
    """None for one that the hub refused."""


class _LookedUp:
    """What all rules ask of one play, looked up once."""

    def __init__(self, record: Record, validator: Validator) -> None:
        self._record = record
        self._editor = record.casting.editor_client
        self._validator = validator
        """Of the edition that judges where the editor lives."""
        self._meeting = Validator(SchemaSet.builtin(record.meeting.edition)) if record.across else validator
        self.known: dict[Callable[[View], Any], Any] = {}
        """What was worked out of the play, by what did."""
        self.refusals_wanted = frozenset(
            one.id for one in record.casting.scenario.messages if one.refused is not None
        )

    @cached_property
    def messages(self) -> tuple[EditorMessage, ...]:
        progress = self._record.progress
        matched = {one.number: step for step, match in progress.matches.items() for one in match.arrivals}
        acked = {ack.number: one.step for one in progress.published.values() for ack in one.acks}
        found = [
            EditorMessage(
                one.arrival.number,
                matched.get(one.arrival.number)
                or acked.get(one.arrival.number)
                or self._record.step_at(one.arrival.number),
                one.arrival.message,
                one,
            )
            for one in self._record.delivered
            if one.arrival.message.sender_id == self._editor or one.arrival.message.model != "RS-ERROR"
        ]
        found += [
            EditorMessage(one.number, one.step, one.message, None)
            for one in self._record.hub.refusals
            if one.event.client == self._editor
            and one.event.action == "refused"
            and one.step not in self.refusals_wanted
        ]
        return tuple(sorted(found, key=lambda one: one.number))

    @cached_property
    def functional(self) -> tuple[EditorMessage, ...]:
        return tuple(one for one in self.messages if one.message.model not in {"RC-REF", "RS-ERROR", None})

    @cached_property
    def diagnosed(self) -> dict[int, tuple[Diagnostic, ...]]:
        return {one.number: self._diagnostics(one) for one in self.messages}

    def _diagnostics(self, one: EditorMessage) -> tuple[Diagnostic, ...]:
        """Of what a conversion made, nothing inside the content is the editor's."""
        if one.delivered is None or not self._record.across:
            return self._validator.validate(one.message)
        found = self._meeting.validate(one.message)
        return tuple(each for each in found if each.layer != "content")

    @cached_property
    def passed_on(self) -> dict[str | None, int]:
        return {event.distribution_id: number for number, event in reversed(self._record.hub.forwards)}

    @cached_property
    def handed_back(self) -> frozenset[str]:
        return frozenset(
            one.message.distribution_id or ""
            for one in self._record.hub.refusals
            if one.event.action == "dead-lettered"
            and one.event.reason == "rejected"
            and (one.event.recipient or "").startswith(f"{self._editor}.")
            and _without_errors(self._validator, one.message)
        )

    def valid(self, message: Message) -> bool:
        return _without_errors(self._meeting, message)


def _without_errors(validator: Validator, message: Message) -> bool:
    return all(one.severity != "error" for one in validator.validate(message))


class View:
    """One record with what rules need of it."""

    def __init__(
        self,
        header: RunStarted,
        record: Record,
        validator: Validator,
        strict: frozenset[str],
        earlier: Earlier,
    ) -> None:
        self.header = header
        self.record = record
        self.progress = record.progress
        self.casting = record.casting
        self.editor = record.casting.editor_client
        self.edition = record.meeting.edition
        """That of what comes to the partners."""
        self.generation = record.vhost.generation
        self.rule = ""
        """The requirement in whose name it is looked at; findings bear it."""
        self._looked_up = _LookedUp(record, validator)
        self._strict = strict
        self.earlier = earlier
        """What the editor named in plays that were judged before this one."""

    def of(self, record: Record, validator: Validator) -> View:
        """What a rule looks at in another reading of the play."""
        return View(self.header, record, validator, self._strict, self.earlier)

    def in_the_name_of(self, rule: str) -> View:
        """The same view in the hands of one rule."""
        one = object.__new__(View)
        one.__dict__ = {**self.__dict__, "rule": rule}
        return one

    @property
    def play(self) -> str:
        """Its name; empty for a case that was observed, which no scenario brought about."""
        return self.casting.name if self.casting.scenario.steps else ""

    @property
    def messages(self) -> tuple[EditorMessage, ...]:
        """All that the editor sent, in order; refused ones too, unless the step wanted the refusal."""
        return self._looked_up.messages

    @property
    def functional(self) -> tuple[EditorMessage, ...]:
        """The editor's messages other than acks and errors."""
        return self._looked_up.functional

    def once(self, work_out: Callable[[View], Found]) -> Found:
        """What a function makes of the play, the same for whichever rule asks: it is worked out for the first that does."""
        known = self._looked_up.known
        if work_out not in known:
            known[work_out] = work_out(self)
        found: Found = known[work_out]
        return found

    def wants_refusal(self, step: str) -> bool:
        return step in self._looked_up.refusals_wanted

    def diagnostics(self, message: EditorMessage) -> tuple[Diagnostic, ...]:
        """What is wrong with a message, by the schemas of the run."""
        return self._looked_up.diagnosed[message.number]

    @property
    def passed_on(self) -> dict[str | None, int]:
        """The event at which the hub first passed on each message, by id; empty where its side is not seen."""
        return self._looked_up.passed_on

    @property
    def handed_back(self) -> frozenset[str]:
        """Ids of the valid messages that the editor rejected, where the hub's side is seen."""
        return self._looked_up.handed_back

    def unsure(self, at: int | None = None) -> list[tuple[int, Confirmed]]:
        """What the broker never said to have, and nothing proves to have left by event `at`, or by the end."""
        return [
            (number, event)
            for number, event in self.record.outgoing.not_confirmed
            if event.status == "unknown" and (at is None or event.sent < at) and not self._left(event, at)
        ]

    def _left(self, event: Confirmed, at: int | None) -> bool:
        """Of what was sent twice under one id, nothing tells which of the two was answered."""
        identifier = self.record.outgoing.sent[event.sent]
        publication = self.progress.published.get(identifier or "")
        if publication is not None and publication.again:
            return False
        answers = [one.number for one in (*publication.acks, *publication.errors)] if publication else []
        answers += [
            self.record.outgoing.reached[one] for one in [identifier] if one in self.record.outgoing.reached
        ]
        return any(at is None or number < at for number in answers)

    def valid(self, message: Message) -> bool:
        """Whether the schemas of the run have nothing against a message, whoever sent it."""
        return self._looked_up.valid(message)

    def other_generations(self) -> Iterable[Validator]:
        """Validators of the generations that this vHost is not of."""
        return (Validator(SchemaSet.builtin(one)) for one in generations() if one != self.generation)

    def held(self, rule: str) -> bool:
        """Whether it was asked that a rule be held as a MUST, whatever the sources say."""
        return rule in self._strict

    def broken(
        self,
        explanation: str,
        *,
        message: EditorMessage | None = None,
        step: str | None = None,
        event: int = 0,
        path: str = "",
        expected: object = "",
        actual: object = "",
        advice: str = "",
        disputed: bool = False,
    ) -> Finding:
        """The editor broke a requirement: a fail for a MUST, a remark for a SHOULD or a disputed course.

        `disputed`: the sources disagree about this part of the requirement, or leave it open: it is then a SHOULD.
        A remark says why it is no more than that, as the catalogue has it.
        """
        requirement = catalogue()[self.rule]
        must = requirement.obligation == "MUST" and not disputed
        reading = self.casting.scenario.disputed
        if reading and self.rule in _TOLD_BY_SCENARIO:
            must = False
            explanation = f"{explanation} Les sources divergent : {reading}."
        must = must or self.held(self.rule)
        if not must and requirement.because:
            explanation = f"{explanation} Ce n'est qu'une remarque : {requirement.because}."
        return self._finding(
            "fail" if must else "remark",
            "editor",
            explanation,
            step if step is not None else (message.step if message else ""),
            message.number if message else event,
            path,
            expected,
            actual,
            advice,
        )

    def noted(self, explanation: str, *, step: str, event: int, expected: str, actual: str) -> Finding:
        """Near enough, as a person says: a remark, whatever the requirement's level."""
        advice = "Dites à l'éditeur ce qui diffère."
        return self._finding("remark", "editor", explanation, step, event, "", expected, actual, advice)

    def unclear(self, explanation: str, party: Party, *, step: str, event: int, advice: str) -> Finding:
        """The run cannot tell."""
        return self._finding("inconc", party, explanation, step, event, "", "", "", advice)

    def failed(self, explanation: str, party: Party, *, step: str, event: int, advice: str) -> Finding:
        """The harness, its configuration or the hub failed: never the editor."""
        return self._finding("error", party, explanation, step, event, "", "", "", advice)

    def _finding(
        self,
        verdict: Literal["error", "fail", "inconc", "remark"],
        party: Party,
        explanation: str,
        step: str,
        event: int,
        path: str,
        expected: object,
        actual: object,
        advice: str,
    ) -> Finding:
        requirement = catalogue()[self.rule]
        line = next((one.line for one in self.casting.scenario.steps if one.id == step), 1)
        return Finding(
            rule=self.rule,
            verdict=verdict,
            attributed_to=party,
            step=step,
            path=path,
            expected=_text(expected),
            actual=_text(actual),
            explanation=explanation,
            source=f"{requirement.source} : {requirement.text}",
            advice=advice or f"Corrigez ce que le logiciel émet, selon l'exigence : {requirement.text}.",
            event=event,
            place=f"{self.casting.scenario.file}:{line}",
        )


def _text(value: object) -> str:
    return value if isinstance(value, str) else shown(value)

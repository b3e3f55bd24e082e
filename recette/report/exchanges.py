"""Who sent what to whom in one play, in the order of the journal, and what became of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from recette.journal.events import (
    Attested,
    DeadlinePassed,
    DriverAnswered,
    DriverAsked,
    Entry,
    Event,
    Sent,
    Trouble,
)
from recette.journal.link_events import EditorReturned, LinkDisturbed
from recette.judge.record import Delivered, Record, Refusal
from recette.judge.verdicts import FINDING_VERDICTS, ScenarioResult
from recette.report.text import returned
from recette.scenario.matching import Arrival
from recette.wording.counting import in_seconds

Kind = Literal["message", "ack", "note", "order"]
Fate = Literal["delivered", "refused", "missing", "late", "duplicate", "unexpected", "lost"]
HUB = "hub"
_RECEIPTS = frozenset({"RC-REF", "RS-ERROR"})
"""What answers a message, of either side."""
_ANSWERS = {
    "conforme": "l'écran montre ce qui est attendu",
    "approche": "l'écran montre à peu près ce qui est attendu",
    "non-conforme": "l'écran ne montre pas ce qui est attendu",
    "sans-reponse": "personne n'a dit ce que montre l'écran",
}


@dataclass(frozen=True, slots=True)
class Exchange:
    """One arrow of the sequence diagram, or a note on a lifeline where `recipient` is empty."""

    number: int
    at: float
    """Seconds since the play began."""
    step: str
    kind: Kind
    sender: str
    recipient: str
    label: str
    fate: Fate = "delivered"
    note: str = ""
    rules: tuple[str, ...] = ()
    """The rules that it breaks."""
    verdict: str = ""
    """The worst of their findings."""


def exchanges_of(
    record: Record, result: ScenarioResult, named: Iterable[Entry], at: Mapping[int, float]
) -> tuple[Exchange, ...]:
    """All exchanges of a play, those that findings are about marked with their rules.

    `named` are the entries that name the play, `at` the seconds of each entry.
    """
    teller = _Teller(record, at)
    found = [one for entry in named for one in teller.tell(entry.number, entry.event)]
    found += [teller.received(one) for one in record.delivered]
    found += [one for refusal in record.hub.refusals for one in teller.refused(refusal)]
    return tuple(_marked(sorted(found, key=lambda one: one.number), result))


class _Teller:
    def __init__(self, record: Record, at: Mapping[int, float]) -> None:
        self._record = record
        self._begun = at[record.number]
        self._at = at
        progress = record.progress
        self._matched = {
            one.number: step for step, match in progress.matches.items() for one in match.arrivals
        }
        self._acked = {
            ack.number: publication for publication in progress.published.values() for ack in publication.acks
        }
        self._surplus = {
            ack.number for publication in progress.published.values() for ack in publication.acks[1:]
        }
        self._extras = {arrival.number for arrival in progress.extras}
        self._strays = {arrival.number for arrival in progress.stray_acks}
        self._published = {publication.number: publication for publication in progress.published.values()}

    def tell(self, number: int, event: Event) -> Iterator[Exchange]:
        match event:
            case Sent():
                yield self._sent(number, event)
            case DeadlinePassed():
                yield from self._passed(number, event)
            case DriverAsked():
                model = str(event.request.get("model", ""))
                yield self._one(number, event.step, "order", "", self._editor, f"consigne : {model}")
            case DriverAnswered(accepted=False):
                yield self._note(number, event.step, f"pilote : {event.detail}")
            case LinkDisturbed(incident=incident):
                yield self._note(number, event.step, f"la recette gêne la liaison de l'éditeur ({incident})")
            case EditorReturned(seconds=away):
                yield self._note(number, event.step, f"l'éditeur {returned(away)}")
            case Attested():
                yield self._note(number, event.step, _ANSWERS.get(event.answer, event.answer))
            case Trouble():
                yield self._note(number, event.step or "", event.text)
            case _:
                pass

    @property
    def _editor(self) -> str:
        return self._record.casting.editor_client

    def _one(
        self,
        number: int,
        step: str,
        kind: Kind,
        sender: str,
        recipient: str,
        label: str,
        fate: Fate = "delivered",
        note: str = "",
    ) -> Exchange:
        elapsed = self._at[number] - self._begun
        return Exchange(number, elapsed, step, kind, sender, recipient, label, fate, note)

    def _note(self, number: int, step: str, text: str) -> Exchange:
        return self._one(number, step, "note", self._editor, "", text)

    def _sent(self, number: int, event: Sent) -> Exchange:
        publication = self._published.get(number)
        message = publication.message if publication is not None else None
        label = (message.model if message is not None else self._receipt(number)) or "message"
        kind: Kind = "ack" if label in _RECEIPTS else "message"
        recipient = message.recipient_id if message else None
        known = recipient if recipient in self._record.casting.clients.values() else self._editor
        if publication is not None and publication.errors:
            error = publication.errors[0].message
            if error.sender_id != self._editor:
                note = f"refusé par le hub ({error.error_code})"
                return self._one(number, event.step, kind, event.client, HUB, label, "refused", note)
        return self._one(number, event.step, kind, event.client, known or self._editor, label)

    def _receipt(self, number: int) -> str | None:
        """What the partner answered with in that event, told by the message itself."""
        identifier = self._record.outgoing.sent.get(number) or f"?{number}"
        progress = self._record.progress
        if identifier in progress.own_errors:
            return "RS-ERROR"
        return "RC-REF" if identifier in progress.own_acks else None

    def received(self, delivered: Delivered) -> Exchange:
        arrival = delivered.arrival
        number, message = arrival.number, arrival.message
        kind: Kind = "ack" if message.model in _RECEIPTS else "message"
        step = self._matched.get(number) or self._step_of_ack(number)
        by_hub = arrival.channel == "info" and message.sender_id != self._editor
        label = message.model or "message illisible"
        if message.model == "RS-ERROR" and message.error_code:
            label = f"{label} {message.error_code}"
        fate, note = self._fate(arrival)
        if delivered.event.redelivered:
            note = f"{note}, remis une seconde fois par le broker".removeprefix(", ")
        sender = HUB if by_hub else self._editor
        return self._one(number, step, kind, sender, arrival.client, label, fate, note)

    def _step_of_ack(self, number: int) -> str:
        publication = self._acked.get(number)
        return publication.step if publication else self._record.step_at(number)

    def _fate(self, arrival: Arrival) -> tuple[Fate, str]:
        number = arrival.number
        if number in self._surplus:
            return "duplicate", "en double"
        if number in self._strays:
            return "unexpected", "ne se rapporte à aucun message du partenaire"
        if number in self._extras and arrival.message.sender_id == self._editor:
            return ("duplicate", "en double") if self._again(arrival) else ("unexpected", "non attendu")
        step = self._matched.get(number) or (self._acked[number].step if number in self._acked else "")
        missed = self._record.course.missed.get(step)
        if missed is not None and missed[0] < number:
            return "late", f"en retard : délai de {in_seconds(missed[1].seconds)} dépassé"
        return "delivered", ""

    def _again(self, arrival: Arrival) -> bool:
        return any(
            one.number < arrival.number
            and one.message.model == arrival.message.model
            and one.message.content == arrival.message.content
            for one in self._record.progress.arrivals
        )

    def refused(self, refusal: Refusal) -> Iterator[Exchange]:
        number, event = refusal.number, refusal.event
        label = refusal.message.model or "message illisible"
        kind: Kind = "ack" if label == "RC-REF" else "message"
        owner = (event.recipient or "").rpartition(".")[0]
        if event.action != "refused":
            note = f"mis au rebut par le hub ({event.reason or 'sans raison'})"
            yield self._one(number, refusal.step, kind, HUB, owner, label, "lost", note)
            return
        note = f"refusé par le hub ({event.code})"
        yield self._one(number, refusal.step, kind, event.client, HUB, label, "refused", note)
        if owner in self._record.casting.clients.values():
            told = f"rapport {event.code}"
            yield self._one(number, refusal.step, "ack", HUB, owner, told, note="sur .info")

    def _passed(self, number: int, event: DeadlinePassed) -> Iterator[Exchange]:
        scenario, clients = self._record.casting.scenario, self._record.casting.clients
        waited = in_seconds(event.seconds)
        if event.waiting_for == "silence":
            yield self._note(number, event.step, f"silence observé pendant {waited}")
        elif event.waiting_for == "return":
            yield self._note(number, event.step, f"l'éditeur n'est pas revenu en {waited}")
        elif event.waiting_for == "ack":
            partner = clients.get(scenario.message(event.step).sender, "")
            yield self._one(
                number, event.step, "ack", self._editor, partner, "RC-REF", "missing", f"rien en {waited}"
            )
        else:
            step = scenario.message(event.step)
            partner = clients.get(step.recipient, HUB)
            label = step.models
            yield self._one(
                number, event.step, "message", self._editor, partner, label, "missing", f"rien en {waited}"
            )


def _marked(found: list[Exchange], result: ScenarioResult) -> Iterator[Exchange]:
    """A finding marks the exchange of its event; failing that, the last of its step."""
    numbers = {one.number for one in found}
    last_of = {one.step: one.number for one in found if one.number}
    broken: dict[int, list[tuple[int, str]]] = {}
    for finding in result.findings:
        at = finding.event if finding.event in numbers else last_of.get(finding.step, 0)
        if at:
            broken.setdefault(at, []).append((FINDING_VERDICTS.index(finding.verdict), finding.rule))
    for one in found:
        marks = broken.pop(one.number, [])
        rules = tuple(dict.fromkeys(rule for _, rule in sorted(marks)))
        yield replace(one, rules=rules, verdict=FINDING_VERDICTS[min(marks)[0]] if marks else "")

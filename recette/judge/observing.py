"""Free observation: what can be held against each editor in a capture, without a scenario."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from recette.journal.capture_events import CaptureStarted, Passed
from recette.journal.events import RunStarted, ScenarioEnded
from recette.journal.facts import TargetFacts
from recette.judge.captured import REFERRING, Case, Clock, Seen, as_received, sorted_out, watched_until
from recette.judge.earlier import Earlier
from recette.judge.face_to_face import OWN_FAMILIES, OWN_FORM, attributed
from recette.judge.face_to_face import Seen as Side
from recette.judge.moments import moment
from recette.judge.naming import named
from recette.judge.record import Delivered, Record
from recette.judge.rules import RULES
from recette.judge.verdicts import Finding, NotObserved
from recette.judge.view import View
from recette.messages.clients import HUB, is_health
from recette.messages.json.schemas import BUILTIN, SchemaSet
from recette.messages.roles import Role
from recette.messages.validation.validator import Validator
from recette.messages.vhosts import VHost, recorded, vhost
from recette.scenario.likeness import SHARES
from recette.scenario.matching import Arrival, Progress
from recette.scenario.model import Casting, Scenario
from recette.scenario.requirements import catalogue
from recette.wording.counting import in_seconds

_OF_SCENARIOS = ("SC-", "HUB-", "PIL-")
_UNSEEN: dict[str, str] = {
    "scenario": "une capture ne dit pas ce qui était demandé à l'éditeur",
    "hub": "une capture de messages ne dit ni ce que l'éditeur fait au broker, ni ce que le hub refuse",
    "screen": "personne n'a regardé l'écran de l'éditeur",
}
"""Why what a rule needs is not in a capture."""
_ABSENCES = frozenset({"CI-07"})
"""Rules about what an editor did not send."""
_ROLES: tuple[tuple[str, Role], ...] = (
    ("smur", "SMUR"), ("oru", "ORU"), ("gps", "GPS"), ("nexsis", "NEXSIS"), ("sas", "SAS"),
    ("portail", "PORTAIL"), ("cap", "CAP"), ("cnr114", "CNR114"), ("snp", "SNP"),
)  # fmt: skip
_CONTENT_TYPES = frozenset({"application/json", "application/xml"})


@dataclass(frozen=True, slots=True)
class ObservedCase:
    """One case: its messages, and what is wrong with them."""

    case: Case
    begun: bool
    """Whether its beginning was seen; else only the form of its messages is judged."""
    findings: tuple[tuple[str, Finding], ...]
    """With the client id of the editor that each is about."""


@dataclass(frozen=True, slots=True)
class Observed:
    """A whole capture, judged."""

    cases: tuple[ObservedCase, ...]
    clocks: tuple[Clock, ...]
    not_judged: tuple[NotObserved, ...]

    @property
    def findings(self) -> tuple[tuple[str, Finding], ...]:
        return tuple(one for case in self.cases for one in case.findings)

    @property
    def of_nobody(self) -> int:
        """Messages that nothing names the sender of: they are held to no rule."""
        return sum(not one.event.sent_by for case in self.cases for one in case.case.messages)

    @property
    def editors(self) -> tuple[str, ...]:
        """Everyone who sent something, but the hub."""
        return tuple(
            dict.fromkeys(
                one.event.sent_by
                for case in self.cases
                for one in case.case.messages
                if one.event.sent_by not in {"", HUB}
            )
        )


def observe(
    header: CaptureStarted, passed: Iterable[Passed], patience: float, until: datetime | None = None
) -> Observed:
    """Judge a capture; `patience` is how many seconds an acknowledgment may take.

    `until`: when it was that nothing more had passed, for one that goes on; the last message is its end where None.

    Raises UnknownVHostError.
    """
    on = vhost(header.vhost)
    cases, clocks = sorted_out(header, passed, on.edition)
    judging = _Judging(header, on, (cases, clocks), patience, until)
    return Observed(tuple(judging.case(one) for one in cases), tuple(clocks), tuple(_not_judged(header)))


def _not_judged(header: CaptureStarted) -> Iterator[NotObserved]:
    if "properties" in header.hides:
        for name in ("TR-10", "TR-11", "TR-16"):
            yield NotObserved(name, "cette capture ne dit pas les propriétés AMQP")
    if "publications" in header.hides:
        yield NotObserved("TR-09", "cette capture ne dit pas avec quelle clé les messages sont publiés")
    if {"times", "deliveries"} & set(header.hides):
        yield NotObserved("AC-01", "cette capture ne dit pas quand les messages sont remis")
    for name, rules in RULES.items():
        needs = rules[0].needs
        if needs and all(one.needs for one in rules) and not name.startswith(_OF_SCENARIOS):
            yield NotObserved(name, _UNSEEN[needs])


class _Judging:
    """What the cases of one capture share."""

    def __init__(
        self,
        header: CaptureStarted,
        on: VHost,
        capture: tuple[Sequence[Case], Sequence[Clock]],
        patience: float,
        until: datetime | None,
    ) -> None:
        self._on = on
        self._patience = timedelta(seconds=patience)
        self._validator = Validator(SchemaSet.builtin(on.edition))
        self._earlier: dict[str, Earlier] = {}
        cases, clocks = capture
        everything = [one for case in cases for one in case.messages]
        clients = dict.fromkeys(
            client for one in everything for client in (one.event.sent_by, one.event.recipient) if client
        )
        self._roles = {client: _role(client) for client in clients}
        self._known = {one.message.distribution_id for one in everything}
        times = [*(one.at for one in everything if one.at is not None), *filter(None, [until])]
        self._end = max(times, default=None)
        seen = watched_until(everything, clocks)
        self._heard = {client: max(filter(None, (at, until))) for client, at in seen.items()}
        """Clients whose own publications some source saw, and until when."""
        self._header = RunStarted(
            run="capture",
            recette=header.recette,
            target="capture",
            targets=tuple(
                TargetFacts(
                    vhost=on.name,
                    editor=client,
                    role=role,
                    partners=tuple(one for one in clients if one != client),
                    format="json",
                    driver="none",
                )
                for client, role in self._roles.items()
            ),
            deadlines={"ack": patience},
            models={"source": BUILTIN, **recorded([on])},
            hub_observed=False,
            face_to_face=True,
        )

    def case(self, case: Case) -> ObservedCase:
        """One case, as each of its editors is judged on it."""
        begun = bool(case.name) and case.messages[0].message.model in SHARES
        senders = [one.event.sent_by for one in case.messages]
        silent = [one.event.recipient for one in case.messages if one.event.recipient in self._heard]
        editors = [one for one in dict.fromkeys([*senders, *silent]) if one not in {"", HUB}]
        sides = [self._side(case, client, begun=begun) for client in editors]
        told = [(one.view.editor, found) for one in attributed(sides) for found in one.findings]
        return ObservedCase(case, begun, tuple(sorted(told, key=lambda one: one[1].event)))

    def _side(self, case: Case, client: str, *, begun: bool) -> Side:
        record = self._record(case, client, begun=begun)
        earlier = self._earlier.setdefault(client, Earlier())
        view = View(self._header, record, self._validator, frozenset(), earlier)
        findings = [
            found
            for name, rules in RULES.items()
            if not name.startswith(_OF_SCENARIOS)
            and (begun or name in OWN_FORM or name.startswith(OWN_FAMILIES))
            for rule in rules
            if not rule.needs
            for found in rule(view)
            if name not in _ABSENCES or not self._ends_at(case, found.event)
        ]
        findings += [*self._properties(view, case), *self._unacknowledged(view, case)]
        if begun:
            earlier.note(named(view))
        return Side(view, tuple(replace(one, step="", place="") for one in dict.fromkeys(findings)))

    def _ends_at(self, case: Case, number: int) -> bool:
        """Whether the capture ends so soon after a message that what should follow it may be yet to come."""
        at = next((one.at for one in case.messages if one.number == number), None)
        return at is None or self._end is None or at + self._patience >= self._end

    def _record(self, case: Case, client: str, *, begun: bool) -> Record:
        creator = case.messages[0].event.sent_by if begun else None
        scenario = Scenario(
            id="observation", title=case.name, file="observation", perimeter=self._on.perimeter,
            generations=(self._on.generation,), generation=self._on.generation, summary="", requirements=(),
            actors=self._roles, testable=tuple(self._roles), case_by=creator, identifiers=(), variables={}, steps=(),
            sources={},
        )  # fmt: skip
        casting = Casting(scenario, client, {one: one for one in self._roles}, face_to_face=True)
        progress = Progress(casting, {"caseId": case.name} if case.name else {})
        start = case.messages[0].at or datetime.now(UTC).replace(year=2000)
        record = Record(casting, progress, self._on, self._on, (self._on.name, client), 0, 0, start)
        for one in case.messages:
            if one.event.sent_by == client and not self._strays(one):
                arrival = Arrival(one.number, one.event.recipient, one.event.channel, one.message)
                progress.take(arrival)
                received = as_received(one.event, self._on.name, one.event.sent_by)
                record.delivered.append(Delivered(arrival, received, _sent_at(one, start)))
            elif one.event.recipient == client:
                progress.publish(one.number, "", one.message)
        record.ended = ScenarioEnded(scenario=casting.name)
        return record

    def _strays(self, one: Seen) -> bool:
        """What refers to a message from before the capture says nothing of its sender."""
        return one.message.model in REFERRING and one.message.reference_id not in self._known

    def _properties(self, view: View, case: Case) -> Iterator[Finding]:
        """What only the publication itself shows."""
        for one in case.messages:
            for event in one.published[:1] if one.event.sent_by == view.editor else ():
                if not event.known:
                    continue
                wrong = (
                    ("TR-10", event.delivery_mode != 2, "delivery_mode 2", event.delivery_mode),
                    (
                        "TR-11",
                        event.content_type not in _CONTENT_TYPES,
                        "application/json ou application/xml",
                        event.content_type,
                    ),
                    ("TR-16", event.expiration is not None, "sans expiration", event.expiration),
                )
                for name, broken, expected, actual in wrong:
                    if broken:
                        yield view.in_the_name_of(name).broken(
                            f"{one.message.model or 'Ce message'} s'écarte de « {catalogue()[name].text} ».",
                            event=one.number,
                            expected=expected,
                            actual="absent" if actual is None else actual,
                        )

    def _unacknowledged(self, view: View, case: Case) -> Iterator[Finding]:
        """What was handed to the editor and never acknowledged, though all that it publishes was seen long enough."""
        until = self._heard.get(view.editor)
        if until is None:
            return
        acked = {
            one.message.reference_id
            for one in case.messages
            if one.event.sent_by == view.editor and one.message.model in REFERRING
        }
        for one in case.messages:
            due = one.delivered_at is not None and one.delivered_at + self._patience < until
            if one.event.recipient != view.editor or one.message.model in {*REFERRING, None} or not due:
                continue
            if one.message.distribution_id not in acked:
                yield view.in_the_name_of("AC-01").broken(
                    f"{one.message.model} a été remis à l'éditeur, et n'est pas acquitté {in_seconds(self._patience.total_seconds())} après.",
                    event=one.number,
                    expected=f"RC-REF de {one.message.distribution_id}",
                    actual="rien",
                    advice="Envoyez un RC-REF à l'émetteur dès que le message est intégré.",
                )


def _sent_at(one: Seen, otherwise: datetime) -> datetime:
    """By the sender's own clock: nobody knows whether that of a capture is right."""
    return moment(one.message.date_time_sent) or otherwise


def _role(client: str) -> Role:
    """What a client id says of its owner: `fr.health.smur991` is a tablet."""
    last = client.rpartition(".")[2].lower()
    told = next((role for prefix, role in _ROLES if last.startswith(prefix)), None)
    return told or ("LRM" if is_health(client) else "NEXSIS")

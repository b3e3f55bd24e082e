"""Builds the journal of a play from its scenario, without a broker, for the judge alone.

    play = JournalBuilder("15-15-ressource-acceptee.g3@sollicite")
    play.until("reponse")
    play.editor_says(play.last("RS-RR"), change=refuses)
    play.rest()
    play.judged().findings

The editor says what the reference editor would, the partners what the scenario has them say, one second apart, over a
hub whose own side is seen or not.

Just over 400 lines: one builder, whose sentences lean on each other.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from recette.campaign.home import disturbed_targets, home_targets
from recette.journal.events import (
    Attested,
    Confirmed,
    DeadlinePassed,
    DriverAsked,
    Entry,
    Event,
    Received,
    RunEnded,
    RunStarted,
    ScenarioEnded,
    ScenarioStarted,
    Sent,
    StepClosed,
    StepOpened,
)
from recette.journal.link_events import EditorReturned, LinkDisturbed
from recette.journal.reader import Journal
from recette.judge.judging import judge
from recette.judge.verdicts import Finding, Judgement, ScenarioResult
from recette.messages.building import envelope, format_datetime, new_distribution_id, serialise
from recette.messages.dictionary.models import model
from recette.messages.hub_saw import HubSaw
from recette.messages.json.schemas import BUILTIN
from recette.messages.reading import JSON_TYPE, read
from recette.play.drawing import drawn
from recette.play.target import UNKNOWN_CLIENT, Target
from recette.sandbox.case_file import CaseFile, Identifiers
from recette.sandbox.completion import completed
from recette.scenario.matching import Arrival, Progress
from recette.scenario.model import Casting, Scenario
from recette.scenario.steps import AttestStep, DisturbStep, MessageStep, SilenceStep, Step
from recette.scenario.template import as_typed
from tests.cahier import cahier

Content = dict[str, Any]
Change = Callable[[Content], None]
"""Changes a message, whole: the envelope, with the content inside."""


@dataclass(frozen=True, slots=True)
class Said:
    """A message of the editor, as it left."""

    model: str
    to: str
    document: Content

    @property
    def content(self) -> Any:
        message = inside(self.document)
        return message[next(reversed(message))]


def inside(document: Content) -> Content:
    """The `message` in an envelope."""
    found: Content = document["content"][0]["jsonContent"]["embeddedJsonContent"]["message"]
    return found


@cache
def scenarios() -> dict[str, Scenario]:
    return {one.edition: one for one in cahier()}


class JournalBuilder:
    """One play, written down step by step.

    More than 20 methods: each is one sentence of what may happen."""

    def __init__(self, name: str, *, observed: bool = True) -> None:
        """`name` is `<scenario>.g<generation>@<actor>`; `observed`: whether the hub's own side is in the journal."""
        self.scenario, target, casting = _cast(name)
        self.casting = casting
        self.observed = observed
        self.at = datetime.now().astimezone().replace(microsecond=0)
        self.entries: list[Entry] = []
        self.said: list[Said] = []
        self._target = target
        self._identifiers = Identifiers(casting.editor_client)
        self._waiting = list(casting.steps)
        self.write(
            RunStarted(
                run="synthétique",
                recette="0",
                target=target.name,
                targets=(target.facts,),
                deadlines=target.deadlines.as_mapping(),
                models={"source": BUILTIN},
                hub_observed=observed,
                plan=(casting.name,),
            )
        )
        if observed:
            self._connects()
        self.progress = self._begun()
        self.case = self._case()

    def _connects(self) -> None:
        """What a broker that tells saw of the editor before the first play: it reads its three queues."""
        client = self.casting.editor_client
        acts = [
            ("connected", None),
            *(("consuming", f"{client}.{one}") for one in ("message", "ack", "info")),
        ]
        for action, queue in acts:
            self.write(
                HubSaw(
                    vhost=self._target.vhost.name,
                    client=client,
                    action=action,
                    recipient=queue,
                    distribution_id=None,
                )
            )

    def then(self, name: str) -> JournalBuilder:
        """The play is over; the same editor goes on with another one."""
        self._end()
        self.scenario, self._target, self.casting = _cast(name)
        self._waiting = list(self.casting.steps)
        self.progress = self._begun()
        self.case = self._case()
        return self

    def _begun(self) -> Progress:
        values = drawn(self.casting)
        self.write(
            ScenarioStarted(
                scenario=self.casting.name,
                vhost=self._target.vhost.name,
                file=self.scenario.file,
                sources=self.scenario.sources,
                editor=self.casting.editor,
                clients=self.casting.clients,
                values=values,
            )
        )
        return Progress(self.casting, values)

    def _case(self) -> CaseFile:
        known = self.progress.case_id or self._identifiers.case()
        return CaseFile(known, self.casting.editor_client, self._identifiers, self.scenario.generation)

    def write(self, event: Event) -> int:
        """The next event, one second after the one before; its number."""
        self.at += timedelta(seconds=1)
        since = self.at - datetime.fromisoformat(self.entries[0].at) if self.entries else timedelta()
        elapsed = since / timedelta(milliseconds=1)
        self.entries.append(Entry(len(self.entries) + 1, self.at.isoformat(), elapsed, event))
        return len(self.entries)

    def until(self, name: str) -> JournalBuilder:
        """Play the steps before that one, and that one."""
        while self._waiting:
            step = self._waiting.pop(0)
            self._play(step)
            if step.id == name:
                return self
        raise KeyError(name)

    def rest(self) -> JournalBuilder:
        """Play the steps that are left."""
        while self._waiting:
            self._play(self._waiting.pop(0))
        return self

    def open(self, name: str) -> JournalBuilder:
        """Play the steps before that one, and open it: what the editor says in it is to be said."""
        while self._waiting[0].id != name:
            self._play(self._waiting.pop(0))
        self._open(self._waiting.pop(0))
        return self

    def close(self) -> JournalBuilder:
        """Close the step that was opened."""
        self.write(StepClosed(scenario=self.casting.name, step=self.progress.opened[-1]))
        return self

    def _open(self, step: Step) -> None:
        now = format_datetime(self.at)
        self.write(StepOpened(scenario=self.casting.name, step=step.id, values={"now": now}))
        self.progress.open(step.id, now)
        if isinstance(step, MessageStep) and self.casting.by_editor(step) and step.by_editor.ask:
            self.write(DriverAsked(scenario=self.casting.name, step=step.id, driver="simulated", request={}))

    def _play(self, step: Step) -> None:
        self._open(step)
        if isinstance(step, AttestStep):
            self.write(Attested(scenario=self.casting.name, step=step.id, answer="conforme"))
        elif isinstance(step, SilenceStep):
            self.nothing_comes("silence", 0.1)
        elif isinstance(step, DisturbStep):
            self._comes_back(step)
        elif self.casting.by_editor(step) and step.refused is not None:
            self.hub_refuses(self.due(step.id), step.refused)
        elif self.casting.by_editor(step):
            self.editor_says(self.due(step.id))
        elif step.refused is not None:
            raise ValueError(f"{step.id}: what the hub refuses of a partner is not built")
        else:
            self._partner_says(step)
        self.write(StepClosed(scenario=self.casting.name, step=step.id))

    def _comes_back(self, step: DisturbStep) -> None:
        told = {"scenario": self.casting.name, "step": step.id, "client": self.casting.editor_client}
        self.write(LinkDisturbed(**told, incident=step.incident, seconds=step.lasts))
        self.write(EditorReturned(**told, seconds=step.lasts))

    def due(self, name: str) -> Said:
        """What the editor has to say in a step, ready to leave."""
        step = self.scenario.message(name)
        content = step.contents[0]
        typed = as_typed(self.progress.expected(step, content))
        if self.scenario.case_by is None:
            self.case = self._case()  # what is told is about no case that goes on
        return self.message(content.model, completed(self.case, content.model, typed), step.recipient)

    def message(self, name: str, content: Content, to: str = "") -> Said:
        """A message of the editor to an actor, or, where none is named, to a client that no hub knows."""
        client = self.casting.clients[to] if to else UNKNOWN_CLIENT
        return Said(name, client, self._enveloped(name, content, self.casting.editor_client, client))

    def _enveloped(self, name: str, content: Content, sender: str, to: str) -> Content:
        kind = {"RC-REF": "Ack", "RS-ERROR": "Error"}.get(name, "Report")
        return envelope(
            content,
            model(name, self.scenario.generation).key,
            sender=sender,
            recipient=to,
            distribution_id=new_distribution_id(sender),
            sent_at=self.at,
            expires_at=self.at + timedelta(hours=24),
            kind=kind,
        )

    def last(self, name: str) -> Said:
        """What the editor last said of that model."""
        return next(one for one in reversed(self.said) if one.model == name)

    def editor_says(self, what: Said, *, change: Change | None = None) -> Said:
        """The editor's message arrives, as a new one of its time, and the partner acknowledges it."""
        content = copy.deepcopy(what.content)
        said = Said(
            what.model, what.to, self._enveloped(what.model, content, self.casting.editor_client, what.to)
        )
        if change is not None:
            change(said.document)
        number = self.arrives(said)
        self.said.append(said)
        self.case.note_sent(said.model, said.content, said.to)
        if said.model not in {"RC-REF", "RS-ERROR"}:
            identifier = str(said.document["distributionID"])
            self._publish(self._step, "ack", said.to, "RC-REF", {"distributionID": identifier})
        self.at += timedelta(seconds=number % 2)
        return said

    @property
    def _step(self) -> str:
        return self.progress.opened[-1] if self.progress.opened else self._waiting[0].id

    def arrives(self, said: Said) -> int:
        body = serialise(said.document)
        channel = {"RC-REF": "ack", "RS-ERROR": "info"}.get(said.model, "message")
        if self.observed:
            self.write(self._saw(said, "forwarded", f"{said.to}.{channel}"))
        number = self.write(
            Received(
                vhost=self._target.vhost.name,
                client=said.to,
                queue=f"{said.to}.{channel}",
                routing_key=f"{said.to}.{channel}",
                redelivered=False,
                content_type=JSON_TYPE,
                delivery_mode=2,
                expiration=None,
                headers={},
                body=body,
            )
        )
        self.progress.take(Arrival(number, said.to, channel, read(body, JSON_TYPE, self.scenario.generation)))
        return number

    def hub_refuses(self, what: Said, code: int, reason: str = "") -> None:
        """The hub refuses a message of the editor instead of passing it on."""
        seen = self._saw(what, "refused", f"{self.casting.editor_client}.info")
        self.write(replace(seen, code=code, reason=reason, body=serialise(what.document)))

    def _saw(self, said: Said, action: str, queue: str) -> HubSaw:
        content = said.content
        reference = content.get("distributionID") if said.model == "RC-REF" else None
        return HubSaw(
            vhost=self._target.vhost.name,
            client=self.casting.editor_client,
            action=action,
            recipient=queue,
            distribution_id=str(said.document["distributionID"]),
            reference_id=reference,
            content_type=JSON_TYPE,
            delivery_mode=2,
        )

    def _partner_says(self, step: MessageStep) -> None:
        content = step.contents[0]
        data = self.progress.expected(step, content)
        client = self.casting.clients[step.sender]
        identifier = self._publish(step.id, "message", client, content.model, data)
        self.case.note_received(content.model, data, client)
        if step.ack:
            actor = step.sender
            self.editor_says(self.message("RC-REF", {"distributionID": identifier}, actor))

    def _publish(self, step: str, purpose: str, client: str, name: str, content: Content) -> str:
        document = self._enveloped(name, content, client, self.casting.editor_client)
        number = self.write(
            Sent(
                scenario=self.casting.name,
                step=step,
                purpose=purpose,
                client=client,
                exchange="hubsante",
                routing_key=client,
                content_type=JSON_TYPE,
                delivery_mode=2,
                body=serialise(document),
            )
        )
        self.progress.publish(number, step, read(serialise(document), JSON_TYPE, self.scenario.generation))
        self.write(Confirmed(scenario=self.casting.name, sent=number, status="confirmed"))
        return str(document["distributionID"])

    def unanswered(self, name: str, seconds: float = 1.0) -> Said:
        """A partner's message goes without an ack until the deadline; the ack that the editor owes."""
        self.open(name)
        step = self.scenario.message(name)
        content = step.contents[0]
        data = self.progress.expected(step, content)
        identifier = self._publish(name, "message", self.casting.clients[step.sender], content.model, data)
        self.nothing_comes("ack", seconds)
        return self.message("RC-REF", {"distributionID": identifier}, step.sender)

    def misses(self, seconds: float = 1.0) -> None:
        """The step that is open gets nothing in time."""
        self.nothing_comes("message", seconds)

    def nothing_comes(self, waiting_for: str, seconds: float) -> None:
        """The broker was there, and nobody else read the queues."""
        queues = {
            f"{client}.message": {"messages": 0, "consumers": 1}
            for actor, client in self.casting.clients.items()
            if actor != self.casting.editor
        }
        self.write(
            DeadlinePassed(
                scenario=self.casting.name,
                step=self.progress.opened[-1],
                waiting_for=waiting_for,
                seconds=seconds,
                queues=queues,
            )
        )

    def journal(self) -> Journal:
        """The whole run, ended."""
        self._end()
        self.write(RunEnded(events=len(self.entries)))
        return Journal(tuple(self.entries))

    def _end(self) -> None:
        self.write(ScenarioEnded(scenario=self.casting.name))

    def judgement(self) -> Judgement:
        return judge(self.journal())

    def judged(self) -> ScenarioResult:
        """The last play's verdict, once its journal is complete."""
        return self.judgement().scenarios[-1]


def _cast(name: str) -> tuple[Scenario, Target, Casting]:
    edition, _, actor = name.partition("@")
    scenario = scenarios()[edition]
    for target in disturbed_targets() if scenario.disturbs else home_targets():
        if target.vhost.perimeter != scenario.perimeter or actor not in scenario.actors:
            continue
        casting = target.casting(scenario, actor)
        if casting is not None:
            return scenario, target, casting
    raise KeyError(name)


def found(result: ScenarioResult) -> list[tuple[str, str]]:
    """Rules and what they make of it; nothing is found only of a play that went to its end and conforms."""
    assert result.findings or result.verdict == "pass", (result.verdict, result.reason)
    return [(one.rule, one.verdict) for one in result.findings]


def by(result: ScenarioResult, rule: str) -> list[Finding]:
    """What one rule found."""
    return [one for one in result.findings if one.rule == rule]

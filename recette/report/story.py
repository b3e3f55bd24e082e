"""What there is to show of a run: each play with its exchanges and evidence, from the journal and its judgement."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from recette.journal.events import Entry, LinkSecured, Received, RunStarted, ScenarioStarted, Sent
from recette.journal.reader import Journal
from recette.judge.record import Record
from recette.judge.replay import Replay
from recette.judge.verdicts import Finding, Judgement, ScenarioResult
from recette.messages.hub_saw import HubSaw
from recette.report.exchanges import HUB, Exchange, exchanges_of
from recette.scenario.model import Casting, Scenario


@dataclass(frozen=True, slots=True)
class Lifeline:
    """One who takes part: `party` is `editor`, `hub` or `partner`."""

    party: str
    client: str
    actor: str
    role: str


@dataclass(frozen=True, slots=True)
class Body:
    """The bytes of a message, as the journal holds them."""

    content_type: str | None
    data: bytes


@dataclass(frozen=True, slots=True)
class Play:
    """One play of a scenario, with what was seen in it."""

    result: ScenarioResult
    anchor: str
    perimeter: str
    vhost: str
    scenario: Scenario | None = None
    """None for one that could not be loaded."""
    actor: str = ""
    started: str = ""
    duration: float = 0.0
    """Seconds."""
    lifelines: tuple[Lifeline, ...] = ()
    exchanges: tuple[Exchange, ...] = ()
    opened: Mapping[str, float] | None = None
    """When each step began, in seconds of the play."""

    @property
    def scenario_id(self) -> str:
        return self.scenario.id if self.scenario else self.result.id

    @property
    def conformant(self) -> bool:
        """Nothing to tell of it: conformant, without a remark."""
        return self.result.verdict == "pass" and not self.result.findings


@dataclass(frozen=True, slots=True)
class Story:
    """A whole run."""

    header: RunStarted
    judgement: Judgement
    plays: tuple[Play, ...]
    bodies: Mapping[int, Body]
    """By event number, of the messages that findings are about."""
    started: datetime
    ended: datetime
    events: int
    complete: bool
    fingerprint: str
    """The hash of the journal's last line, which covers all lines."""
    secured: tuple[LinkSecured, ...] = ()
    """What TLS agreed on, each once."""

    @property
    def tls(self) -> list[str]:
        """Version and suite, with the partners whose links had them."""
        found: dict[str, list[str]] = {}
        for one in self.secured:
            found.setdefault(f"{one.version}, {one.cipher}", []).append(f"{one.client} sur {one.vhost}")
        return [f"{agreed} ({', '.join(links)})" for agreed, links in found.items()]

    def body(self, finding: Finding) -> Body | None:
        """The message that a finding is about."""
        return self.bodies.get(finding.event)


def tell(judgement: Judgement, journal: Journal) -> Story:
    """Sort a judged journal into what its reports show."""
    teller = _Teller(judgement, journal)
    return Story(
        header=journal.header,
        judgement=judgement,
        plays=teller.plays(),
        bodies=teller.bodies,
        started=datetime.fromisoformat(journal.entries[0].at),
        ended=datetime.fromisoformat(journal.entries[-1].at),
        events=len(journal.entries),
        complete=journal.complete,
        fingerprint=journal.fingerprint,
        secured=tuple(teller.secured),
    )


class _Teller:
    """Goes over the journal once, keeping of each play only what is shown of it."""

    def __init__(self, judgement: Judgement, journal: Journal) -> None:
        self.bodies: dict[int, Body] = {}
        self.secured: dict[LinkSecured, None] = {}
        self._results = judgement.scenarios
        self._places = {
            (one.id, one.vhost, one.client): place for place, one in enumerate(judgement.scenarios)
        }
        """Where each play stands in the judgement, which has an order of its own."""
        self._journal = journal
        self._asked = {finding.event for one in judgement.scenarios for finding in one.findings}
        self._elapsed: dict[int, float] = {}
        self._named: dict[str, list[Entry]] = {}
        """The entries that name a play, until it is told."""
        self._begun: dict[str, str] = {}

    def plays(self) -> tuple[Play, ...]:
        """Every play, in the order of the judgement; then what could not be loaded."""
        found: dict[int, Play] = {}
        if self._results:  # nothing is judged of a journal that was changed, and nothing is told of it
            for record in Replay(self._journal.header).over(self._noted()):
                if not record.replayed:
                    place = self._places[record.casting.name, record.vhost.name, record.casting.editor_client]
                    found[place] = self._play(record, place)
        return tuple(
            found.get(index) or Play(result, f"p{index + 1}", "", "")
            for index, result in enumerate(self._results)
        )

    def _noted(self) -> Iterator[Entry]:
        for entry in self._journal.entries:
            event = entry.event
            self._elapsed[entry.number] = entry.elapsed / 1000
            name = getattr(event, "scenario", None)
            if isinstance(event, LinkSecured):
                self.secured[event] = None
            if isinstance(event, ScenarioStarted):
                self._begun[event.scenario] = entry.at
                self._named[event.scenario] = []
            elif name in self._named:
                self._named[name].append(entry)
            if (
                entry.number in self._asked
                and isinstance(event, Received | Sent | HubSaw)
                and event.body is not None
            ):
                self.bodies[entry.number] = Body(event.content_type, event.body)
            yield entry

    def _play(self, record: Record, place: int) -> Play:
        casting = record.casting
        result = self._results[place]
        exchanges = exchanges_of(record, result, self._named.pop(casting.name), self._elapsed)
        started = self._elapsed[record.number]
        opened = {name: self._elapsed[window[0]] - started for name, window in record.windows.items()}
        return Play(
            result=result,
            anchor=f"p{place + 1}",
            perimeter=casting.scenario.perimeter,
            vhost=record.vhost.name,
            scenario=casting.scenario,
            actor=casting.editor,
            started=self._begun.pop(casting.name),
            duration=max([*(one.at for one in exchanges), *opened.values()], default=0.0),
            lifelines=_lifelines(casting),
            exchanges=exchanges,
            opened=opened,
        )


def _lifelines(casting: Casting) -> tuple[Lifeline, ...]:
    """The editor, the hub, and the partners that it has to do with."""
    taking_part = {name for step in casting.steps for name in (step.sender, step.recipient)}
    roles = casting.scenario.actors
    return (
        Lifeline("editor", casting.editor_client, casting.editor, roles[casting.editor]),
        Lifeline("hub", HUB, "", ""),
        *(
            Lifeline("partner", client, actor, roles[actor])
            for actor, client in casting.clients.items()
            if actor != casting.editor and (actor in taking_part or len(casting.clients) == 2)
        ),
    )

"""What there is to show of a run: each play with its exchanges and evidence, from the journal and its judgement."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path

from recette.journal.events import Attested, Entry, Received, RunStarted, ScenarioStarted, Sent
from recette.journal.link_events import LinkSecured
from recette.journal.reader import Journal, read_through
from recette.judge.judging import Judging
from recette.judge.record import Record
from recette.judge.verdicts import Finding, Judgement, ScenarioResult
from recette.messages.hub_saw import HubSaw
from recette.report.exchanges import HUB, Exchange, exchanges_of
from recette.scenario.model import Casting, Scenario
from recette.scenario.steps import AttestStep, MessageStep


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
class Attestation:
    """When somebody said what a screen shows, and what."""

    at: datetime
    said: Attested


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

    def to_be_seen(self, step: str) -> str:
        """What a screen was to show in a step, as whoever looked was asked."""
        match self.scenario.step(step) if self.scenario is not None else None:
            case AttestStep(text=text, title=title):
                return text or title
            case MessageStep(title=title, models=models):
                return f"{title} : les valeurs de {models} à l'écran"
            case _:
                return step

    @property
    def conformant(self) -> bool:
        """Nothing to tell of it: conformant, without a remark."""
        return self.result.verdict == "pass" and not self.result.findings


@dataclass(frozen=True, slots=True)
class Story:
    """A whole run."""

    header: RunStarted
    judgement: Judgement
    journal: Journal
    plays: tuple[Play, ...]
    bodies: Mapping[int, Body]
    """By event number, of the messages that findings are about."""
    started: datetime
    ended: datetime
    secured: tuple[LinkSecured, ...] = ()
    """What TLS agreed on, each once."""
    attestations: tuple[Attestation, ...] = ()

    @property
    def events(self) -> int:
        return len(self.journal.entries)

    @property
    def complete(self) -> bool:
        return self.journal.complete

    @property
    def fingerprint(self) -> str:
        """The hash of the journal's last line, which covers all lines."""
        return self.journal.fingerprint

    @property
    def issuers(self) -> list[str]:
        """Who issued the hub's certificates."""
        return list(dict.fromkeys(one.issuer for one in self.secured if one.issuer))

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


Shown = Callable[[Play, Mapping[int, Body]], None]
"""Is told a play, and the messages that its findings are about, by event."""


def tell(journal: Journal, *, strict: Iterable[str] = ()) -> Story:
    """Judge a recorded run and sort it into what its reports show, in one pass. Raises what `judge` raises."""
    teller = StoryTeller(journal.header, strict=strict)
    if not journal.altered and not journal.redacted:
        for entry in journal.entries:
            teller.take(entry)
    return teller.story(journal)


def tell_file(path: Path, *, strict: Iterable[str] = ()) -> Story:
    """Read, judge and sort in one pass. Raises what `judge` and `read_journal` raise."""
    journal, teller = read_through(path, partial(StoryTeller, strict=strict))
    return teller.story(journal)


class StoryTeller:
    """Judges a journal entry by entry, keeping of each play only what is shown of it."""

    def __init__(
        self,
        header: RunStarted,
        *,
        strict: Iterable[str] = (),
        judged: Callable[[ScenarioResult], None] = lambda _: None,
        shown: Shown = lambda _play, _bodies: None,
    ) -> None:
        """`judged` hears of each verdict, once it is final; `shown` of all that there is to show of that play."""
        self._judging = Judging(header, strict=strict, judged=self._play)
        self._told = judged
        self._shown = shown
        self._plays: dict[tuple[str, str, str], Play] = {}
        self._bodies: dict[int, Body] = {}
        self._recent: dict[int, Body] = {}
        """Of what belongs to plays that are not judged yet."""
        self._secured: dict[LinkSecured, None] = {}
        self._attested: list[Attestation] = []
        self._elapsed: dict[int, float] = {}
        self._named: dict[str, list[Entry]] = {}
        """The entries that name a play, until it is told."""
        self._begun: dict[str, Entry] = {}

    def take(self, entry: Entry) -> None:
        """The next entry. Raises UnreadableJournalError."""
        event = entry.event
        self._elapsed[entry.number] = entry.elapsed / 1000
        if isinstance(event, LinkSecured):
            self._secured[event] = None
        elif isinstance(event, Attested):
            self._attested.append(Attestation(datetime.fromisoformat(entry.at), event))
        if isinstance(event, ScenarioStarted):
            self._begun[event.scenario] = entry
            self._named[event.scenario] = []
        else:
            name = getattr(event, "scenario", None)
            if name in self._named:
                self._named[name].append(entry)
        if isinstance(event, Received | Sent | HubSaw) and event.body is not None:
            self._recent[entry.number] = Body(event.content_type, event.body)
        self._judging.take(entry)

    def story(self, journal: Journal) -> Story:
        """The whole, of the journal whose entries were all taken. Raises UnreadableJournalError."""
        judgement = self._judging.judgement(journal)
        return Story(
            header=journal.header,
            judgement=judgement,
            journal=journal,
            plays=tuple(self._placed(judgement.scenarios)),
            bodies=self._bodies,
            started=datetime.fromisoformat(journal.entries[0].at),
            ended=datetime.fromisoformat(journal.entries[-1].at),
            secured=tuple(self._secured),
            attestations=tuple(self._attested),
        )

    def _placed(self, results: Iterable[ScenarioResult]) -> Iterator[Play]:
        """Every play, in the order of the judgement; then what could not be loaded."""
        for index, result in enumerate(results):
            anchor = f"p{index + 1}"
            play = self._plays.get((result.id, result.vhost, result.client))
            yield Play(result, anchor, "", result.vhost) if play is None else replace(play, anchor=anchor)

    def _play(self, record: Record, result: ScenarioResult) -> None:
        name = record.casting.name
        begun, named = self._begun.pop(name), self._named.pop(name)
        self._plays[result.id, result.vhost, result.client] = play_of(
            record, result, begun, named, self._elapsed
        )
        self._bodies |= {
            one.event: self._recent[one.event] for one in result.findings if one.event in self._recent
        }
        self._forget()
        self._told(result)

    def _forget(self) -> None:
        """The bodies that no play can be about any more."""
        oldest = min((entry.number for entry in self._begun.values()), default=None)
        for number in list(self._recent):
            if oldest is not None and number > oldest:
                break
            del self._recent[number]


def play_of(
    record: Record, result: ScenarioResult, begun: Entry, named: Iterable[Entry], elapsed: Mapping[int, float]
) -> Play:
    """What there is to show of a play, as far as it came: `named` are the entries that name it, after `begun`.

    `elapsed` are the seconds of the run at each entry.
    """
    casting = record.casting
    exchanges = exchanges_of(record, result, named, elapsed)
    started = elapsed[record.number]
    opened = {name: elapsed[window[0]] - started for name, window in record.course.windows.items()}
    return Play(
        result=result,
        anchor="",
        perimeter=casting.scenario.perimeter,
        vhost=record.vhost.name,
        scenario=casting.scenario,
        actor=casting.editor,
        started=begun.at,
        duration=max([*(one.at for one in exchanges), *opened.values()], default=0.0),
        lifelines=_lifelines(casting),
        exchanges=exchanges,
        opened=opened,
    )


def _lifelines(casting: Casting) -> tuple[Lifeline, ...]:
    """The editor, the hub, and the partners that it has to do with."""
    taking_part = {name for step in casting.steps for name in step.actors}
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

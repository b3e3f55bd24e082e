"""A campaign of plays that are over: what captures show of each is written down as a run would have, and judged."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC
from pathlib import Path

from recette.campaign.captured import CapturedPlay, recognised, with_strays
from recette.campaign.captured_script import Line, Watched, script
from recette.campaign.options import NothingToPlayError, Options
from recette.campaign.planning import header_of
from recette.journal.capture_events import CaptureStarted, Passed
from recette.journal.events import NotLoaded, RunStarted
from recette.journal.facts import HubFacts
from recette.journal.reader import read_journal
from recette.journal.writer import JournalWriter
from recette.judge.captured import NO_TIME, Case, sorted_out
from recette.judge.verdicts import Judgement
from recette.play.driver_choice import DriverChoice
from recette.play.environments import OTHER
from recette.play.face_to_face import Cast, casts, only_played
from recette.play.target import Target
from recette.report.audience import NOBODY, Audience
from recette.report.story import StoryTeller
from recette.scenario.model import Scenario
from recette.wording.counting import counted

_OTHERS = 20
"""Cases of no play that are named: a day of a hub has thousands."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """What others recorded, and what whoever gives it says of it."""

    header: CaptureStarted
    passed: Sequence[Passed]
    cases: Mapping[str, str]
    """The case of a scenario, by both their ids, where somebody said it."""


def judge_captured(
    targets: Sequence[Target],
    scenarios: Sequence[Scenario],
    not_loaded: Iterable[NotLoaded],
    recorded: Recorded,
    path: Path,
    options: Options,
    audience: Audience = NOBODY,
) -> Judgement:
    """Judge each editor on what captures show of the scenarios. Raises NothingToPlayError and JournalError."""
    nobody = DriverChoice("none")
    targets = [replace(one, driver=nobody, left_out=frozenset(options.left_out)) for one in targets]
    on = targets[0].vhost
    cases, clocks = sorted_out(recorded.header, recorded.passed, on.edition)
    every = [cast for one in scenarios for cast in casts(targets, one)]
    found = recognised(every, cases, recorded.cases)
    plays = with_strays(found, cases, targets[0].deadlines.ack)
    plays += _unseen(every, plays)
    left = (*not_loaded, *_not_played(scenarios, every))
    if not plays:
        why = left[0].reason if left else "voyez recette list."
        raise NothingToPlayError(f"Aucun scénario choisi ne se joue entre ces éditeurs : {why}")
    header = _header(targets, plays, recorded, cases, options)
    audience.ready(list(_told(plays, cases)))
    _write(header, left, plays, Watched.of(cases, clocks), path, audience)
    return _judged(path, audience)


def _unseen(every: Iterable[Cast], plays: Sequence[CapturedPlay]) -> list[CapturedPlay]:
    """One play of each scenario of which nothing was seen: it is inconclusive."""
    seen = {one.cast[0].scenario.edition for one in plays}
    missing = {one[0].scenario.edition: one for one in reversed(list(every))}
    return [CapturedPlay(one, Case(""), {}) for edition, one in missing.items() if edition not in seen]


def _not_played(scenarios: Iterable[Scenario], every: Iterable[Cast]) -> Iterator[NotLoaded]:
    """What no editors could have played with each other."""
    castable = {one[0].scenario.edition for one in every}
    for one in scenarios:
        reason = only_played(one)
        if reason and one.edition not in castable:
            yield NotLoaded(scenario=one.edition, title=one.title, reason=reason)


def _header(
    targets: Sequence[Target],
    plays: Sequence[CapturedPlay],
    recorded: Recorded,
    cases: Sequence[Case],
    options: Options,
) -> RunStarted:
    plan = [
        (one, [side for play in plays for side in play.cast if side.editor_client == one.editor])
        for one in targets
    ]
    header = header_of(plan, options, observed=False)
    shared = {name: value for name, value in header.identity.items() if name in {"pilot", "level"}}
    products = {
        one.editor: {name: value for name, value in one.identity.items() if name not in shared}
        for one in targets
    }
    where = header.played_on if targets[0].home is None else None
    hub = where or HubFacts(environment=OTHER.name, title=OTHER.title)
    return replace(
        header,
        face_to_face=True,
        identity=shared,
        products=products,
        probes=False,
        jobs=1,
        captured=True,
        captures=(*recorded.header.sources, *_told(plays, cases)),
        played_on=replace(hub, title=f"{hub.title}, d'après des captures"),
    )


def _told(plays: Iterable[CapturedPlay], cases: Iterable[Case]) -> Iterable[str]:
    """Which case is taken for which play, and which for none."""
    taken = []
    for one in plays:
        taken.append(one.case.name)
        said = f"dossier {one.case.name}, {counted(len(one.case.messages), 'message')}"
        yield f"{one.cast[0].scenario.edition} : {said if one.case.name else 'rien dans les captures'}"
    others = [one for one in cases if one.name and one.name not in taken]
    for case in others[:_OTHERS]:
        yield f"d'aucun scénario choisi : dossier {case.name}, {counted(len(case.messages), 'message')}"
    if len(others) > _OTHERS:
        yield f"d'aucun scénario choisi : {counted(len(others) - _OTHERS, 'autre dossier', 'autres dossiers')}"


def _write(
    header: RunStarted,
    left: Iterable[NotLoaded],
    plays: Sequence[CapturedPlay],
    watched: Watched,
    path: Path,
    audience: Audience,
) -> None:
    """The journal of the run, its entries by the captures' clock. Raises JournalError."""
    lines: list[Line] = [line for play in plays for line in script(play, header, watched)]
    lines.sort(key=lambda one: one.at)  # of one play they are in order already
    now = lines[0].at if lines else NO_TIME
    writer = JournalWriter(path, private=True, clock=lambda: now.astimezone(UTC))
    writer.listen(audience.saw)
    try:
        for event in (header, *left):
            writer.write(event)
        for line in lines:
            now = line.at
            line.write(writer)
    except BaseException:
        writer.abandon()
        raise
    writer.close()


def _judged(path: Path, audience: Audience) -> Judgement:
    journal = read_journal(path)
    teller = StoryTeller(journal.header, judged=audience.judged, shown=audience.shown)
    for entry in journal.entries:
        teller.take(entry)
    story = teller.story(journal)
    audience.told(story)
    return story.judgement

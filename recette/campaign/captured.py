"""Which case of a capture is which play: scenarios that editors played with each other while nobody of the recette was there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from recette.campaign.options import NothingToPlayError
from recette.judge.captured import NO_TIME, REFERRING, Case, Seen
from recette.judge.moments import moment
from recette.messages.building import format_datetime
from recette.messages.clients import HUB
from recette.play.face_to_face import Cast
from recette.relay.reports import BURIED, named_by
from recette.scenario.matching import Arrival, Progress
from recette.scenario.model import Casting

_RIVALS = 9
"""Cases that are named beside the first of those that are as much of one play."""


@dataclass(frozen=True, slots=True)
class CapturedPlay:
    """A scenario, who played whom in it, and the case that it was."""

    cast: Cast
    case: Case
    placed: Mapping[int, str]
    """The step that each message is of, by its number."""

    @property
    def refused(self) -> dict[int, Seen]:
        """The hub's reports on what it refused, by the number of what was refused."""
        return _refused(self.case.messages)


@dataclass(frozen=True, slots=True)
class _Fit:
    """How well a case is a play: how many of its steps, how many messages beside them, how many values that differ."""

    play: CapturedPlay
    beside: int
    differing: int

    @property
    def rank(self) -> tuple[int, int, int]:
        """The best is the smallest."""
        return -len(self.play.placed), self.beside, self.differing


def recognised(casts: Sequence[Cast], cases: Sequence[Case], named: Mapping[str, str]) -> list[CapturedPlay]:
    """The plays that were seen, in the order of their cases; each case is one play at most, each play one case.

    `named` tells the case of a scenario, by both their ids. Raises NothingToPlayError where two cases are as much of one play,
    and for a case that is not there.
    """
    _check_named(casts, cases, named)
    fits = [fit for cast in casts for case in cases if (fit := _fit(cast, case, named)) is not None]
    chosen: list[CapturedPlay] = []
    for fit in sorted(fits, key=lambda one: one.rank):
        if not any(one.cast is fit.play.cast or one.case is fit.play.case for one in chosen):
            chosen.append(fit.play)
    _check_alone(chosen, fits)
    return sorted(chosen, key=lambda one: cases.index(one.case))


def with_strays(plays: Sequence[CapturedPlay], cases: Sequence[Case], patience: float) -> list[CapturedPlay]:
    """The same plays, each with the answers that its editors sent each other meanwhile and that refer to no message at all.

    `patience`: seconds after a play in which an answer may still come. What may be of two plays is of none.
    """
    known = {one.message.distribution_id for case in cases for one in case.messages}
    strays = [
        one
        for case in cases
        for one in case.messages
        if not case.name and one.message.model in REFERRING and one.message.reference_id not in known
    ]
    of_one: dict[int, list[Seen]] = {}
    for one in strays:
        places = [place for place, play in enumerate(plays) if _meanwhile(one, play, patience)]
        if len(places) == 1:
            of_one.setdefault(places[0], []).append(one)
    return [
        replace(play, case=Case(play.case.name, sorted([*play.case.messages, *more], key=on_the_clock)))
        if (more := of_one.get(place))
        else play
        for place, play in enumerate(plays)
    ]


def _meanwhile(one: Seen, play: CapturedPlay, patience: float) -> bool:
    clients, messages = play.cast[0].clients.values(), play.case.messages
    if not messages or one.event.sent_by not in clients or one.event.recipient not in clients:
        return False
    first, last = on_the_clock(messages[0]), on_the_clock(messages[-1]) + timedelta(seconds=patience)
    return first <= on_the_clock(one) <= last


def _check_named(casts: Sequence[Cast], cases: Sequence[Case], named: Mapping[str, str]) -> None:
    scenarios = {one[0].scenario.id for one in casts}
    for scenario, name in named.items():
        if scenario not in scenarios:
            raise NothingToPlayError(
                f"--case : {scenario} n'est pas un scénario qui se joue entre ces éditeurs."
            )
        if name not in {one.name for one in cases}:
            raise NothingToPlayError(f"--case : le dossier {name} n'est pas dans les captures.")


def _check_alone(chosen: Sequence[CapturedPlay], fits: Iterable[_Fit]) -> None:
    """Whoever played a scenario twice has to say which attempt counts."""
    taken = [one.case for one in chosen]
    for play in chosen:
        rivals = [
            one.play.case.name
            for one in fits
            if one.play.cast is play.cast
            and len(one.play.placed) == len(play.placed)
            and not any(one.play.case is case for case in taken)
        ]
        if rivals:
            scenario = play.cast[0].scenario.id
            raise NothingToPlayError(
                f"Les captures contiennent {len(rivals) + 1} dossiers qui sont autant l'un que l'autre {scenario} : "
                f"{', '.join([play.case.name, *rivals[:_RIVALS]])}{', …' if rivals[_RIVALS:] else ''}. Dites lequel compte : "
                f"--case {scenario}={play.case.name}."
            )


def _fit(cast: Cast, case: Case, named: Mapping[str, str]) -> _Fit | None:
    """How well a case is that play; None where it does not begin as the scenario does, or something else is said of it.

    A case that nobody names is known by its first message, which says what the scenario wants it to.
    """
    scenario = cast[0].scenario
    if scenario.case_by is None or named.get(scenario.id, case.name) != case.name or not case.name:
        return None
    if case.name in named.values() and scenario.id not in named:
        return None
    told = [one for one in case.messages if one.message.model not in REFERRING]
    refused = _refused(case.messages)
    placed = dict(_placed(cast[0], told, refused))
    told = [one for one in told if one.number in placed or one.number not in refused]
    first = next((step for step in scenario.messages if not step.to_unknown), None)
    opening = {
        one.id
        for one in scenario.messages
        if first and (one.id == first.id or one.group == first.group != "")
    }
    if not told or placed.get(told[0].number) not in opening:
        return None
    play = CapturedPlay(cast, case, placed)
    differing = sum((_differing(side, play) for side in cast), Counter())
    if differing[placed[told[0].number]] and scenario.id not in named:
        return None
    return _Fit(play, len(told) - len(placed), differing.total())


def _refused(messages: Sequence[Seen]) -> dict[int, Seen]:
    """The hub's reports, by the number of the message that it refused, and that was handed to nobody."""
    reports = {
        (one.event.recipient, name): one
        for one in messages
        if one.message.model == "RS-ERROR"
        and one.message.sender_id == HUB
        and one.message.error_code not in {None, BURIED}
        for name in named_by(one.message)
    }
    return {
        one.number: reports[about]
        for one in messages
        if not one.delivered and (about := (one.event.sent_by, one.message.distribution_id or "")) in reports
    }


def _placed(casting: Casting, told: Iterable[Seen], refused: Collection[int]) -> Iterator[tuple[int, str]]:
    """Messages with their steps, by who says what to whom, both in their order; what the hub refused where nothing else is."""
    free = sorted(told, key=lambda one: one.number in refused)
    for step in casting.scenario.messages:
        if step.to_unknown:
            continue
        ends = (casting.clients[step.sender], casting.clients[step.recipient])
        models = {content.model for content in step.contents}
        found = next(
            (
                one
                for one in free
                if (one.event.sent_by, one.event.recipient) == ends and one.message.model in models
            ),
            None,
        )
        if found is not None:
            free.remove(found)
            yield found.number, step.id


def _differing(side: Casting, play: CapturedPlay) -> Counter[str]:
    """How many values are not as the scenario has them, of what this editor sent, by the step."""
    progress = Progress(side, {})
    for step in side.steps:
        progress.open(step.id, format_datetime(on_the_clock(play.case.messages[0])))
    for one in play.case.messages:
        if one.event.sent_by == side.editor_client:
            progress.take(Arrival(one.number, one.event.recipient, one.event.channel, one.message))
        elif one.event.recipient == side.editor_client:
            progress.publish(one.number, play.placed.get(one.number, ""), one.message)
    return Counter({step: len(match.differences) for step, match in progress.matches.items()})


def on_the_clock(one: Seen) -> datetime:
    """When a message passed; where no clock of a capture says it, its sender's."""
    return one.at or moment(one.message.date_time_sent) or NO_TIME

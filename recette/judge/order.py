"""Which of two messages the editor sent first. A hub promises no order of delivery (fact sheet 2.4)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import wraps

from recette.judge.moments import TOLERANCE, moment
from recette.judge.registry import Check
from recette.judge.verdicts import Finding
from recette.judge.view import EditorMessage, View
from recette.scenario.matching import Publication

_COMPARED = 200
"""Messages of which each two are compared, where they stand in no line."""
Told = Callable[[EditorMessage, EditorMessage], bool]


class Before:
    """Whether one message left before another, taken as known: what nobody can tell apart left as it arrived, or turned round."""

    def __init__(self, line: Iterable[EditorMessage], told: Told | None = None) -> None:
        """`line`: the functional messages in the order in which they left; or `told`, where of each two something is told
        that puts them in no line.
        """
        self._places = {one.number: place for place, one in enumerate(line)}
        self._told = told

    @property
    def in_line(self) -> bool:
        """Whether they stand in one line: a play may be of thousands, which are then looked up and not compared."""
        return self._told is None

    def __call__(self, one: EditorMessage, other: EditorMessage) -> bool:
        return self.place(one) < self.place(other) if self._told is None else self._told(one, other)

    def place(self, one: EditorMessage) -> int:
        """Where a functional message stands in the line."""
        return self._places[one.number]


Ordered = Callable[[View, Before], Iterable[Finding]]
"""A rule that asks in which order messages left, and takes the answer as true."""


def by_order(what: str, *, either: bool = False) -> Callable[[Ordered], Check]:
    """Hold the editor to an order only where that order is known.

    The check is asked with the order in which the messages came, and, where it finds something, with that of the
    messages that nobody can tell apart turned round: what it finds in the one alone is inconclusive, or a remark where
    that is all it would have been. `what` names the two messages.
    `either`: that they follow each other at all is suspect, and what it finds in the other order alone is so too.
    """

    def asked_both_ways(breaches: Ordered) -> Check:
        @wraps(breaches)
        def check(view: View) -> Iterator[Finding]:
            seen = list(breaches(view, as_seen(view)))
            turned = list(breaches(view, turned_round(view))) if seen or either else []
            shared = {_same(one) for one in seen} & {_same(one) for one in turned}
            yield from (one for one in seen if _same(one) in shared)
            yield from _doubted(
                view, what, [one for one in [*seen, *(turned if either else ())] if _same(one) not in shared]
            )

        return check

    return asked_both_ways


def _doubted(view: View, what: str, found: list[Finding]) -> Iterator[Finding]:
    """One finding for each message of which something is true in one order alone."""
    told: set[int] = set()
    for one in sorted(found, key=lambda one: one.verdict == "remark"):
        if one.event not in told:
            told.add(one.event)
            unknown = order_unknown(view, what, step=one.step, event=one.event)
            weight = one.verdict if one.verdict == "remark" else unknown.verdict
            yield replace(unknown, path=one.path, verdict=weight)


def sent_before(view: View, one: EditorMessage, other: EditorMessage) -> bool | None:
    """Whether `one` left before `other`; None where nobody can tell.

    A hub that is ours saw it. Elsewhere the dates that the editor gave say it, unless they are the same, to the second,
    or cannot both be true.
    """
    ours, its = _seen(view, one), _seen(view, other)
    if ours is not None and its is not None and ours != its:
        return ours < its
    if _asked_after(view, other, one):
        return True
    if _asked_after(view, one, other):
        return False
    first, second = moment(one.message.date_time_sent), moment(other.message.date_time_sent)
    if first is None or second is None or first == second:
        return None
    if one.delivered is not None and other.delivered is not None:
        on_its_way = (one.delivered.at - first) - (other.delivered.at - second)
        if abs(on_its_way) > TOLERANCE:
            return None
    return first < second


def _asked_after(view: View, one: EditorMessage, other: EditorMessage) -> bool:
    """Whether a message does to the letter what somebody asked of the editor once the other had arrived."""
    match = view.progress.matches.get(one.step)
    if match is None or match.arrival.number != one.number or match.differences:
        return False
    window = view.record.course.windows.get(one.step)
    return one.step in view.record.course.driven_by and window is not None and window[0] > other.number


def _before(view: View, *, turned: bool) -> Before:
    """In a line where all dates can be compared; for each two where some cannot, unless there are too many of them.

    Then nothing is taken for known: what is found one way round alone is inconclusive.
    """
    arrived = list(view.functional)[:: -1 if turned else 1]
    line = _by_hub_and_dates(view, arrived)
    if line is not None or len(arrived) > _COMPARED:
        return Before(arrived if line is None else line)

    def told(one: EditorMessage, other: EditorMessage) -> bool:
        known = sent_before(view, one, other)
        return (one.number < other.number) != turned if known is None else known

    return Before((), told)


def _by_hub_and_dates(view: View, arrived: list[EditorMessage]) -> list[EditorMessage] | None:
    """In the order that a hub of ours saw, else in that of their dates; None where clocks or ways differ too much for that."""
    alike: dict[int | None, list[EditorMessage]] = {}
    for one in arrived:
        alike.setdefault(_seen(view, one), []).append(one)
    if None in alike and len(alike) > 1:
        return None
    line: list[EditorMessage] = []
    for _, group in sorted(alike.items(), key=lambda each: each[0] or 0):
        ordered = _by_dates(group)
        if ordered is None or not _as_asked(view, ordered):
            return None
        line += ordered
    return line


def _by_dates(group: list[EditorMessage]) -> list[EditorMessage] | None:
    """Messages that no hub of ours tells apart, those of one date as they are given."""
    dates = {one.number: moment(one.message.date_time_sent) for one in group}
    known = {number: date for number, date in dates.items() if date is not None}
    if not known or (len(known) == len(group) and len(set(known.values())) == 1):
        return group
    ways = [
        one.delivered.at - known[one.number]
        for one in group
        if one.number in known and one.delivered is not None
    ]
    if len(ways) < len(group) or max(ways) - min(ways) > TOLERANCE:
        return None
    return sorted(group, key=lambda one: known[one.number])


def _as_asked(view: View, ordered: list[EditorMessage]) -> bool:
    """Whether what was asked of the editor once others had arrived stands behind them in that line."""
    arrived: dict[int, int] = {one.number: place for place, one in enumerate(ordered)}
    for step in view.record.course.driven_by:
        match, window = view.progress.matches.get(step), view.record.course.windows.get(step)
        if match is None or window is None or match.differences or match.arrival.number not in arrived:
            continue
        place = arrived[match.arrival.number]
        if any(one.number < window[0] for one in ordered[place + 1 :]):
            return False
    return True


def as_seen(view: View) -> Before:
    """What arrived first was sent first, where nobody can tell."""
    return view.once(_as_seen)


def _as_seen(view: View) -> Before:
    return _before(view, turned=False)


def turned_round(view: View) -> Before:
    """What arrived first was sent last, where nobody can tell."""
    return view.once(_turned_round)


def _turned_round(view: View) -> Before:
    return _before(view, turned=True)


def known_at(view: View, publication: Publication) -> int:
    """When the editor has read a partner's message beyond doubt: the first step that began after its ack."""
    after = publication.acks[0].number if publication.acks else None
    begun = [
        window[0] for window in view.record.course.windows.values() if after is not None and window[0] > after
    ]
    last = view.record.ended is None or not begun
    return publication.number + 10**9 if last else min(begun)


def _seen(view: View, one: EditorMessage) -> int | None:
    """When a hub that is ours passed a message on, or refused it."""
    return one.number if one.delivered is None else view.passed_on.get(one.message.distribution_id)


def _same(one: Finding) -> tuple[int, str, str]:
    """What makes it one finding, whatever is said to have been allowed there."""
    return one.event, one.path, one.actual


def order_unknown(view: View, what: str, *, step: str, event: int) -> Finding:
    """Nobody can tell which of the two left first, and it would matter."""
    return view.unclear(
        f"Rien ne dit lequel est parti d'abord, {what} : leurs dates ne les départagent pas, et le hub ne garantit pas "
        "l'ordre.",
        "hub",
        step=step,
        event=event,
        advice="Rejouez en laissant passer une seconde entre les deux, ou demandez au hub l'ordre de ses réceptions.",
    )

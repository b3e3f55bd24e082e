"""What of an editor's message is not as its step expects it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import combinations
from typing import Any, Literal

from recette.judge.order import sent_before
from recette.judge.verdicts import Finding
from recette.judge.view import EditorMessage, View
from recette.messages.reading import MESSAGE_PATH
from recette.scenario.comparison import Difference, covers
from recette.scenario.matching import Arrival, Match

Claim = Callable[[View, EditorMessage, Difference], bool]
"""Whether a rule of its own speaks of a difference."""
_CLAIMS: list[Claim] = []
LINKS = frozenset({"caseId", "requestId"})
"""Fields that the rules of the cinematics compare."""


def claims(claim: Claim) -> Claim:
    """Declare that some rules speak of a difference themselves: DA-05 leaves it to them."""
    _CLAIMS.append(claim)
    return claim


def claimed(view: View, message: EditorMessage, difference: Difference) -> bool:
    """Whether any rule of its own speaks of a difference."""
    return any(claim(view, message, difference) for claim in _CLAIMS)


def differences(view: View) -> Iterator[tuple[EditorMessage, Difference]]:
    """Every difference of the messages that satisfied a step, in the order of the steps."""
    by_number = {one.number: one for one in view.messages}
    for match in matches(view).values():
        message = by_number.get(match.arrival.number)
        if message is not None:
            yield from ((message, difference) for difference in match.differences)


def matches(view: View) -> Mapping[str, Match]:
    """What satisfied each step; two messages that the editor itself sent in the other order are where it sent them.

    Unless it said the later one again in its place: then the one that it said too early is no step's.
    """
    return view.once(_matches)


def asked_for(view: View) -> frozenset[int]:
    """The messages that the scenario had the editor send, by event."""
    return view.once(_asked_for)


def _asked_for(view: View) -> frozenset[int]:
    return frozenset(one.number for match in matches(view).values() for one in match.arrivals)


def _matches(view: View) -> Mapping[str, Match]:
    found = dict(view.progress.matches)
    for first, second, order in _turned(view):
        if order == "editor":
            mine, its = found[first], found[second]
            again = _said_again(view, second, mine.arrival)
            if again is not None:
                found[second] = replace(its, arrival=again, differences=(), further=())
                continue
            found[first] = _in_place_of(view, first, mine, its)
            found[second] = _in_place_of(view, second, its, mine)
    return found


def corrected(view: View) -> Iterator[tuple[EditorMessage, Difference, int]]:
    """What an update told otherwise than it was keyed, and the event by which a later one of the same step set it right."""
    by_number = {one.number: one for one in view.messages}
    for step, match in matches(view).items():
        told = match.arrivals if match.further else ()  # one message alone sets nothing right
        unlike = [view.progress.unlike(step, one) or () for one in told]
        for place, arrival in enumerate(told[:-1]):
            for wrong in unlike[place] if arrival.number in by_number else ():
                right = (
                    later.number
                    for later, found in zip(told[place + 1 :], unlike[place + 1 :], strict=True)
                    if not any(covers(one.path, wrong.path) for one in found)
                )
                if not wrong.missing and wrong not in match.differences:
                    yield by_number[arrival.number], wrong, next(right, told[-1].number)


def matched(view: View) -> Iterator[tuple[EditorMessage, Mapping[str, Any], tuple[Difference, ...]]]:
    """The editor's messages with what the scenario had typed, and what is not the same."""
    by_number = {one.number: one for one in view.messages}
    for step, match in matches(view).items():
        typed = view.progress.expected(view.casting.scenario.message(step), match.content)
        for arrival in match.arrivals:
            if arrival.number in by_number:
                yield by_number[arrival.number], typed, match.differences if arrival is match.arrival else ()


def keyed(view: View, message: EditorMessage) -> Mapping[str, Any] | None:
    """What the scenario has the editor key in for a message; None for one that no step asks for."""
    return view.once(_keyed).get(message.number)


def _keyed(view: View) -> Mapping[int, Mapping[str, Any]]:
    found: dict[int, Mapping[str, Any]] = {}
    for one, typed, _ in matched(view):
        found.setdefault(one.number, typed)
    return found


def _said_again(view: View, name: str, after: Arrival) -> Arrival | None:
    """The first message after that one which does for a step, and for no other."""
    return next(
        (
            one
            for one in view.progress.extras
            if one.number > after.number and view.progress.unlike(name, one) == ()
        ),
        None,
    )


def _in_place_of(view: View, name: str, own: Match, other: Match) -> Match:
    return replace(
        own, arrival=other.arrival, differences=view.progress.unlike(name, other.arrival) or (), further=()
    )


def order_unknown_of(view: View) -> Iterator[tuple[str, str]]:
    """Steps whose messages came in the other order, and nobody can tell who turned them round."""
    return ((first, second) for first, second, order in _turned(view) if order == "unknown")


def _turned(view: View) -> Iterator[tuple[str, str, Literal["editor", "hub", "unknown"]]]:
    """Steps whose messages, about one and the same thing, came in the other order, and who turned them round."""
    by_number = {one.number: one for one in view.messages}
    for first, second in combinations(view.progress.opened, 2):
        if first not in view.progress.matches or second not in view.progress.matches:
            continue
        late, early = (view.progress.matches[name].arrival for name in (first, second))
        if late.number < early.number or not _exclude_each_other(view, first, second):
            continue
        one, other = by_number.get(early.number), by_number.get(late.number)
        if one is None or other is None:
            continue
        told = sent_before(view, one, other)
        yield first, second, "unknown" if told is None else "editor" if told else "hub"


def _exclude_each_other(view: View, first: str, second: str) -> bool:
    """Whether neither message would do for the other's step, though both are about the same thing."""
    late, early = (view.progress.matches[name].arrival for name in (first, second))
    group = view.casting.scenario.step(first).group
    if group and group == view.casting.scenario.step(second).group:
        return False
    if set(late.message.named_ids) != set(early.message.named_ids):
        return False
    return bool(view.progress.unlike(first, early)) and bool(view.progress.unlike(second, late))


def field(difference: Difference) -> str:
    """The last name of its path."""
    return difference.path.rpartition(".")[2]


def at(difference: Difference) -> str:
    """Its path from the root of the envelope."""
    return MESSAGE_PATH + difference.path.removeprefix("$")


def said(difference: Difference) -> object:
    """What stands there, for a report."""
    return "absent" if difference.missing else difference.actual


def unlike(
    view: View,
    text: str,
    message: EditorMessage,
    difference: Difference,
    *,
    advice: str = "",
    disputed: bool = False,
) -> Finding:
    """The editor broke a requirement by a value that is not the expected one."""
    return view.broken(
        text,
        message=message,
        path=at(difference),
        expected=difference.expected,
        actual=said(difference),
        advice=advice,
        disputed=disputed,
    )

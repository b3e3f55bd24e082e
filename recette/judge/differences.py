"""What of an editor's message is not as its step expects it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import combinations

from recette.judge.order import sent_before
from recette.judge.verdicts import Finding
from recette.judge.view import EditorMessage, View
from recette.messages.reading import MESSAGE_PATH
from recette.scenario.comparison import Difference
from recette.scenario.matching import Match

Claim = Callable[[View, EditorMessage, Difference], bool]
"""Whether a rule of its own speaks of a difference."""
_CLAIMS: list[Claim] = []


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
    """What satisfied each step; two messages that the hub turned round, or may have, are put back in their places."""
    found = dict(view.progress.matches)
    for one, other, _ in turned(view):
        mine, its = found[one], found[other]
        found[one] = replace(mine, arrival=its.arrival, differences=())
        found[other] = replace(its, arrival=mine.arrival, differences=())
    return found


def turned(view: View) -> Iterator[tuple[str, str, bool]]:
    """Steps that each got what the other one expects, and whether it is known that the hub did that.

    Where it is known that the editor itself sent them in that order, each is as wrong as it looks.
    """
    by_number = {one.number: one for one in view.messages}
    wrong = [name for name, match in view.progress.matches.items() if match.differences]
    for one, other in combinations(wrong, 2):
        numbers = sorted(view.progress.matches[name].arrival.number for name in (one, other))
        first, second = (by_number.get(number) for number in numbers)
        if first is None or second is None or not view.progress.exchangeable(one, other):
            continue
        told = sent_before(view, first, second)
        if told is not True:
            yield one, other, told is False


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

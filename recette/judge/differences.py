"""What of an editor's message is not as its step expects it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from recette.judge.verdicts import Finding
from recette.judge.view import EditorMessage, View
from recette.messages.reading import MESSAGE_PATH
from recette.scenario.comparison import Difference

Claim = Callable[[View, EditorMessage, Difference], bool]
"""Whether a rule of its own speaks of a difference."""


def differences(view: View) -> Iterator[tuple[EditorMessage, Difference]]:
    """Every difference of the messages that satisfied a step, in the order of the steps."""
    by_number = {one.number: one for one in view.messages}
    for match in view.progress.matches.values():
        message = by_number.get(match.arrival.number)
        if message is not None:
            yield from ((message, difference) for difference in match.differences)


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
    rule: str,
    text: str,
    message: EditorMessage,
    difference: Difference,
    *,
    advice: str = "",
    disputed: bool = False,
) -> Finding:
    """The editor broke a requirement by a value that is not the expected one."""
    return view.broken(
        rule,
        text,
        message=message,
        path=at(difference),
        expected=difference.expected,
        actual=said(difference),
        advice=advice,
        disputed=disputed,
    )

"""Which of two messages the editor sent first. A hub promises no order of delivery (fact sheet 2.4)."""

from __future__ import annotations

from recette.judge.moments import moment
from recette.judge.view import EditorMessage, View


def sent_before(view: View, one: EditorMessage, other: EditorMessage) -> bool | None:
    """Whether `one` left before `other`; None where nobody can tell.

    A hub that is ours saw it. Elsewhere what arrived first was sent first, unless the dates that the editor gave say
    otherwise; within the same second they do not.
    """
    ours, its = (view.passed_on.get(each.message.distribution_id) for each in (one, other))
    if ours is not None and its is not None and ours != its:
        return ours < its
    if one.number < other.number:
        return True
    first, second = moment(one.message.date_time_sent), moment(other.message.date_time_sent)
    if first is None or second is None or first == second:
        return None
    return first < second

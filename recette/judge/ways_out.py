"""What the states of a resource say of its way out: what goes back on it, and who is out though the engagement was over."""

from __future__ import annotations

from collections.abc import Iterable

from recette.judge.order import Before
from recette.judge.states import OVER, SET_OUT, State, states
from recette.judge.view import EditorMessage, View


def _by_message(told: list[State], before: Before) -> list[tuple[EditorMessage, list[tuple[int, State]]]]:
    """The states of each message, with their places among all, in the order in which the messages left."""
    found: dict[int, tuple[EditorMessage, list[tuple[int, State]]]] = {}
    for index, one in enumerate(told):
        found.setdefault(one.message.number, (one.message, []))[1].append((index, one))
    return sorted(found.values(), key=lambda each: before.place(each[0]))


def taken_back(told: list[State], before: Before) -> list[tuple[State, State, State]]:
    """States that take back what was said earlier of the same resource on the same way out, in the order in which they came.

    With each, the first that it takes back, and the one furthest out.
    """
    if not before.in_line:
        behind = ((one, [two for two in told if _is_behind(one, two, told, before)]) for one in told)
        return [(one, all_[0], max(all_, key=lambda two: two.stage)) for one, all_ in behind if all_]
    found: dict[int, tuple[State, State, State]] = {}
    reached: dict[str, dict[str | None, dict[int, int]]] = {}
    """By resource and recipient, the first state of each stage since the resource's last way out ended."""
    for message, said in _by_message(told, before):
        to = message.message.recipient_id
        for index, one in said:
            known = reached.get(one.resource, {}).get(to, {})
            further = {stage: at for stage, at in known.items() if stage > one.stage}
            if further:
                found[index] = (one, told[min(further.values())], told[further[max(further)]])
        for _, one in said:
            if one.ended:
                reached.pop(one.resource, None)
        for index, one in said:
            if not one.ended:
                known = reached.setdefault(one.resource, {}).setdefault(to, {})
                known[one.stage] = min(index, known.get(one.stage, index))
    return [found[index] for index in sorted(found)]


def without_engagement(view: View, before: Before) -> list[tuple[State, State, bool]]:
    """States of a resource that is out though its engagement was over, in the order in which they came.

    With each, what ended it last, and whether anything did by cancelling it.
    """
    told = list(states(view))
    begun = {one.number: one for one in view.functional if one.message.model == "RS-RI"}
    begun |= {two.message.number: two.message for two in told if two.status in {"DECISION", "DECLENCHE"}}
    if not before.in_line:
        ended = ((one, [two for two in told if _ended(one, two, begun.values(), before)]) for one in told)
        return [(one, all_[-1], any(two.status == "ANNULE" for two in all_)) for one, all_ in ended if all_]
    said = {message.number: (message, its) for message, its in _by_message(told, before)}
    said = {**{number: (one, []) for number, one in begun.items()}, **said}
    found: dict[int, tuple[State, State, bool]] = {}
    over: dict[str, dict[str | None, tuple[int, bool]]] = {}
    """By resource and recipient, the last that ended it, and whether any cancelled it."""
    for message, its in sorted(said.values(), key=lambda each: before.place(each[0])):
        to = message.message.recipient_id
        for resource in message.message.resource_ids if message.number in begun else ():
            over.pop(resource, None)
        for index, one in its:
            end = over.get(one.resource, {}).get(to)
            if end is not None and one.status in SET_OUT:
                found[index] = (one, told[end[0]], end[1])
        for index, one in its:
            if one.status in OVER:
                last, cancelled = over.setdefault(one.resource, {}).get(to, (index, False))
                over[one.resource][to] = (max(last, index), cancelled or one.status == "ANNULE")
    return [found[index] for index in sorted(found)]


def _is_behind(one: State, other: State, told: list[State], before: Before) -> bool:
    """Whether a state takes back what was said earlier of the same resource, on the same way out."""
    if other.message is one.message or other.resource != one.resource or other.stage <= one.stage:
        return False
    if other.ended or other.message.message.recipient_id != one.message.message.recipient_id:
        return False
    return before(other.message, one.message) and not any(
        end.ended
        and end.resource == one.resource
        and before(other.message, end.message)
        and before(end.message, one.message)
        for end in told
    )


def _ended(one: State, other: State, begun: Iterable[EditorMessage], before: Before) -> bool:
    """Whether a resource is out after a state that ended its engagement, with no new one between them."""
    if one.status not in SET_OUT or other.status not in OVER or other.resource != one.resource:
        return False
    if other.message.message.recipient_id != one.message.message.recipient_id:
        return False
    return before(other.message, one.message) and not any(
        one.resource in again.message.resource_ids
        and again is not other.message
        and before(other.message, again)
        and (again is one.message or before(again, one.message))
        for again in begun
    )

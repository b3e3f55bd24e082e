"""Whose a message is: what tells that it is a play's, for sure or perhaps."""

from __future__ import annotations

import sys
from collections.abc import Iterable

from recette.messages.building import is_drawn
from recette.messages.reading import Message
from recette.scenario.comparison import Difference
from recette.scenario.likeness import SHARES
from recette.scenario.matching import Arrival, Progress
from recette.scenario.steps import MessageStep


def anchored(progress: Progress, step: MessageStep) -> bool:
    """Whether the editor's message for `step` can be told from other plays' by a case or an id it names."""
    known = {one.name for one in progress.casting.scenario.identifiers} & set(progress.values)
    return progress.case_id is not None or all(known & one.names for one in step.contents)


def is_about(progress: Progress, message: Message) -> bool:
    """Whether a message of the editor names the play's case."""
    same_case = message.case_id is not None and message.case_id == progress.case_id
    return same_case and message.sender_id == progress.casting.editor_client


def may_be_about(progress: Progress, arrival: Arrival) -> bool:
    """Whether an arrival that names no play's case may be this one's all the same.

    One that names a new case is what a play awaits that has no case yet; or a play's own message under a wrong case,
    where the play awaits one and all else, or the request, is its own. An id that another case may have too, a patient's
    say, does not make it so.
    """
    message = arrival.message
    if message.case_id is None or message.model == "EMSI":  # which may name an event of the editor's own
        return True
    awaited = progress.awaiting(arrival)
    if progress.case_id is None:
        return bool(awaited)
    own = set(progress.values.values())
    asked = progress.awaits() and not own.isdisjoint(message.request_ids)
    same_resource = bool(awaited) and not own.isdisjoint(message.resource_ids)
    return asked or same_resource or any(_but_for_the_case(one.differences) for one in awaited)


def concern(progress: Progress, arrival: Arrival) -> int:
    """How surely an arrival is the play's, when it is not for sure: 2 by an id, 1 by what is awaited, or 0."""
    message = arrival.message
    if message.sender_id != progress.casting.editor_client:
        return 0
    if set(message.named_ids) & set(progress.values.values()):
        return 2
    part = message.case_id is None and (progress.readings(arrival) or progress.lacks_a_part(arrival))
    known = progress.awaiting(arrival) or part or _owed_ack(progress, message) or message.model == "RS-ERROR"
    return 1 if known else 0


def distance(progress: Progress, arrival: Arrival) -> int:
    """In how much of its data an arrival is unlike what it is likest of what is awaited."""
    return min((len(one.differences) for one in progress.readings(arrival)), default=sys.maxsize)


def opens(progress: Progress, arrival: Arrival) -> bool:
    """Whether an arrival is, to the letter, what is to open the case that the play awaits of the editor."""
    if progress.case_id is not None or progress.casting.scenario.case_by != progress.casting.editor:
        return False
    exact = any(not one.differences for one in progress.awaiting(arrival))
    return exact and arrival.message.model in SHARES


def _owed_ack(progress: Progress, message: Message) -> bool:
    """An ack that references nothing we know, while one of ours is still without; one of an earlier run's is none."""
    client, _, drawn = (message.reference_id or "").rpartition("_")
    casting = progress.casting
    earlier = client in {*casting.clients.values()} - {casting.editor_client} and is_drawn(drawn)
    if message.model != "RC-REF" or earlier:
        return False
    return any(not one.acks for one in progress.published.values())


def _but_for_the_case(differences: Iterable[Difference]) -> bool:
    """Whether nothing but the case's own identifiers differs."""
    return all(one.path.rpartition(".")[2] in {"caseId", "senderCaseId"} for one in differences)

"""Rules on geolocation (requirements CI-32, DA-27)."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from recette.judge.differences import claims
from recette.judge.missed import unanswered
from recette.judge.moments import moment
from recette.judge.order import Before, by_order
from recette.judge.registry import rule
from recette.judge.rules.times import dated_by_scenario
from recette.judge.said import Tellers, some_of
from recette.judge.states import tables
from recette.judge.verdicts import Finding
from recette.judge.view import EditorMessage, View
from recette.messages.reading import MESSAGE_PATH
from recette.scenario.comparison import Difference
from recette.scenario.matching import Publication

_RESOURCE = re.compile(r"\$\.geoResourcesDetails\.resource(?:\[\d+\](?:\.(?:resourceId|id))?)?")
_APART = timedelta(minutes=1)
"""Between the sending of two positions that are no reading of one and the same instant, rounded to the minute."""
_FAR = 100.0
"""Metres that no receiver of a vehicle at rest is off by, twice over."""
_DEGREE = 111_000.0
"""Metres in a degree of latitude."""
_TURN = 360
"""Degrees; what is beyond is no place on earth."""
_RECEIVED_SINCE = 3
"""The generation from which the schema dates when coordinates were received, and several may be at once."""
_PLACE = f"{MESSAGE_PATH}.geoResourcesDetails.resource"


@rule("CI-32")
def details_answered(view: View) -> Iterator[Finding]:
    yield from _ill_answered(view)
    for asked, answers in _exchanges(view):
        known = _named([one for one in view.functional if one.number < asked.number])
        about = ", ".join(one for one in asked.message.resource_ids if one in known)
        for name, number in () if answers else unanswered(view, "GEO-RES"):
            yield view.broken(
                "La demande de détails est restée sans GEO-RES.",
                step=name,
                event=number,
                expected=f"un GEO-RES sur {about}" if about else "un GEO-RES",
                actual="rien",
            )


@by_order("l'annonce de la ressource et la réponse à la demande")
def _ill_answered(view: View, before: Before) -> Iterator[Finding]:
    """An answer says what the editor had announced when it left, no more and no less."""
    for asked, answers in _exchanges(view):
        told, mine = _named(answers), {one.number for one in answers}
        known = Tellers(before)
        for one in view.functional if answers else ():
            for identifier in one.message.resource_ids if one.number not in mine else ():
                known.add(identifier, one)
        lacking = [
            one
            for one in asked.message.resource_ids
            if one not in told and answers and known.told_before(one, answers[0])
        ]
        if lacking:
            yield view.broken(
                "La réponse ne dit rien de ressources demandées que l'éditeur a lui-même annoncées.",
                message=answers[0],
                path=_PLACE,
                expected=", ".join(lacking),
                actual=some_of(sorted(told)) or "aucune ressource",
            )
        for one in answers:
            invented = [
                identifier
                for identifier in one.message.resource_ids
                if identifier in asked.message.resource_ids and not known.told_before(identifier, one)
            ]
            if invented:
                yield view.broken(
                    "La réponse détaille une ressource que l'éditeur n'avait jamais annoncée.",
                    message=one,
                    path=_PLACE,
                    expected="les ressources connues, et elles seules",
                    actual=", ".join(invented),
                    disputed=True,
                )


def unanswered_requests(view: View) -> Iterator[tuple[str, int]]:
    """Steps that should have brought the GEO-RES of a request, and the event that says so."""
    for _, answers in _exchanges(view):
        if not answers:
            yield from unanswered(view, "GEO-RES")


def _exchanges(view: View) -> Iterator[tuple[Publication, list[EditorMessage]]]:
    """Each GEO-REQ of the partner, with the GEO-RES that came between it and the next."""
    requests = [
        one for one in view.progress.published.values() if one.message.model == "GEO-REQ" and not one.errors
    ]
    answers = [one for one in view.functional if one.message.model == "GEO-RES"]
    for index, asked in enumerate(requests):
        end = requests[index + 1].number if index + 1 < len(requests) else None
        yield (
            asked,
            [one for one in answers if one.number > asked.number and (end is None or one.number < end)],
        )


def _named(messages: list[EditorMessage]) -> frozenset[str]:
    return frozenset(identifier for one in messages for identifier in one.message.resource_ids)


@claims
def _spoken_of(view: View, message: EditorMessage, difference: Difference) -> bool:
    """A resource lacking in an answer; lacking in what was sent unasked, it is a value not sent (DA-05)."""
    answers = [one for _, found in _exchanges(view) for one in found]
    return _RESOURCE.fullmatch(difference.path) is not None and any(one is message for one in answers)


@dataclass(frozen=True, slots=True)
class _Fix:
    """Where one message says that a resource was."""

    message: EditorMessage
    path: str
    resource: str
    dated: str
    at: datetime
    sent: datetime
    place: tuple[float, float]

    def metres_from(self, other: _Fix) -> float:
        """Along the ground, as near as a page needs it."""
        north = self.place[0] - other.place[0]
        east = (self.place[1] - other.place[1]) * math.cos(math.radians(self.place[0]))
        return math.hypot(north, east) * _DEGREE


@rule("DA-27", of_strays=True)
def at_one_place_at_a_time(view: View) -> Iterator[Finding]:
    """A vehicle that moves while the date of its position stands still; once for each vehicle."""
    first: dict[tuple[str, datetime], _Fix] = {}
    named: set[str] = set()
    for fix in _fixes(view):
        known = first.setdefault((fix.resource, fix.at), fix)
        early, late = sorted((known, fix), key=lambda one: one.sent)
        if fix.resource in named or late.sent - early.sent < _APART or fix.metres_from(known) < _FAR:
            continue
        if all(dated_by_scenario(view, one.message, one.dated) for one in (known, fix)):
            continue
        named.add(fix.resource)
        yield view.broken(
            f"La ressource est déjà ailleurs à cette même heure, à {fix.metres_from(known):.0f} m de là (événement "
            f"{early.message.number}) : la date de sa position n'avance pas avec elle.",
            message=late.message,
            path=f"{late.path}.datetime",
            expected=f"après {early.dated}",
            actual=late.dated,
            advice="Datez chaque position de l'heure où elle a été relevée.",
            disputed=view.generation >= _RECEIVED_SINCE,
        )


def _fixes(view: View) -> Iterator[_Fix]:
    """The positions that the editor told, as far as they say of what, when and where."""
    for one in view.functional:
        sent = moment(one.message.date_time_sent)
        if one.message.model != "GEO-POS" or sent is None:
            continue
        for index, position in enumerate(tables(one.message.content, "position")):
            resource, dated = position.get("resourceId", position.get("id")), position.get("datetime")
            at, place = moment(dated if isinstance(dated, str) else None), _coordinates(position)
            if isinstance(resource, str) and at is not None and place is not None:
                path = f"{MESSAGE_PATH}.{one.message.key}.position[{index}]"
                yield _Fix(one, path, resource, str(dated), at, sent, place)


def _coordinates(position: Mapping[str, Any]) -> tuple[float, float] | None:
    """Latitude and longitude, the first of several."""
    found = position.get("coord")
    first = found[0] if isinstance(found, list) and found else found
    pair = (first.get("lat"), first.get("lon")) if isinstance(first, Mapping) else ()
    # An integer may be of thousands of digits, which is no float.
    numbers = [float(one) for one in pair if isinstance(one, int | float) and abs(one) <= _TURN]
    return (numbers[0], numbers[1]) if len(numbers) == 2 else None

"""Rules on geolocation (requirement CI-32)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from recette.judge.differences import claims
from recette.judge.missed import unanswered
from recette.judge.order import Before, by_order
from recette.judge.registry import rule
from recette.judge.verdicts import Finding
from recette.judge.view import EditorMessage, View
from recette.messages.reading import MESSAGE_PATH
from recette.scenario.comparison import Difference
from recette.scenario.matching import Publication

_RESOURCE = re.compile(r"\$\.geoResourcesDetails\.resource(?:\[\d+\](?:\.(?:resourceId|id))?)?")
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
        others = [one for one in view.functional if one not in answers]
        told = _named(answers)
        known = _named([one for one in others if answers and before(one, answers[0])])
        lacking = [one for one in asked.message.resource_ids if one in known and one not in told]
        if lacking:
            yield view.broken(
                "La réponse ne dit rien de ressources demandées que l'éditeur a lui-même annoncées.",
                message=answers[0],
                path=_PLACE,
                expected=", ".join(lacking),
                actual=", ".join(sorted(told)) or "aucune ressource",
            )
        for one in answers:
            known = _named([two for two in others if before(two, one)])
            invented = [
                identifier
                for identifier in one.message.resource_ids
                if identifier in asked.message.resource_ids and identifier not in known
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

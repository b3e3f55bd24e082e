"""Rules on the persons of a case (requirement CI-45)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from recette.judge.differences import matches
from recette.judge.earlier import Named
from recette.judge.naming import patients
from recette.judge.order import Before, by_order
from recette.judge.registry import rule
from recette.judge.states import tables
from recette.judge.verdicts import Finding
from recette.judge.view import EditorMessage, View


@rule("CI-45", of_strays=True, needs="scenario")
@by_order("les deux messages qui parlent du patient")
def one_person_one_id(view: View, before: Before) -> Iterator[Finding]:
    """A patient beyond those that were keyed, with the name of one whom the case has already under another id."""
    typed = {one.number: match.content.data for match in matches(view).values() for one in match.arrivals}
    every = list(patients(view))
    counts = Counter(one.number for one, _ in every)
    for place, (message, person) in enumerate(every):
        asked = len(tables(typed.get(message.number, {}), "patient"))
        known = view.earlier.of("patient", person.identifier)
        elsewhere = known is not None and known.case != person.case  # DA-24 says whose case that is
        if counts[message.number] <= asked or message.number not in typed or elsewhere:
            continue
        first = next((one for one in _earlier(every, place, before) if _same_person(one, person)), None)
        if first is not None:
            yield view.broken(
                "Un patient que le dossier a déjà y est dit sous un second identifiant : le partenaire voit deux personnes.",
                message=message,
                path=person.path,
                expected=first.identifier,
                actual=person.identifier,
                advice="Formez l'identifiant d'un patient une fois, et gardez-le dans tout le dossier.",
            )


def _earlier(every: list[tuple[EditorMessage, Named]], place: int, before: Before) -> Iterator[Named]:
    """The persons told before that one: in messages before its own, or ahead of it in its own."""
    message, _ = every[place]
    for other, (one, person) in enumerate(every):
        if (one is message and other < place) or (one is not message and before(one, message)):
            yield person


def _same_person(one: Named, other: Named) -> bool:
    """Whether two ids name one whose whole name is told both times, and of whom nothing differs."""
    if one.identifier == other.identifier or one.case != other.case:
        return False
    first, second = one.traits, other.traits
    named = {"lastName", "firstName"} <= first.keys() & second.keys()
    return named and all(second[name] == value for name, value in first.items() if name in second)

"""Rules on who is in charge of a case, and on handing it over (requirements CI-10 to CI-12).

The sources disagree about an appel limitrophe: DSF 1.0 hands over by RS-EDA, DSF 1.2 and the official book by telephone
and then RS-EDA-MAJ (fact sheet 8.2). A scenario follows one of them and says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from recette.judge.differences import claims, differences, matches, unlike
from recette.judge.order import Before, by_order, known_at
from recette.judge.registry import rule
from recette.judge.verdicts import Finding
from recette.judge.view import EditorMessage, View
from recette.messages.reading import MESSAGE_PATH
from recette.scenario.comparison import Difference

_CASE = frozenset({"RS-EDA", "RS-EDA-MAJ"})
_READINGS = (
    "Les sources divergent : selon la DSF 1.2 et les suivantes, et le cahier officiel, le SAMU d'origine reste owner du "
    "premier RS-EDA et l'accord se prend au téléphone ; selon la DSF 1.0 (5.3), owner y est déjà le SAMU sollicité. "
)


@claims
def _spoken_of(view: View, message: EditorMessage, difference: Difference) -> bool:
    """Whether one of these rules is all that speaks of a difference.

    A transfer that was keyed and names nobody is a lost value besides, in either reading.
    """
    return _rule_of(view, message, difference) in {"CI-10", "CI-12"}


def _rule_of(view: View, message: EditorMessage, difference: Difference) -> str | None:
    if difference.path != f"$.{message.message.key}.owner":
        return None
    if message.message.model == "RS-EDA-MAJ":
        return "CI-11"
    if message.message.model != "RS-EDA":
        return None
    if any(
        one.message.model == "RS-EDA" and one.number < message.number
        for one in view.progress.published.values()
    ):
        return "CI-12"
    either = {view.editor, message.message.recipient_id}
    return "CI-10" if "CI-10" in view.casting.scenario.requirements and difference.actual in either else None


def _spoken(view: View) -> Iterator[tuple[EditorMessage, Difference]]:
    for one, difference in differences(view):
        if _rule_of(view, one, difference) == view.rule:
            yield one, difference


@rule("CI-10")
def owner_when_shared(view: View) -> Iterator[Finding]:
    for one, difference in _spoken(view):
        followed = "DSF 1.2" if difference.expected == view.editor else "DSF 1.0"
        text = f"{_READINGS}Ce scénario suit la {followed}, l'éditeur l'autre lecture."
        advice = "Entendez-vous avec le partenaire sur la version de la DSF que vous suivez tous les deux."
        yield unlike(view, text, one, difference, advice=advice)


@rule("CI-11", of_strays=True)
def owner_when_transferred(view: View) -> Iterator[Finding]:
    text = (
        "Le transfert a été demandé, mais ce message ne nomme pas le nouveau traitant. Les sources divergent sur le message "
        "(RS-EDA-MAJ selon le cahier officiel, RS-EDA selon la DSF 1.0) ; dans les deux lectures, seul owner transfère."
    )
    for one, difference in _spoken(view):
        yield unlike(view, text, one, difference)
    for _, one in announced_by_share(view):
        yield view.broken(
            "Le transfert est annoncé par un RS-EDA, et non par un RS-EDA-MAJ. Les sources divergent sur le message (RS-EDA-MAJ "
            "selon le cahier officiel, RS-EDA selon la DSF 1.0) ; ce scénario suit le cahier.",
            message=one,
            path=f"{MESSAGE_PATH}.{one.message.key}",
            expected="RS-EDA-MAJ",
            actual="RS-EDA",
            advice="Entendez-vous avec le partenaire sur la version de la DSF que vous suivez tous les deux.",
        )


def announced_by_share(view: View) -> Iterator[tuple[str, EditorMessage]]:
    """Steps that awaited the RS-EDA-MAJ of a transfer, with the RS-EDA that names the new owner in its place."""
    unmatched = {one.number for one in view.progress.extras}
    for name, (_, event) in view.record.course.missed.items():
        if event.waiting_for != "message":
            continue
        step = view.casting.scenario.message(name)
        update = next(
            (one for one in step.contents if one.model == "RS-EDA-MAJ" and "owner" in one.data), None
        )
        if update is None or name in view.progress.matches:
            continue
        owner, to = view.progress.expected(step, update)["owner"], view.casting.clients.get(step.recipient)
        for one in view.functional:
            stands_for_it = one.message.model == "RS-EDA" and one.message.recipient_id == to
            if stands_for_it and one.number in unmatched and _owner(one.message.content) == owner:
                yield name, one
                break


@rule("CI-12", needs="scenario")
def owner_when_answered(view: View) -> Iterator[Finding]:
    text = "La réponse au transfert ne nomme pas le traitant qui en résulte."
    for one, difference in _spoken(view):
        yield unlike(view, text, one, difference)
    yield from _taken_over(view)


@by_order("le message qui transfère le dossier et celui qui en nomme le traitant")
def _taken_over(view: View, before: Before) -> Iterator[Finding]:
    asked = {
        one.number
        for match in matches(view).values()
        if "owner" in match.content.data
        for one in match.arrivals
    }
    asked |= {one.number for _, one in announced_by_share(view)}
    own = [one for one in view.functional if one.message.model in _CASE and one.number in asked]
    for one in view.functional:
        owner = _owner(one.message.content)
        if one.message.model not in _CASE or owner is None or one.number in asked:
            continue
        allowed = _in_charge(view, one, own, before)
        if allowed and owner not in allowed:
            yield view.broken(
                "Ce message change le traitant du dossier, alors que personne n'a demandé de transfert.",
                message=one,
                path=f"{MESSAGE_PATH}.{one.message.key}.owner",
                expected=" ou ".join(allowed),
                actual=owner,
                advice="Laissez owner absent, ou tel qu'il est, dans une mise à jour qui ne transfère pas le dossier.",
            )


def _in_charge(view: View, until: EditorMessage, own: list[EditorMessage], before: Before) -> tuple[str, ...]:
    """Who may be said to be in charge then: two, while the editor may not have read the partner's word yet.

    `own`: the messages in which the editor was asked to say it.
    """
    told = [
        (one.number, True, owner)
        for one in own
        if before(one, until) and (owner := _owner(one.message.content))
    ]
    told += [
        (one.number, known_at(view, one) <= until.number, owner)
        for one in view.progress.published.values()
        if one.message.model in _CASE and one.number < until.number and (owner := _owner(one.message.content))
    ]
    allowed: list[str] = []
    for _, known, owner in sorted(told):
        allowed = [owner] if known else [*allowed, owner]
    return tuple(dict.fromkeys(allowed))


def _owner(content: Mapping[str, Any] | None) -> str | None:
    found = (content or {}).get("owner")
    return found if isinstance(found, str) else None

"""Rules on the data of a message that no schema holds (requirements DA; DSF 2.2.1, 5.2.5)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from recette.judge.differences import LINKS, at, claimed, corrected, field, matched, said
from recette.judge.order import known_at
from recette.judge.registry import rule
from recette.judge.rules.sharing import values_in, values_of
from recette.judge.verdicts import Finding
from recette.judge.view import EditorMessage, View
from recette.messages.clients import is_health
from recette.messages.reading import MESSAGE_PATH
from recette.scenario.comparison import Difference

_INS = "NIR"
"""The source under which the INS matricule goes."""
_HEALTH_DATA = ("patient", "medicalNote", "decision")
_NOT_IN_CASE = ("patient", "owner", "decision", "medicalNote")


def _patients(content: Mapping[str, Any] | None) -> list[tuple[str, Mapping[str, Any]]]:
    found = (content or {}).get("patient")
    items = found if isinstance(found, list) else []
    return [(f"patient[{index}]", one) for index, one in enumerate(items) if isinstance(one, dict)]


def _part(node: object, name: str) -> Mapping[str, Any]:
    child = node.get(name) if isinstance(node, dict) else None
    return child if isinstance(child, dict) else {}


def _numbers(patient: Mapping[str, Any]) -> set[str]:
    """The INS matricules of a patient."""
    ids = _part(patient, "administrativeFile").get("externalId")
    items = ids if isinstance(ids, list) else []
    return {str(one.get("value")) for one in items if isinstance(one, dict) and one.get("source") == _INS}


@rule("DA-05", needs="scenario")
def values_keyed_at_once(view: View) -> Iterator[Finding]:
    """What an update told wrong and a later one set right was told to the partner all the same."""
    for one, difference, right in corrected(view):
        told = (
            field(difference) in LINKS
            or claimed(view, one, difference)
            or _known_before(view, one, difference)
        )
        if not told:
            yield view.broken(
                f"Cette mise à jour ne porte pas ce qui a été saisi ; une autre (événement {right}, au même endroit) le corrige : "
                "le partenaire a lu l'une, puis l'autre.",
                message=one,
                path=at(difference),
                expected=difference.expected,
                actual=said(difference),
                advice="N'envoyez un changement qu'une fois sa valeur définitive.",
                disputed=True,
            )


def _known_before(view: View, until: EditorMessage, difference: Difference) -> bool:
    """Whether the case had that value when the update left: it had not changed yet, and nothing wrong was told."""
    place = re.sub(r"\[\d+\]", "", difference.path.removeprefix(f"$.{until.message.key}."))
    told = [one.message for one in view.functional if one.number < until.number]
    told += [one.message for one in view.progress.published.values() if known_at(view, one) < until.number]
    values = values_in(difference.actual, place)
    return bool(values) and any(
        values <= values_of(one) for one in told if one.case_id == until.message.case_id
    )


@rule("DA-07", needs="scenario")
def no_unqualified_matricule(view: View) -> Iterator[Finding]:
    """An INS matricule that nobody typed: the identities of a scenario are qualified only where it gives one."""
    for one, typed, _ in matched(view):
        given = {number for _, patient in _patients(typed) for number in _numbers(patient)}
        for place, patient in _patients(one.message.content):
            if _numbers(patient) - given:
                yield view.broken(
                    "Un matricule INS part pour un patient dont l'identité n'est pas qualifiée.",
                    message=one,
                    path=f"{MESSAGE_PATH}.{one.message.key}.{place}.administrativeFile.externalId",
                    expected="aucun identifiant NIR",
                    actual="un identifiant NIR",
                )


@rule("DA-08", needs="scenario")
def nonstrict_name_kept(view: View) -> Iterator[Finding]:
    """A name that was typed as non-strict, and that went into the strict traits."""
    for one, _, differences in matched(view):
        lost = [
            item
            for item in differences
            if ".identity.nonStrictFeatures" in item.path and (item.missing or item.actual != item.expected)
        ]
        strict = {
            str(_part(_part(patient, "identity"), "strictFeatures").get("birthName") or "").casefold()
            for _, patient in _patients(one.message.content)
        } - {""}
        for item in lost:
            names = item.expected.values() if isinstance(item.expected, dict) else (item.expected,)
            if any(name in str(value).casefold() for value in names for name in strict):
                yield view.broken(
                    "Le nom du patient est parti dans les traits stricts.",
                    message=one,
                    path=MESSAGE_PATH + item.path.removeprefix("$"),
                    expected=item.expected,
                    actual="dans identity.strictFeatures.birthName",
                )
                break


@rule("DA-09", of_strays=True)
def health_data_for_health_alone(view: View) -> Iterator[Finding]:
    """What reached a partner that is no health actor, after whatever the hub converts, and that no scenario asks for.

    What the hub refused on its way there was sent all the same.
    """
    asked = {one.number: typed for one, typed, _ in matched(view)}
    for one in view.functional:
        partner = one.message.recipient_id if one.delivered is None else one.delivered.arrival.client
        if partner is None or is_health(partner):
            continue
        for name in _HEALTH_DATA:
            if (one.message.content or {}).get(name) and name not in asked.get(one.number, {}):
                yield view.broken(
                    f"{one.message.model} porte {name} à un partenaire qui n'est pas un acteur de santé.",
                    message=one,
                    path=f"{MESSAGE_PATH}.{one.message.key}.{name}",
                    expected="absent",
                    actual=f"{name} ({partner})",
                )


@rule("DA-10")
def case_without_health_data(view: View) -> Iterator[Finding]:
    for one in view.functional:
        if one.message.model != "RC-EDA":
            continue
        for name in _NOT_IN_CASE:
            if name in (one.message.content or {}):
                yield view.broken(
                    f"RC-EDA ne porte pas {name}.",
                    message=one,
                    path=f"{MESSAGE_PATH}.createCase.{name}",
                    expected="absent",
                    actual=name,
                )


@rule("DA-18", needs="scenario")
def list_items_kept(view: View) -> Iterator[Finding]:
    """In XML a list is its element, once or more: one that lost items was not written as such."""
    for one, _, differences in matched(view):
        target = view.header.target_of(view.record.vhost.name, view.editor)
        if target is None or target.format != "xml":
            continue
        for item in differences:
            if item.missing and item.path.endswith("]") and not claimed(view, one, item):
                yield view.broken(
                    "Un élément de cette liste n'est pas arrivé.",
                    message=one,
                    path=MESSAGE_PATH + item.path.removeprefix("$"),
                    expected=item.expected,
                    actual="absent",
                    advice="En XML, répétez l'élément autant de fois que la liste a de valeurs, une comprise.",
                )

"""Rules on the case, its identifiers and its data (requirements CI, DA-05, DA-17)."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from recette.judge.absences import unproven
from recette.judge.asked import Requests
from recette.judge.differences import (
    LINKS,
    asked_for,
    at,
    claimed,
    claims,
    differences,
    field,
    order_unknown_of,
    unlike,
)
from recette.judge.missed import misfiled
from recette.judge.order import Before, by_order, order_unknown
from recette.judge.registry import rule
from recette.judge.remedies import form_of, is_other_form, remedy
from recette.judge.rules.data import list_items_kept, nonstrict_name_kept
from recette.judge.rules.ids import another_s, names_stranger
from recette.judge.said import Said, Tellers, some_of
from recette.judge.verdicts import Finding
from recette.judge.view import EditorMessage, View
from recette.messages.reading import MESSAGE_PATH
from recette.scenario.comparison import Difference

_CASE = frozenset({"RS-EDA", "RS-EDA-MAJ", "RC-EDA"})


@rule("CI-02")
def case_in_own_namespace(view: View) -> Iterator[Finding]:
    if view.casting.scenario.case_by != view.casting.editor:
        return
    first = next((one for one in view.functional if one.message.case_id is not None), None)
    case = (first.message.case_id or "") if first is not None else ""
    if first is not None and case.startswith(f"{view.editor}.") and not all(case.split(".")):
        yield view.broken(
            "Le caseId a une partie vide.",
            message=first,
            path=f"{MESSAGE_PATH}.{first.message.key}.caseId",
            expected=f"{view.editor}.<numéro>",
            actual=case,
            disputed=True,
        )
    if first is not None and not case.startswith(f"{view.editor}."):
        yield view.broken(
            "Le dossier est créé par l'éditeur, mais le caseId n'est pas dans son espace de noms.",
            message=first,
            path=f"{MESSAGE_PATH}.{first.message.key}.caseId",
            expected=f"{view.editor}.<numéro>",
            actual=first.message.case_id,
            disputed=not another_s(view, case),
        )


@rule("CI-44")
def one_case_one_id(view: View) -> Iterator[Finding]:
    by_number = {one.number: one for one in view.messages}
    for number, other in view.progress.reused.items():
        if number in by_number:
            case = by_number[number].message.case_id
            yield view.broken(
                f"Ce caseId est déjà pris par un autre dossier, celui de {other} : le partenaire confond les deux.",
                message=by_number[number],
                path=f"{MESSAGE_PATH}.{by_number[number].message.key}.caseId",
                expected="un caseId nouveau",
                actual=case,
                advice="Donnez à chaque dossier créé un numéro qui n'a jamais servi.",
            )


def _wrong_case(view: View, *, own: bool) -> Iterator[Finding]:
    received = view.casting.scenario.case_by not in {None, view.casting.editor}
    for one in view.functional:
        case = one.message.case_id
        if case is None or view.progress.case_id is None or case == view.progress.case_id:
            continue
        if one.message.model == "EMSI":
            continue  # CI-29 names it
        if (received and case.startswith(f"{view.editor}.")) == own:
            text = "remplace le caseId partagé par le sien" if own else "ne porte pas le caseId du dossier"
            yield view.broken(
                f"{one.message.model} {text}.",
                message=one,
                path=f"{MESSAGE_PATH}.{one.message.key}.caseId",
                expected=view.progress.case_id,
                actual=case,
            )


@rule("CI-03")
def case_kept(view: View) -> Iterator[Finding]:
    yield from _wrong_case(view, own=False)
    for name, (number, event) in view.record.course.missed.items():
        found = misfiled(view, name) if event.waiting_for == "message" else None
        if found is None or unproven(view, number, event) is not None:
            continue
        arrival, play = found
        yield view.broken(
            f"{arrival.message.model} est arrivé sous le caseId d'un autre dossier, celui de {play} : le partenaire le range "
            "là.",
            step=name,
            event=arrival.number,
            path=f"{MESSAGE_PATH}.{arrival.message.key}.caseId",
            expected=view.progress.case_id or "le caseId du dossier",
            actual=arrival.message.case_id,
        )


@rule("CI-04")
def shared_case_kept(view: View) -> Iterator[Finding]:
    yield from _wrong_case(view, own=True)


@rule("CI-15")
def request_has_its_own_id(view: View) -> Iterator[Finding]:
    cancelling = {one.number for one, difference in differences(view) if _not_said_cancelled(one, difference)}
    asked: set[tuple[str, str | None]] = set()
    """Two partners may be asked for one and the same thing; each gets its message."""
    for one in view.functional:
        if one.message.model == "RS-DR" and (one.message.content or {}).get("status") != "ANNULEE":
            for identifier in one.message.request_ids if one.number not in cancelling else ():
                if (identifier, one.message.recipient_id) in asked:
                    yield view.broken(
                        "Cette demande reprend le requestId d'une demande antérieure.",
                        message=one,
                        path=f"{MESSAGE_PATH}.resourcesRequest.request.requestId",
                        expected="un requestId nouveau",
                        actual=identifier,
                    )
                asked.add((identifier, one.message.recipient_id))
    for one, difference in differences(view):
        if field(difference) == "requestId" and one.message.model == "RS-RR":
            yield unlike(
                view,
                "La réponse ne porte pas le requestId de la demande.",
                one,
                difference,
            )


@rule("CI-16")
def cancellation_names_its_request(view: View) -> Iterator[Finding]:
    for one, difference in differences(view):
        if field(difference) == "requestId" and one.message.model == "RS-DR":
            yield unlike(
                view,
                "L'annulation ne porte pas le requestId de la demande qu'elle annule.",
                one,
                difference,
            )
        elif _not_said_cancelled(one, difference):
            yield unlike(
                view,
                "L'annulation ne dit pas son statut : le partenaire y lit la même demande une seconde fois.",
                one,
                difference,
                advice="Dites status ANNULEE dans le RS-DR qui annule, sous le requestId de la demande.",
            )


@claims
def _not_said_cancelled_here(_view: View, message: EditorMessage, difference: Difference) -> bool:
    return _not_said_cancelled(message, difference)


def _not_said_cancelled(message: EditorMessage, difference: Difference) -> bool:
    """Whether a cancellation was keyed, and the request says nothing of it."""
    at_root = difference.path == f"$.{message.message.key}.status"
    return message.message.model == "RS-DR" and at_root and difference.expected == "ANNULEE"


@rule("CI-16", of_strays=True)
@by_order("la demande et son annulation")
def cancelled_once_asked(view: View, before: Before) -> Iterator[Finding]:
    """A cancellation that leaves before its request is followed by what it takes back; said again, it says nothing."""
    asked, cancelled = Requests(view, before, cancelled=False), Requests(view, before, cancelled=True)
    for one in cancelled.messages:
        keyed = one.number in asked_for(view)
        request = asked.first_other(one)
        if request is not None and not asked.another_before(one):
            yield view.broken(
                "L'annulation part avant la demande qu'elle annule : la demande, qui suit, semble tenir.",
                message=request if keyed else one,
                path=f"{MESSAGE_PATH}.{one.message.key}.status",
                expected="la demande, puis son annulation",
                actual=f"annulation à l'événement {one.number}, demande à l'événement {request.number}",
                advice="N'annulez qu'une demande qui est partie.",
            )
        elif cancelled.another_before(one, unkeyed=keyed):
            yield view.broken(
                "Cette demande est annulée une seconde fois.",
                message=one,
                path=f"{MESSAGE_PATH}.{one.message.key}.status",
                expected="une annulation",
                actual=", ".join(one.message.request_ids),
                disputed=True,
            )


@rule("CI-18", of_strays=True)
@by_order("le refus et l'engagement", either=True)
def no_engagement_after_refusal(view: View, before: Before) -> Iterator[Finding]:
    answers: dict[str, list[EditorMessage]] = {}
    for one in view.functional:
        for name in one.message.request_ids if one.message.model == "RS-RR" else ():
            answers.setdefault(name, []).append(one)
    told: dict[tuple[str, ...], tuple[Said, Said]] = {}
    """By the requests that an engagement names, what refuses any of them, and what does not."""
    for one in view.functional:
        if one.message.model != "RS-RI":
            continue
        names = tuple(sorted(set(one.message.request_ids)))
        if names not in told:
            about = {two.number: two for name in names for two in answers.get(name, ())}
            refuses = {number: _answer(two) == "REFUSEE" for number, two in about.items()}
            refused, others = (
                Said(before, (about[number] for number in sorted(about) if refuses[number] == wanted))
                for wanted in (True, False)
            )
            told[names] = refused, others
        refused, others = told[names]
        if refused.any_stands(others, one):
            yield view.broken(
                "Une ressource est engagée sur une demande que l'éditeur a refusée.",
                message=one,
                path=f"{MESSAGE_PATH}.resourcesInfo",
                expected="aucun engagement",
                actual=", ".join(one.message.request_ids),
            )


def _answer(one: EditorMessage) -> object:
    response = (one.message.content or {}).get("response", {})
    return response.get("answer") if isinstance(response, dict) else None


@rule("CI-19")
def engagement_names_its_request(view: View) -> Iterator[Finding]:
    for one, difference in differences(view):
        if field(difference) == "requestId" and one.message.model == "RS-RI":
            yield unlike(
                view,
                "L'engagement ne porte pas le requestId de la demande à laquelle il répond.",
                one,
                difference,
            )


@rule("CI-20")
@by_order("l'annonce de la ressource et son statut")
def status_of_announced_resource(view: View, before: Before) -> Iterator[Finding]:
    by_partner = {
        identifier
        for one in view.progress.published.values()
        if one.message.model == "RS-RI"
        for identifier in one.message.resource_ids
    }
    announced = Tellers(before)
    for one in view.functional:
        for identifier in one.message.resource_ids if one.message.model == "RS-RI" else ():
            announced.add(identifier, one)
    for one in view.functional:
        for identifier in one.message.resource_ids if one.message.model == "RS-SR" else ():
            if identifier not in by_partner and not announced.told_before(identifier, one):
                yield view.broken(
                    "Ce statut concerne une ressource qu'aucun RS-RI n'a annoncée.",
                    message=one,
                    path=f"{MESSAGE_PATH}.resourcesStatus.resourceId",
                    expected=some_of(announced.all_before(one, by_partner)) or "aucune",
                    actual=identifier,
                )


@rule("CI-20", of_strays=True)
def status_by_its_holder(view: View) -> Iterator[Finding]:
    """Both may list a vehicle; where it is, who holds it says (fact sheet 8.3)."""
    held = {
        identifier: one.number
        for one in view.progress.published.values()
        if one.message.model == "RS-RI"
        for identifier in one.message.resource_ids
        if identifier.startswith(f"{one.message.sender_id}.")
    }
    asked = asked_for(view)
    for one in view.functional:
        for identifier in one.message.resource_ids if one.message.model == "RS-SR" else ():
            if held.get(identifier, one.number) < one.number and one.number not in asked:
                yield view.broken(
                    "Ce statut est celui d'une ressource que tient le partenaire, et que lui seul suit.",
                    message=one,
                    path=f"{MESSAGE_PATH}.{one.message.key}.resourceId",
                    expected="le statut d'une ressource de l'éditeur",
                    actual=identifier,
                    advice="Ne dites que les statuts de vos ressources ; pour qu'un véhicule ne vienne plus, annulez la demande.",
                    disputed=True,
                )


@rule("DA-05", needs="scenario")
def values_as_keyed(view: View) -> Iterator[Finding]:
    named = {(one.event, one.path) for held in (nonstrict_name_kept, list_items_kept) for one in held(view)}
    for one, difference in differences(view):
        if field(difference) in LINKS or _lost_accents(difference) or (one.number, at(difference)) in named:
            continue
        if claimed(view, one, difference) or _of_a_stranger(view, one, difference):
            continue
        if is_other_form(difference):
            yield _in_other_form(view, one, difference)
            continue
        yield unlike(
            view,
            "La valeur envoyée n'est pas celle qui a été saisie.",
            one,
            difference,
            advice=remedy(difference),
        )
    for first, second in order_unknown_of(view):
        what = f"ce qui est attendu à l'étape {first} et à l'étape {second}"
        event = view.progress.matches[second].arrival.number
        yield order_unknown(view, what, step=first, event=event)


def _of_a_stranger(view: View, message: EditorMessage, difference: Difference) -> bool:
    """Whether CI-20 or DA-11 says that nobody announced what this id names."""
    if field(difference) == "resourceId":
        return any(
            (one.event, one.actual) == (message.number, difference.actual) and one.verdict != "inconc"
            for one in status_of_announced_resource(view)
        )
    return names_stranger(view, message, difference)


@claims
def _own_number(_view: View, message: EditorMessage, difference: Difference) -> bool:
    """The sender's number of the case is its own to make, and never keyed (CI-43 says what is wrong with one)."""
    return message.message.model in _CASE and difference.path == f"$.{message.message.key}.senderCaseId"


def _in_other_form(view: View, message: EditorMessage, difference: Difference) -> Finding:
    return view.broken(
        "Le texte envoyé est celui qui a été saisi, mais sous une autre forme Unicode : le même à l'œil, un autre pour un "
        "programme qui compare, cherche ou compte.",
        message=message,
        path=at(difference),
        expected=f"{difference.expected} ({form_of(difference.expected)})",
        actual=f"{difference.actual} ({form_of(difference.actual)})",
        advice="Envoyez les textes tels qu'ils sont saisis, ou composés (NFC).",
    )


@rule("DA-17", needs="scenario")
def accents_kept(view: View) -> Iterator[Finding]:
    for one, difference in differences(view):
        if _lost_accents(difference):
            yield unlike(
                view,
                "Les accents de ce texte ont été perdus ou abîmés.",
                one,
                difference,
                advice="Encodez le corps du message en UTF-8, de bout en bout.",
            )


def _lost_accents(difference: Difference) -> bool:
    expected, actual = difference.expected, difference.actual
    if not isinstance(expected, str) or not isinstance(actual, str) or expected.isascii():
        return False
    damaged = {
        "".join(c for c in unicodedata.normalize("NFD", expected) if not unicodedata.combining(c)),
        expected.encode("ascii", "replace").decode(),
        expected.encode("ascii", "ignore").decode(),
        expected.encode().decode("latin-1"),
        expected.encode("latin-1", "replace").decode("utf-8", "replace"),
    }
    return actual in damaged

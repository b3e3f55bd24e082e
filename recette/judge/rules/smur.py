"""Rules on a SMUR's intervention: engagement, documents, reports, records, closing (requirements CI-22 to CI-26)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import combinations

from recette.judge.differences import at, claims, differences, said, unlike
from recette.judge.missed import unanswered
from recette.judge.order import Before, by_order, order_unknown, sent_before
from recette.judge.registry import rule
from recette.judge.rules.ids import SharedPatients, same_organisation
from recette.judge.said import some_of
from recette.judge.states import tables
from recette.judge.verdicts import Finding
from recette.judge.view import EditorMessage, View
from recette.messages.dictionary.spellings import spelling
from recette.messages.reading import MESSAGE_PATH
from recette.scenario.comparison import Difference

RPIS = frozenset({"RPIS", "RS-RPIS"})
_PATIENT = re.compile(r"\$\.(?:documentLink\.patientId|interventionReport\.patient\.patientId)")
_REPORT = re.compile(r"\$\.interventionReport\.reportId")
_RECORD = re.compile(r"\$\.rpis\.(?:event\.fileId|context\.senderCaseId|patient\.patientId)")
_STATUS = re.compile(r"\$\.createCaseHealthUpdate\.qualification(?:\.details(?:\.status)?)?")


@rule("CI-22")
def engagement_answered(view: View) -> Iterator[Finding]:
    for name, number in unanswered_engagements(view):
        yield view.broken(
            "La demande d'engagement est restée sans RS-RI : le SAMU ne sait pas quelle ressource est partie.",
            step=name,
            event=number,
            expected="un RS-RI avec la ressource engagée",
            actual="rien",
        )


def unanswered_engagements(view: View) -> Iterator[tuple[str, int]]:
    """Steps that should have brought the RS-RI of a request for engagement, and the event that says so."""
    answers = [one for one in view.functional if one.message.model == "RS-RI"]
    for asked in view.progress.published.values():
        if asked.message.model != "RS-ER" or asked.errors:
            continue
        if any(one.number > asked.number for one in answers):
            continue
        yield from unanswered(view, "RS-RI")


@rule("CI-23")
def patient_of_document(view: View) -> Iterator[Finding]:
    for one, difference in differences(view):
        if _PATIENT.fullmatch(difference.path):
            yield unlike(
                view,
                f"{one.message.model} ne porte pas le patientId du patient concerné.",
                one,
                difference,
                disputed=difference.missing and one.message.model == "RS-URL",  # the schema has it optional
            )
    yield from _of_strangers(view)
    yield from _crossed(view)
    yield from _one_link_for_two(view)


_OF_A_PATIENT = frozenset({"RS-URL", "RS-BPV", *RPIS})


def _crossed(view: View) -> Iterator[Finding]:
    """What was asked for two patients, one after the other, came each under the other's name.

    Matching takes the later one for the first step, since it does to the letter; but it had left only once the second
    one was asked for, and what the first one asked for had come before.
    """
    by_number = {one.number: one for one in view.messages}
    windows, asked = view.record.course.windows, view.record.course.driven_by
    for first, second in combinations(view.progress.opened, 2):
        mine, its = view.progress.matches.get(first), view.progress.matches.get(second)
        if mine is None or its is None or not {first, second} <= asked.keys():
            continue
        late, early = by_number.get(mine.arrival.number), by_number.get(its.arrival.number)
        if late is None or early is None or not _of_two_patients(late, early):
            continue
        left = view.passed_on.get(late.message.distribution_id, late.number)
        if not windows[first][0] < early.number < windows[second][0] < left:
            continue
        earlier = sent_before(view, early, late)
        if earlier is None:
            yield order_unknown(view, "les documents de deux patients", step=first, event=early.number)
        elif earlier:
            yield view.broken(
                f"{early.message.model}, demandé pour un patient, part au nom d'un autre ; le sien part ensuite au nom du "
                "premier.",
                message=early,
                step=first,
                path=f"{MESSAGE_PATH}.{early.message.key}",
                expected=", ".join(late.message.patient_ids),
                actual=", ".join(early.message.patient_ids),
                advice="Rattachez chaque document au patient pour lequel il est fait.",
            )


def _of_two_patients(one: EditorMessage, other: EditorMessage) -> bool:
    """Whether two messages are documents of one kind, for patients that are not the same."""
    alike = one.message.model in _OF_A_PATIENT and one.message.model == other.message.model
    return alike and set(one.message.patient_ids) != set(other.message.patient_ids)


def _one_link_for_two(view: View) -> Iterator[Finding]:
    """A link that opens one patient's documents for another; a page for the whole case would have one too."""
    patients: dict[str, tuple[str, ...]] = {}
    strange = {finding.event for finding in _of_strangers(view)}
    for one in view.functional:
        if one.message.model != "RS-URL" or not one.message.patient_ids or one.number in strange:
            continue
        for place, document in enumerate(tables(one.message.content, "document")):
            link = document.get("url")
            if not isinstance(link, str):
                continue
            known = patients.setdefault(link, one.message.patient_ids)
            if not set(known) & set(one.message.patient_ids):
                yield view.broken(
                    "Ce lien est aussi celui des documents d'un autre patient du dossier.",
                    message=one,
                    path=f"{MESSAGE_PATH}.{one.message.key}.document[{place}].url",
                    expected=f"un autre lien que celui de {', '.join(known)}",
                    actual=link,
                    disputed=True,
                )
                break


@by_order("le dossier qui nomme ce patient et le message qui en parle")
def _of_strangers(view: View, before: Before) -> Iterator[Finding]:
    told = {one.number for one, difference in differences(view) if _PATIENT.fullmatch(difference.path)}
    shared = SharedPatients(view, before)
    for one in view.functional:
        if one.message.model not in {"RS-URL", "RS-BPV"} or one.number in told or not shared.begun(one):
            continue
        for identifier in one.message.patient_ids:
            if not shared.known(identifier, one):
                yield view.broken(
                    f"{one.message.model} concerne un patient qui n'est pas du dossier partagé.",
                    message=one,
                    path=f"{MESSAGE_PATH}.{one.message.key}",
                    expected=some_of(shared.all(one)),
                    actual=identifier,
                )


@rule("CI-24")
def report_keeps_its_id(view: View) -> Iterator[Finding]:
    for one, difference in differences(view):
        if _REPORT.fullmatch(difference.path):
            yield unlike(
                view,
                "Ce bilan ne garde pas le reportId du bilan qu'il complète.",
                one,
                difference,
            )
    of_patient: dict[str, str] = {}
    for one in view.functional:
        report = (one.message.content or {}).get("reportId")
        if one.message.model != "RS-BPV" or not isinstance(report, str):
            continue
        for patient in one.message.patient_ids:
            if of_patient.setdefault(report, patient) != patient:
                yield view.broken(
                    "Ce bilan prend le reportId du bilan d'un autre patient.",
                    message=one,
                    path=f"{MESSAGE_PATH}.interventionReport.reportId",
                    expected=f"un reportId autre que celui du bilan de {of_patient[report]}",
                    actual=report,
                )


@rule("CI-25")
def record_of_its_case(view: View) -> Iterator[Finding]:
    for one, difference in differences(view):
        if _RECORD.fullmatch(difference.path):
            yield unlike(
                view,
                f"{difference.path.rpartition('.')[2]} de la fiche n'est pas celui du dossier ou du patient.",
                one,
                difference,
            )
    yield from _of_another_organisation(view)
    records = [one for one in view.functional if one.message.model in RPIS]
    elsewhere = records_elsewhere(view)
    arrived = {
        identifier for one in records if one.number not in elsewhere for identifier in one.message.patient_ids
    }
    for one in records:
        if one.number not in elsewhere:
            continue
        path = "$.descriptor.explicitAddress.explicitAddressValue"
        expected, actual = "le concentrateur (ORU)", one.message.recipient_id or "absent"
        if arrived.issuperset(one.message.patient_ids):
            yield view.broken(
                "La fiche va aussi au LRM. Deux lectures : au seul concentrateur (ORU), ou au concentrateur et au LRM ; "
                "le document GT2 donne l'une et l'autre.",
                message=one,
                path=path,
                expected=expected,
                actual=actual,
                advice="Convenez avec vos partenaires de la lecture que vous suivez.",
                disputed=True,
            )
        else:
            yield view.broken(
                "La fiche n'est pas allée au concentrateur (ORU).",
                message=one,
                path=path,
                expected=expected,
                actual=actual,
            )


def records_elsewhere(view: View) -> frozenset[int]:
    """The editor's RPIS records, by event, that went to a partner who is no ORU."""
    roles = {client: view.casting.scenario.actors[actor] for actor, client in view.casting.clients.items()}
    return frozenset(
        one.number
        for one in view.functional
        if one.message.model in RPIS and roles.get(_reached(one), "ORU") != "ORU"
    )


def _reached(one: EditorMessage) -> str:
    return one.delivered.arrival.client if one.delivered is not None else one.message.recipient_id or ""


def _of_another_organisation(view: View) -> Iterator[Finding]:
    case = view.progress.case_id
    for one in view.functional if case is not None else ():
        if one.message.model not in RPIS:
            continue
        block, name = (spelling(part, one.message.model or "", view.edition) for part in ("context", "orgId"))
        stated = (one.message.content or {}).get(block)
        owner = stated.get(name) if isinstance(stated, dict) else None
        expected = (case or "").rpartition(".")[0]
        if isinstance(owner, str) and not same_organisation(owner, expected):
            yield view.broken(
                f"{name} de la fiche n'est pas l'organisation qui a formé le dossier. Que les deux soient la même est "
                "déduit de la forme du caseId.",
                message=one,
                path=f"{MESSAGE_PATH}.rpis.{block}.{name}",
                expected=expected,
                actual=owner,
                disputed=True,
            )


@rule("CI-26")
def closed_by_update(view: View) -> Iterator[Finding]:
    for one, difference in differences(view):
        if _closing(difference):
            yield view.broken(
                "Le dossier devait être clos par une mise à jour au statut CLOTURE.",
                message=one,
                path=at(difference),
                expected="CLOTURE",
                actual=said(difference),
            )


def _closing(difference: Difference) -> bool:
    """Whether a closing was expected there."""
    wanted = difference.expected
    while isinstance(wanted, dict):
        wanted = wanted.get("details", wanted.get("status"))
    return _STATUS.fullmatch(difference.path) is not None and wanted == "CLOTURE"


@claims
def _spoken_of(_view: View, _message: EditorMessage, difference: Difference) -> bool:
    links = (_PATIENT, _REPORT, _RECORD)
    return any(one.fullmatch(difference.path) for one in links) or _closing(difference)

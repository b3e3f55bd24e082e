"""Faults of identifiers and of what is told of a case: whose it is, and of when (requirements CI-40 to CI-43, DA-21 to DA-25)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from recette.messages.building import new_distribution_id
from recette.sandbox.case_file import Names
from recette.sandbox.editor import Outgoing, ReferenceEditor
from recette.sandbox.faults.seeding import ASKED, SHARER, SeededFault, Sending, fault, on, rename

_REPLACED = "15-15-ressource-engagee-annulee.g3@sollicite"
_NEXT = "15-15-ressource-differee.g2@origine"
_FIRST = "15-15-ressource-acceptee.g2@origine"
_HANDED_OVER = "15-15-limitrophe-accepte.g2@voisin"
_GOING_ON = "15-15-limitrophe-dsf-1.0-accepte.g3@origine"


def _name_patients(out: Outgoing, identifier: str) -> None:
    name = Names(out.edition).patient
    for block in ("patient", "medicalNote"):
        for item in out.content.get(block, []):
            item[name] = identifier


def _first_patient_again(editor: ReferenceEditor, out: Outgoing) -> list[Outgoing]:
    case = editor.memory.cases.get(out.content.get("caseId", "")) if out.model == "RS-EDA-MAJ" else None
    if case is not None and out.content.get("patient"):
        _name_patients(out, case.patients[0])
    return [out]


def _first_vehicle_again(editor: ReferenceEditor, out: Outgoing) -> list[Outgoing]:
    if out.model == "RS-RI":
        (case,) = editor.memory.cases.values()
        out.content[Names(out.edition).resources][0]["resourceId"] = case.resources[0]
    return [out]


def _doubled_vehicle(out: Outgoing) -> None:
    resources = out.content[Names(out.edition).resources]
    resources.append({**resources[0], "name": "Un second véhicule (fictif)"})


def _foreign_patient(out: Outgoing) -> None:
    _name_patients(out, "fr.health.samu990.patient.1")


def _same_request(editor: ReferenceEditor, out: Outgoing) -> list[Outgoing]:
    if out.model == "RS-DR":
        out.content["request"]["requestId"] = f"{editor.client}.request.1"
    return [out]


def _same_number(out: Outgoing) -> None:
    out.content["senderCaseId"] = "DRFR1599100000001"


def _partner_s_number(out: Outgoing) -> None:
    out.content["senderCaseId"] = out.content["caseId"].rpartition(".")[2]


def _shifted(out: Outgoing, **by_much: float) -> str:
    return (datetime.fromisoformat(out.document["dateTimeSent"]) + timedelta(**by_much)).isoformat()


def _dated(out: Outgoing, **by_much: float) -> None:
    out.content.get("state", out.content)["datetime"] = _shifted(out, **by_much)


def _arrived_early(out: Outgoing) -> None:
    state = out.content.get("state", out.content)
    if state["status"].startswith("ARRIVE"):
        state["datetime"] = _shifted(out, hours=-2)


def _created(**by_much: float) -> Any:  # noqa: ANN401 - a change
    def change(out: Outgoing) -> None:
        out.content["creation"] = _shifted(out, **by_much)

    return change


def _stray_note(out: Outgoing) -> None:
    name = Names(out.edition).note
    note = {**out.content["medicalNote"][0], name: "fr.health.samu991.medicalNote.interne1"}
    out.content["medicalNote"].append({**note, "freetext": "Note interne d'un autre dossier (fictive)"})


def _old_priority(out: Outgoing) -> None:
    if "freetext" in out.content:
        out.content.setdefault("qualification", {}).setdefault("details", {})["priority"] = "P1"


def _same_patient_twice(out: Outgoing) -> None:
    name = Names(out.edition).patient
    first = out.content["patient"][0]
    out.content["patient"].append({**first, name: first[name] + "bis"})


def _same_note_twice(out: Outgoing) -> None:
    out.content["medicalNote"].append(dict(out.content["medicalNote"][0]))


def _patient_of_the_case_before(editor: ReferenceEditor, out: Outgoing) -> list[Outgoing]:
    before = [patient for case in editor.memory.cases.values() for patient in case.patients]
    if out.model == "RS-EDA" and before and before[0] not in str(out.content["patient"]):
        out.content["patient"].append({Names(out.edition).patient: before[0]})
    return [out]


def _one_case_id(out: Outgoing) -> None:
    out.content["caseId"] = f"{out.routing_key}.DRFR15SAMU240010001"
    out.content.pop("senderCaseId", None)


def _other_number_each_time(out: Outgoing) -> None:
    out.content["senderCaseId"] = new_distribution_id("N").partition("_")[2][:20]


def _of_the_partner(out: Outgoing) -> None:
    request = out.content["request"]
    to = out.document["descriptor"]["explicitAddress"]["explicitAddressValue"]
    request["requestId"] = f"{to}.request.{request['requestId'].rpartition('.')[2]}"


def _answered_early(out: Outgoing) -> None:
    out.content["response"]["datetime"] = _shifted(out, minutes=-10)


def _asked_before_yesterday(out: Outgoing) -> None:
    out.content["request"]["datetime"] = _shifted(out, days=-2)


def _of_1970(out: Outgoing) -> None:
    out.content["creation"] = "1970-01-01T00:00:00+01:00"


def _decided_by_nobody(out: Outgoing) -> None:
    decision = {
        "creation": out.document["dateTimeSent"],
        "operator": {"role": "MEDECIN"},
        "decisionType": "INTER",
    }
    out.content.setdefault("decision", []).append(decision)


def _shared_again() -> Sending:
    """The case once more, after its update, with what it held at first."""
    first: dict[str, Outgoing] = {}

    def send(editor: ReferenceEditor, out: Outgoing) -> list[Outgoing]:
        if out.model == "RS-EDA":
            first[out.content["caseId"]] = out.twin()
        again = first.get(out.content.get("caseId", "")) if out.model == "RS-EDA-MAJ" else None
        if again is None:
            return [out]
        rename(again, new_distribution_id(editor.client))
        return [out, again]

    return send


def _other_priority(out: Outgoing) -> None:
    if "owner" in out.content:
        out.content.setdefault("qualification", {}).setdefault("details", {})["priority"] = "P3"


FAULTS: tuple[SeededFault, ...] = (
    fault(
        "second-patient-du-premier",
        "CI-40",
        SHARER,
        "ajoute un patient sous l'identifiant du premier",
        sends=_first_patient_again,
    ),
    fault(
        "remplacant-du-premier",
        "CI-40",
        _REPLACED,
        "engage le véhicule de remplacement sous l'identifiant du premier",
        sends=_first_vehicle_again,
    ),
    fault(
        "deux-vehicules-pour-un",
        "CI-40",
        "15-15-ressource-acceptee.g2@sollicite",
        "engage deux véhicules sous un identifiant",
        sends=on("RS-RI")(_doubled_vehicle),
    ),
    fault(
        "demande-d-un-autre-dossier",
        "CI-41",
        _NEXT,
        "donne à la demande de chaque dossier le même requestId",
        after=_FIRST,
        sends=_same_request,
    ),
    fault(
        "patient-d-ailleurs",
        "CI-42",
        "15-15-partage-plusieurs-partenaires.g1@origine",
        "forme l'identifiant du patient au nom d'une autre organisation",
        sends=on("RS-EDA")(_foreign_patient),
    ),
    fault(
        "numero-du-partenaire",
        "CI-43",
        _HANDED_OVER,
        "donne pour sien le numéro que le dossier a chez le partenaire",
        sends=on("RS-EDA-MAJ")(_partner_s_number),
    ),
    fault(
        "numero-d-un-autre-dossier",
        "CI-43",
        _NEXT,
        "donne à chaque dossier le même numéro",
        after=_FIRST,
        sends=on("RS-EDA")(_same_number),
    ),
    fault(
        "statut-dans-trois-heures",
        "DA-21",
        ASKED,
        "date ses statuts de trois heures trop tard",
        sends=on("RS-SR")(lambda out: _dated(out, hours=3)),
    ),
    fault(
        "creation-a-venir",
        "DA-21",
        "15-15-partage-simple.g3@origine",
        "date la création du dossier du lendemain",
        sends=on("RS-EDA")(_created(days=1)),
    ),
    fault(
        "creation-de-l-autre-semaine",
        "DA-22",
        "15-15-partage-simple.g2@origine",
        "date la création du dossier de la semaine passée",
        sends=on("RS-EDA")(_created(days=-9)),
    ),
    fault(
        "arrivee-avant-le-depart",
        "DA-23",
        "15-15-ressource-acceptee.g3@sollicite",
        "date l'arrivée d'avant le départ",
        sends=on("RS-SR")(_arrived_early),
    ),
    fault(
        "note-d-un-autre-dossier",
        "DA-24",
        SHARER,
        "joint au dossier une note que personne n'y a saisie",
        sends=on("RS-EDA")(_stray_note),
    ),
    fault(
        "priorite-d-avant",
        "DA-25",
        _GOING_ON,
        "répète dans une mise à jour une priorité que le dossier n'a plus",
        sends=on("RS-EDA-MAJ")(_old_priority),
    ),
    fault(
        "meme-patient-deux-fois",
        "CI-45",
        "15-15-partage-simple.g3@origine",
        "envoie le patient une seconde fois, sous un autre identifiant",
        sends=on("RS-EDA")(_same_patient_twice),
    ),
    fault(
        "redit-sa-note",
        "CI-40",
        "15-15-partage-simple.g2@origine",
        "envoie une note deux fois dans un message",
        sends=on("RS-EDA")(_same_note_twice),
    ),
    fault(
        "patient-du-dossier-d-avant",
        "DA-24",
        _NEXT,
        "joint au dossier un patient du dossier d'avant",
        after=_FIRST,
        sends=_patient_of_the_case_before,
    ),
    fault(
        "un-dossier-pour-tous",
        "CI-44",
        "15-15-partage-simple.g2@origine",
        "donne le même caseId à tous ses dossiers",
        after="15-15-partage-plusieurs-partenaires.g2@origine",
        sends=on("RS-EDA", "RS-EDA-MAJ")(_one_case_id),
    ),
    fault(
        "change-de-numero",
        "CI-43",
        SHARER,
        "donne au dossier un autre numéro à chaque message",
        sends=on("RS-EDA", "RS-EDA-MAJ")(_other_number_each_time),
    ),
    fault(
        "demande-au-nom-du-partenaire",
        "CI-42",
        "15-15-ressource-acceptee.g3@origine",
        "forme le requestId au nom du partenaire",
        sends=on("RS-DR")(_of_the_partner),
    ),
    fault(
        "repond-avant-la-demande",
        "DA-22",
        ASKED,
        "date sa réponse d'avant la demande",
        sends=on("RS-RR")(_answered_early),
    ),
    fault(
        "demande-d-avant-hier",
        "DA-22",
        "15-15-ressource-acceptee.g2@origine",
        "date sa demande de l'avant-veille",
        sends=on("RS-DR")(_asked_before_yesterday),
    ),
    fault(
        "dossier-de-1970",
        "DA-22",
        "15-15-partage-simple.g3@origine",
        "date la création du dossier de 1970",
        sends=on("RS-EDA")(_of_1970),
    ),
    fault(
        "decision-de-personne",
        "DA-24",
        "15-15-partage-simple.g3@origine",
        "joint au dossier une décision que personne n'a prise",
        sends=on("RS-EDA")(_decided_by_nobody),
    ),
    fault(
        "partage-a-nouveau-l-ancien",
        "DA-25",
        SHARER,
        "partage à nouveau le dossier tel qu'il était avant sa mise à jour",
        sends=_shared_again(),
    ),
    fault(
        "autre-priorite-au-transfert",
        "DA-25",
        "15-15-limitrophe-accepte.g3@origine",
        "change la priorité en transférant le dossier",
        sends=on("RS-EDA-MAJ")(_other_priority),
    ),
)

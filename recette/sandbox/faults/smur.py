"""Faults of a SMUR's intervention (requirements CI-22 to CI-26, DA-11, DA-12)."""

from __future__ import annotations

from datetime import datetime, timedelta

from recette.sandbox.case_file import Names
from recette.sandbox.editor import Outgoing, ReferenceEditor
from recette.sandbox.faults.seeding import SeededFault, drop, fault, on, put

_ENGAGEMENT = "15-smur-engagement-du-smur.g2"
_DOCUMENTS = "15-smur-documents-de-deux-patients.g2@tablette"
_REPORTS = "15-smur-bilans-de-deux-patients.g3@tablette"
_RECORDS = "15-rpis-deux-patients.g2@tablette"
_CLOSING = "15-smur-mise-a-jour-et-cloture.g1@regulation"
_ACTIVITY = ("RPIS", "RS-RPIS")
_STRANGER = "fr.health.samu990.patient.etranger"


def _same_report(editor: ReferenceEditor, out: Outgoing) -> list[Outgoing]:
    """One number for whatever report it sends."""
    if out.model == "RS-BPV":
        out.content["reportId"] = f"{editor.client}.report.unique"
    return [out]


def _new_report(editor: ReferenceEditor, out: Outgoing) -> list[Outgoing]:
    """A new number for each report, final ones too."""
    if out.model == "RS-BPV":
        out.content["reportId"] = editor.identifiers.make("report")
    return [out]


def _same_patient(editor: ReferenceEditor, out: Outgoing) -> list[Outgoing]:
    """Each record is about the first patient of its case."""
    if out.model in _ACTIVITY:
        named = out.content["patient"].get("patientId")
        for case in editor.memory.cases.values():
            if named in case.patients:
                out.content["patient"]["patientId"] = case.patients[0]
    return [out]


def _to_the_lrm(editor: ReferenceEditor, out: Outgoing) -> list[Outgoing]:
    """The record goes to whoever shared the case, and not to the concentrator."""
    if out.model in _ACTIVITY:
        names = Names(out.edition)
        owner = out.content[names.record_context][names.record_owner]
        return [editor.outgoing(out.model, out.content, owner)]
    return [out]


def _of_another_case(out: Outgoing) -> None:
    names = Names(out.edition)
    out.content[names.record_context][names.record_case] = "DRFR00000"


def _crossed(editor: ReferenceEditor, out: Outgoing) -> list[Outgoing]:
    """Of two patients, each under the other's name."""
    if out.model == "RS-URL":
        case = editor.memory.cases[out.content["caseId"]]
        first, second = case.patients[:2]
        out.content["patientId"] = second if out.content["patientId"] == first else first
    return [out]


def _arrives_before_leaving(out: Outgoing) -> None:
    status = out.content["intervention"]["smurStatus"]
    status["arrivedSmur"] = (datetime.fromisoformat(status["departSmur"]) - timedelta(hours=1)).isoformat()


def _archive(out: Outgoing) -> None:
    details = out.content.get("qualification", {}).get("details", {})
    if details.get("status") == "CLOTURE":
        details["status"] = "ARCHIVE"


def _decide_for_stranger(out: Outgoing) -> None:
    for decision in out.content.get("decision", []):
        decision[Names(out.edition).patient] = _STRANGER


def _elsewhere_named(out: Outgoing) -> None:
    for resource in out.content[Names(out.edition).resources]:
        resource["resourceId"] = "fr.health.samu990.resource.vlm1"


FAULTS: tuple[SeededFault, ...] = (
    fault(
        "engagement-sans-reponse",
        "CI-22",
        f"{_ENGAGEMENT}@tablette",
        "ne répond pas à une demande d'engagement",
        absent=(1,),  # it has no RS-ER
        sends=drop("RS-RI"),
    ),
    fault(
        "document-d-un-autre-patient",
        "CI-23",
        _DOCUMENTS,
        "joint un document à un patient inconnu",
        sends=put("content.patientId", _STRANGER, "RS-URL"),
    ),
    fault(
        "documents-croises",
        "CI-23",
        _DOCUMENTS,
        "joint à chacun de deux patients les documents de l'autre",
        sends=_crossed,
    ),
    fault(
        "un-lien-pour-deux-patients",
        "CI-23",
        _DOCUMENTS,
        "donne le même lien pour les documents de deux patients",
        sends=on("RS-URL")(lambda out: out.content["document"][0].update(url="https://documents.invalid/1")),
    ),
    fault(
        "bilan-d-un-autre-patient",
        "CI-23",
        _REPORTS,
        "fait le bilan d'un patient inconnu",
        sends=put("content.patient.patientId", _STRANGER, "RS-BPV"),
    ),
    fault(
        "bilan-final-sous-un-autre-numero",
        "CI-24",
        _REPORTS,
        "donne un nouveau reportId au bilan final",
        sends=_new_report,
    ),
    fault(
        "un-numero-pour-deux-bilans",
        "CI-24",
        _REPORTS,
        "donne le même reportId aux bilans de deux patients",
        sends=_same_report,
    ),
    fault(
        "fiche-arrivee-avant-le-depart",
        "DA-23",
        "15-rpis-un-patient.g3@tablette",
        "date l'arrivée, dans la fiche, d'avant le départ",
        sends=on(*_ACTIVITY)(_arrives_before_leaving),
    ),
    fault(
        "fiche-d-un-autre-dossier",
        "CI-25",
        "15-rpis-un-patient.g1@tablette",
        "se trompe de numéro de dossier",
        sends=on(*_ACTIVITY)(_of_another_case),
    ),
    fault(
        "fiches-du-meme-patient",
        "CI-25",
        _RECORDS,
        "envoie deux fiches du même patient",
        sends=_same_patient,
    ),
    fault(
        "fiche-au-lrm-seul",
        "CI-25",
        _RECORDS,
        "envoie la fiche au LRM, et pas au concentrateur",
        also={"SC-01": "le concentrateur l'attend et ne reçoit rien"},
        sends=_to_the_lrm,
    ),
    fault(
        "cloture-par-archivage",
        "CI-26",
        _CLOSING,
        "clôt le dossier au statut ARCHIVE",
        sends=on("RS-EDA-MAJ")(_archive),
    ),
    fault(
        "decision-sur-un-etranger",
        "DA-11",
        "15-smur-mise-a-jour-et-cloture.g2@regulation",
        "décide pour un patient que le dossier ne connaît pas",
        sends=on("RS-EDA-MAJ")(_decide_for_stranger),
    ),
    fault(
        "ressource-d-un-autre-espace",
        "DA-12",
        f"{_ENGAGEMENT}@tablette",
        "identifie la ressource hors de l'espace de noms de son détenteur",
        sends=on("RS-RI")(_elsewhere_named),
    ),
)

"""Faults of the data (requirements DA)."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime, timedelta

from recette.messages.dictionary.code_lists import codes
from recette.messages.dictionary.generations import editions
from recette.sandbox.case_file import Names
from recette.sandbox.editor import Outgoing, ReferenceEditor
from recette.sandbox.faults.seeding import FIRE, SEVERAL, SHARER, SeededFault, fault, on, put


def _without_accents(out: Outgoing) -> None:
    location = out.content["location"]
    text = unicodedata.normalize("NFD", location["name"])
    location["name"] = "".join(c for c in text if not unicodedata.combining(c))


def _other_sex(out: Outgoing) -> None:
    features = out.content["patient"][0]["identity"]["strictFeatures"]
    known = codes("sex", out.edition)
    features["sex"] = next(one for edition in editions() for one in codes("sex", edition) if one not in known)


def _moves_the_start_alone(out: Outgoing) -> None:
    if out.content["method"] == "UpdateAppointment":
        start = datetime.fromisoformat(out.content["start"])
        out.content["end"] = (start - timedelta(hours=2)).isoformat()


def _in_zulu(out: Outgoing) -> None:
    sent = datetime.fromisoformat(out.document["dateTimeSent"])
    out.content["creation"] = f"{sent.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _number_unqualified(out: Outgoing) -> None:
    number = {"source": "NIR", "value": "150029999999999"}
    for patient in out.content["patient"]:
        patient["administrativeFile"] = {"externalId": [number]}


def _strict_name(out: Outgoing) -> None:
    for patient in out.content["patient"]:
        identity = patient["identity"]
        identity["strictFeatures"]["birthName"] = identity.pop("nonStrictFeatures")["lastName"]


def _last_only(out: Outgoing) -> None:
    for name in ("patient", "medicalNote"):
        out.content[name] = out.content[name][-1:]


def _owner(out: Outgoing) -> None:
    out.content["owner"] = out.routing_key


def _health_file(editor: ReferenceEditor, out: Outgoing) -> list[Outgoing]:
    """The case goes to the fire side as to another SAMU, with its patient."""
    if out.model != "RC-EDA":
        return [out]
    content = {
        "caseId": out.content["caseId"],
        "creation": out.content["creation"],
        "owner": editor.client,
        "qualification": {},
        "location": {"freetext": "Exercice fictif"},
        "patient": [{Names(out.edition).patient: editor.identifiers.make("patient")}],
    }
    to = out.document["descriptor"]["explicitAddress"]["explicitAddressValue"]
    return [out, editor.outgoing("RS-EDA", content, to)]


def _short_patients(out: Outgoing) -> None:
    """A number where an identifier belongs, in whatever speaks of the patient."""
    content, name = out.content, Names(out.edition).patient
    for item in (*content["patient"], *content.get("medicalNote", []), *content.get("decision", [])):
        if name in item:
            item[name] = "P01"


FAULTS: tuple[SeededFault, ...] = (
    fault(
        "rendez-vous-deplace-a-moitie",
        "DA-26",
        "sas-rendez-vous.g3@plateforme",
        "déplace le début d'un rendez-vous, et pas sa fin",
        sends=on("RS-SAS-RDV")(_moves_the_start_alone),
    ),
    fault(
        "contenu-invalide",
        "DA-01",
        SHARER,
        "ajoute un champ au contenu",
        sends=put("content.inconnu", "x", "RS-EDA"),
    ),
    fault(
        "identifiant-malforme",
        "DA-02",
        SHARER,
        "forme mal un identifiant de patient, partout",
        sends=on("RS-EDA")(_short_patients),
    ),
    fault(
        "code-hors-liste",
        "DA-03",
        SHARER,
        "envoie un code hors liste",
        sends=put("content.perimeter", "AMUU", "RS-EDA"),
    ),
    fault(
        "date-en-z",
        "DA-04",
        SHARER,
        "écrit une date en Z",
        of_json=True,
        sends=on("RS-EDA")(_in_zulu),
    ),
    fault(
        "valeur-changee",
        "DA-05",
        SHARER,
        "change une valeur saisie",
        sends=put("content.location.freetext", "ailleurs", "RS-EDA"),
    ),
    fault(
        "matricule-non-qualifie",
        "DA-07",
        SHARER,
        "envoie le matricule INS d'une identité non qualifiée",
        sends=on("RS-EDA")(_number_unqualified),
    ),
    fault(
        "nom-en-trait-strict",
        "DA-08",
        SHARER,
        "range le nom du patient dans les traits stricts",
        sends=on("RS-EDA")(_strict_name),
    ),
    fault(
        "sante-hors-perimetre",
        "DA-09",
        FIRE,
        "envoie le dossier de santé aux pompiers",
        sends=_health_file,
    ),
    fault("affaire-avec-owner", "DA-10", FIRE, "met un owner dans RC-EDA", sends=on("RC-EDA")(_owner)),
    fault(
        "liste-d-un-seul",
        "DA-18",
        SEVERAL,
        "n'écrit en XML que le dernier élément d'une liste",
        also={"DA-11": "une note parle du patient qui n'est pas parti"},
        sends=on("RS-EDA")(_last_only),
        form="xml",
    ),
    fault(
        "telephone-malforme",
        "DA-13",
        SHARER,
        "forme mal un téléphone",
        sends=put("content.location.access", {"phoneNumber": "0199"}, "RS-EDA"),
    ),
    fault(
        "sexe-d-une-autre-generation",
        "DA-14",
        SHARER,
        "emploie F au lieu de FEM, ou l'inverse",
        sends=on("RS-EDA")(_other_sex),
    ),
    fault(
        "trop-de-donnees-libres",
        "DA-15",
        SHARER,
        "envoie quatre customMap",
        sends=put(
            "content.additionalInformation",
            {"customMap": [{"key": str(n), "value": "x"} for n in range(4)]},
            "RS-EDA",
        ),
    ),
    fault("accents-perdus", "DA-17", SHARER, "perd les accents", sends=on("RS-EDA")(_without_accents)),
    fault(
        "mise-a-jour-interdite",
        "DA-19",
        SHARER,
        "change l'adresse par RS-EDA-MAJ",
        sends=put("content.interventionType", "PRIMAIRE", "RS-EDA-MAJ"),
    ),
    fault(
        "code-sans-libelle",
        "DA-20",
        SHARER,
        "envoie un code sans libellé",
        sends=put("content.qualification.whatsHappen", {"code": "C02.07.01"}, "RS-EDA"),
    ),
)

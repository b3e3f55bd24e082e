"""Faults of the data (requirements DA)."""

from __future__ import annotations

import unicodedata

from recette.sandbox.editor import Outgoing
from recette.sandbox.faults.seeding import SHARER, SeededFault, fault, on, put


def _without_accents(out: Outgoing) -> None:
    location = out.content["location"]
    text = unicodedata.normalize("NFD", location["name"])
    location["name"] = "".join(c for c in text if not unicodedata.combining(c))


def _other_sex(out: Outgoing) -> None:
    features = out.content["patient"][0]["identity"]["strictFeatures"]
    features["sex"] = "F" if out.generation == 1 else "FEM"


FAULTS: tuple[SeededFault, ...] = (
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
        "forme mal un identifiant de patient",
        sends=put("content.patient.0.{patient}", "P01", "RS-EDA"),
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
        sends=put("content.creation", "2026-01-01T10:00:00Z", "RS-EDA"),
    ),
    fault(
        "valeur-changee",
        "DA-05",
        SHARER,
        "change une valeur saisie",
        sends=put("content.location.freetext", "ailleurs", "RS-EDA"),
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

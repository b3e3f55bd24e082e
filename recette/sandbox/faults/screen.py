"""Faults of the screen: what it has no place for, or writes over (what only a person sees)."""

from __future__ import annotations

from recette.sandbox.editor import Outgoing, ReferenceEditor
from recette.sandbox.faults.seeding import SeededFault, fault

_SHARED, _SILENT = "ecran-partage.g1@origine", "ecran-sans-acquittement.g1@origine"
_RECEIVED, _REPORTED = "ecran-dossier-recu.g1@destinataire", "ecran-rapport-d-erreur.g1@origine"
_UNREFERENCED, _MOVED = "ecran-rapport-sans-reference.g1@destinataire", "ecran-transfert.g1@origine"
_UNAVAILABLE = "ecran-disponibilite-inconnue.g1@destinataire"
_ASKED = "ecran-demande-de-concours.g1@samu"


def _delivered_anyway(editor: ReferenceEditor, out: Outgoing) -> list[Outgoing]:
    """What leaves counts as delivered."""
    editor.display.acknowledged.add(str(out.document["distributionID"]))
    return [out]


FAULTS: tuple[SeededFault, ...] = (
    fault(
        "sans-journal", "TR-18", _SHARED, "ne journalise pas ses échanges", hides=("journal-des-echanges",)
    ),
    fault(
        "sans-resultat",
        "TR-19",
        _RECEIVED,
        "ne journalise pas ce que donne un message reçu",
        hides=("journal-des-traitements",),
    ),
    fault("sans-extrait", "TR-20", _RECEIVED, "ne produit pas ses traces", hides=("extrait-des-traces",)),
    fault("acquitte-sans-integrer", "AC-05", _RECEIVED, "acquitte ce qu'il perd", hides=("integre",)),
    fault(
        "acquittement-orphelin", "AC-11", _SHARED, "ne rattache pas les acquittements", hides=("acquitte",)
    ),
    fault(
        "remis-sans-acquittement",
        "AC-12",
        _SILENT,
        "montre comme remis ce qui n'est pas acquitté",
        sends=_delivered_anyway,
    ),
    fault("remise-tue", "AC-13", _SHARED, "ne montre pas la remise", hides=("remis",)),
    fault("rapport-tu", "ER-01", _REPORTED, "ne montre pas les rapports d'erreur", hides=("rapport",)),
    fault(
        "rapport-orphelin",
        "ER-02",
        _REPORTED,
        "ne rattache pas les rapports à leur message",
        hides=("rapport-rattache",),
    ),
    fault(
        "rapport-sans-reference-perdu",
        "ER-03",
        _UNREFERENCED,
        "perd un rapport sans référence",
        hides=("rapport-sans-reference",),
    ),
    fault(
        "message-d-origine-perdu",
        "ER-04",
        _REPORTED,
        "perd le message d'origine d'un rapport",
        hides=("rapport-avec-message",),
    ),
    fault("partage-hors-ecran", "CI-01", _SHARED, "ne partage pas depuis l'écran", hides=("partage",)),
    fault("dossier-invisible", "CI-06", _RECEIVED, "ne crée pas le dossier reçu", hides=("dossier-cree",)),
    fault("changement-invisible", "CI-08", _RECEIVED, "ne montre pas les changements", hides=("changement",)),
    fault(
        "ecrase",
        "CI-09",
        _RECEIVED,
        "écrase la priorité sans rien dire",
        also={"CI-08": "ce qui est écrasé sans rien dire n'est pas non plus signalé comme changé"},
        overwrites=True,
    ),
    fault(
        "ecrase-en-le-montrant", "CI-09", _RECEIVED, "écrase la priorité et le montre", hides=("conserve",)
    ),
    fault("saisie-bloquee", "CI-13", _MOVED, "bloque la saisie en attendant", hides=("saisie-libre",)),
    fault("reponse-tue", "CI-14", _MOVED, "ne montre pas l'acceptation", hides=("reponse-au-transfert",)),
    fault("concours-tu", "CI-30", _ASKED, "n'avertit pas d'une demande de concours", hides=("averti",)),
    fault("sans-trace", "CI-31", _SHARED, "ne garde pas trace de l'envoi", hides=("trace",)),
    fault("valeur-mal-affichee", "DA-06", _RECEIVED, "affiche une autre adresse", hides=("affiche",)),
    fault(
        "disponibilite-inventee",
        "DA-16",
        _UNAVAILABLE,
        "montre comme disponible ce qui n'est pas dit",
        hides=("disponibilite-inconnue",),
    ),
    fault("accents-mal-affiches", "DA-17", _RECEIVED, "affiche mal les accents", hides=("accents",)),
)

"""Faults of geolocation (requirements CI-32, DA-27)."""

from __future__ import annotations

from datetime import datetime, timedelta
from weakref import WeakKeyDictionary

from recette.sandbox.editor import Outgoing, ReferenceEditor
from recette.sandbox.faults.seeding import SeededFault, Sending, fault, on

_ASKED = "15-gps-details-demandes.g2@fournisseur"
_UNKNOWN = "15-gps-identifiant-inconnu.g1@fournisseur"


def _answers(change: Sending) -> Sending:
    """A change to what answers a request; what was told before any request came is left as it is."""

    def send(editor: ReferenceEditor, out: Outgoing) -> list[Outgoing]:
        return change(editor, out) if out.model == "GEO-RES" and editor.memory.seen else [out]

    return send


def _first_only(_: ReferenceEditor, out: Outgoing) -> list[Outgoing]:
    del out.content["resource"][1:]
    return [out]


def _invents(_: ReferenceEditor, out: Outgoing) -> list[Outgoing]:
    first = out.content["resource"][0]
    name = "id" if "id" in first else "resourceId"
    out.content["resource"].append({**first, name: "fr.health.fictif.resource.inconnue"})
    return [out]


def _ahead(out: Outgoing) -> None:
    sent = datetime.fromisoformat(out.document["dateTimeSent"])
    for position in out.content["position"]:
        position["datetime"] = (sent + timedelta(hours=1)).isoformat()


_FIRST: WeakKeyDictionary[ReferenceEditor, str] = WeakKeyDictionary()
"""The date of each editor's first position."""


def _frozen(editor: ReferenceEditor, out: Outgoing) -> list[Outgoing]:
    """All positions have the date of the first one, which is two minutes old when the vehicle has moved."""
    if out.model == "GEO-POS":
        if editor not in _FIRST:
            sent = datetime.fromisoformat(out.document["dateTimeSent"]) - timedelta(minutes=2)
            out.document["dateTimeSent"] = out.message["sentAt"] = _FIRST[editor] = sent.isoformat()
        for position in out.content["position"]:
            position["datetime"] = _FIRST[editor]
    return [out]


def _one_of_them(_: ReferenceEditor, out: Outgoing) -> list[Outgoing]:
    """The first of a list in a message of its own, and no other."""
    if out.model == "GEO-POS":
        del out.content["position"][1:]
    return [out]


FAULTS: tuple[SeededFault, ...] = (
    fault(
        "position-a-venir",
        "DA-21",
        "15-gps-positions-successives.g3@fournisseur",
        "date ses positions d'une heure trop tard",
        sends=on("GEO-POS")(_ahead),
    ),
    fault(
        "position-a-l-heure-figee",
        "DA-27",
        "15-gps-positions-successives.g2@fournisseur",
        "date toutes ses positions de la première",
        sends=_frozen,
    ),
    fault(
        "une-position-sur-deux",
        "DA-05",
        "15-gps-positions-de-deux-ressources.g2@fournisseur",
        "ne donne que la première de deux positions",
        of_json=True,
        sends=_one_of_them,
    ),
    fault(
        "details-incomplets",
        "CI-32",
        _ASKED,
        "ne répond que pour la première ressource demandée",
        sends=_answers(_first_only),
    ),
    fault(
        "details-jamais-donnes",
        "CI-32",
        _ASKED,
        "laisse une demande de détails sans réponse",
        sends=_answers(lambda _editor, _out: []),
    ),
    fault(
        "details-inventes",
        "CI-32",
        _UNKNOWN,
        "détaille une ressource qu'il ne connaît pas",
        sends=_answers(_invents),
    ),
)

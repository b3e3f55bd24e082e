"""Faults of the answers to a request and of the states of a resource (requirements CI-17, CI-21)."""

from __future__ import annotations

from recette.messages.building import new_distribution_id
from recette.sandbox.editor import Outgoing, ReferenceEditor
from recette.sandbox.faults.seeding import SeededFault, fault, on, rename

_REFUSED = "15-15-ressource-refusee.g3@sollicite"
_PARTIAL = "15-15-ressource-partielle.g2@sollicite"
_FOLLOWED = "15-15-partage-ressources-engagees.g2@origine"


def _without(name: str, out: Outgoing) -> None:
    out.content["response"].pop(name, None)


def _state_twice(editor: ReferenceEditor, out: Outgoing) -> list[Outgoing]:
    if out.model != "RS-SR":
        return [out]
    again = out.twin()
    rename(again, new_distribution_id(editor.client))
    return [out, again]


def _frozen_date(out: Outgoing) -> None:
    out.content.get("state", out.content)["datetime"] = "2026-01-01T10:00:00+01:00"


FAULTS: tuple[SeededFault, ...] = (
    fault(
        "refus-sans-raison",
        "CI-17",
        _REFUSED,
        "refuse sans dire la raison saisie",
        also={"DA-05": "la raison saisie est aussi une valeur perdue"},
        sends=on("RS-RR")(lambda out: _without("freetext", out)),
    ),
    fault(
        "refus-sans-un-mot",
        "CI-17",
        "15-15-ressource-refusee-raison-libre.g1@sollicite",
        "refuse sans dire pourquoi, là où rien n'était dicté",
        sends=on("RS-RR")(lambda out: _without("freetext", out)),
    ),
    fault(
        "partielle-sans-delai",
        "CI-17",
        _PARTIAL,
        "accepte en partie sans dire le délai saisi",
        also={"DA-05": "le délai saisi est aussi une valeur perdue"},
        sends=on("RS-RR")(lambda out: _without("deadline", out)),
    ),
    fault("statut-repete", "CI-21", _FOLLOWED, "envoie chaque statut deux fois", sends=_state_twice),
    fault(
        "date-de-statut-figee",
        "CI-21",
        _FOLLOWED,
        "donne à tous les statuts la même date",
        also={"DA-23": "la date figée est d'avant celle de l'engagement"},
        sends=on("RS-SR")(_frozen_date),
    ),
)

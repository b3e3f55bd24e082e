"""Faults of transport (requirements TR)."""

from __future__ import annotations

from recette.sandbox.editor import Outgoing, ReferenceEditor
from recette.sandbox.faults.seeding import ASKED, SHARER, SeededFault, fault, on, wire


def _second_generation(out: Outgoing) -> None:
    content = out.content
    content["state"] = {"datetime": content.pop("datetime"), "status": content.pop("status")}


def _two_recipients(editor: ReferenceEditor, out: Outgoing) -> list[Outgoing]:
    if out.model == "RC-REF":
        return [out]
    again = out.twin()
    again.document["descriptor"]["explicitAddress"]["explicitAddressValue"] = editor.client
    return [out, again]


FAULTS: tuple[SeededFault, ...] = (
    fault(
        "autre-generation",
        "TR-08",
        ASKED,
        "parle la génération 2",
        sends=on("RS-SR")(_second_generation),
    ),
    fault("non-persistant", "TR-10", ASKED, "publie sans persistance", sends=on()(wire(delivery_mode=1))),
    fault(
        "type-de-contenu",
        "TR-11",
        ASKED,
        "ajoute un jeu de caractères au type",
        sends=on()(wire(content_type="application/json; charset=utf-8")),
    ),
    fault("deux-destinataires", "TR-17", SHARER, "envoie un message à deux clients", sends=_two_recipients),
)

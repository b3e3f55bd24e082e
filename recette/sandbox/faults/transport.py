"""Faults of transport (requirements TR)."""

from __future__ import annotations

from recette.messages.dictionary.spellings import has_field
from recette.sandbox.editor import Outgoing, ReferenceEditor
from recette.sandbox.faults.seeding import ASKED, SHARER, SeededFault, fault, on, wire


def _other_generation(out: Outgoing) -> None:
    """Generation 1 has the state flat, the others have it nested."""
    content = out.content
    if not has_field("state", "RS-SR", out.edition):
        content["state"] = {"datetime": content.pop("datetime"), "status": content.pop("status")}
    else:
        content |= content.pop("state")


def _two_recipients(editor: ReferenceEditor, out: Outgoing) -> list[Outgoing]:
    """The second one is the editor itself, who says nothing of it."""
    if out.model == "RC-REF":
        to = out.document["descriptor"]["explicitAddress"]["explicitAddressValue"]
        return [] if to == editor.client else [out]
    again = out.twin()
    again.document["descriptor"]["explicitAddress"]["explicitAddressValue"] = editor.client
    return [out, again]


FAULTS: tuple[SeededFault, ...] = (
    fault(
        "autre-generation",
        "TR-08",
        ASKED,
        "parle une autre génération",
        sends=on("RS-SR")(_other_generation),
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

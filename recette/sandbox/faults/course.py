"""Faults in the course of a scenario: what is not sent, sent too often, or not shown (SC, ER)."""

from __future__ import annotations

from recette.messages.building import new_distribution_id
from recette.messages.reading import Message
from recette.sandbox.editor import Order, Outgoing, ReferenceEditor
from recette.sandbox.faults.seeding import (
    ASKED,
    CANCELLED,
    UNKNOWN,
    SeededFault,
    drop,
    engagement,
    fault,
    on,
    rename,
    wire,
)


async def _forget_reason(editor: ReferenceEditor, message: Message) -> None:
    if message.model == "RS-ERROR":
        editor.memory.undelivered = dict.fromkeys(editor.memory.undelivered, 0)


async def _engage_cancelled(editor: ReferenceEditor, message: Message) -> None:
    if message.model == "RS-DR" and (message.content or {}).get("status") == "ANNULEE":
        await _engage(editor, message.sender_id or "", message.case_id or "", message.request_ids[0])


async def _engage(editor: ReferenceEditor, to: str, case: str, request: str) -> None:
    data = engagement(editor.edition, request, state=[{"status": "DECISION"}])
    await editor.perform(Order("RS-RI", to, case, data))


def _said_twice(editor: ReferenceEditor, out: Outgoing) -> list[Outgoing]:
    if out.model != "RS-RR":
        return [out]
    again = out.twin()
    rename(again, new_distribution_id(editor.client))
    return [out, again]


FAULTS: tuple[SeededFault, ...] = (
    fault("muet", "SC-01", ASKED, "ne répond jamais à une demande", sends=drop("RS-RR")),
    fault("repond-deux-fois", "SC-02", ASKED, "envoie sa réponse deux fois", sends=_said_twice),
    fault(
        "engage-apres-annulation",
        "SC-03",
        f"{CANCELLED}@sollicite",
        "engage malgré l'annulation",
        receives=_engage_cancelled,
    ),
    fault(
        "n-envoie-pas",
        "SC-04",
        f"{UNKNOWN}@origine",
        "n'envoie pas le message demandé",
        also={
            "ER-06": "sans envoi, pas de non-remise à montrer",
            "SC-05": "sans envoi, pas de motif à montrer",
        },
        sends=drop("RS-EDA"),
    ),
    fault(
        "motif-tu",
        "SC-05",
        f"{UNKNOWN}@origine",
        "montre la non-remise sans son motif",
        receives=_forget_reason,
    ),
    fault(
        "envoie-autrement",
        "SC-04",
        f"{UNKNOWN}@origine",
        "est refusé pour une autre raison que celle qui était demandée",
        sends=on("RS-EDA")(wire(delivery_mode=1)),
    ),
    fault(
        "ecran-muet",
        "ER-06",
        f"{UNKNOWN}@origine",
        "ne montre rien de ce que le hub rapporte",
        also={"SC-05": "ce qui n'est pas montré ne peut pas l'être avec son motif"},
        blind=True,
    ),
    fault(
        "non-remise-tue",
        "ER-06",
        f"{UNKNOWN}@origine",
        "dit le motif du rapport, mais pas que le dossier n'est pas remis",
        hides=("non-remis",),
    ),
)

"""Faults of acknowledgment (requirements AC)."""

from __future__ import annotations

from recette.messages.building import new_distribution_id
from recette.messages.reading import Message
from recette.sandbox.editor import Outgoing, ReferenceEditor
from recette.sandbox.faults.seeding import ASKED, SHARER, SeededFault, drop, fault, on, put, rename


def _ack_kind(out: Outgoing) -> None:
    out.document["distributionKind"] = out.message["kind"] = "Report"


def _twice(_: ReferenceEditor, out: Outgoing) -> list[Outgoing]:
    if out.model != "RC-REF":
        return [out]
    again = out.twin()
    rename(again, new_distribution_id(again.routing_key))
    return [out, again]


def _ack_own_id(out: Outgoing) -> None:
    rename(out, out.content["distributionID"])


def _ack_elsewhere(out: Outgoing) -> None:
    out.document["descriptor"]["explicitAddress"]["explicitAddressValue"] = out.routing_key


async def _ack_the_ack(editor: ReferenceEditor, message: Message) -> None:
    if message.model == "RC-REF":
        await editor.acknowledge(message)


async def _error_after_ack(editor: ReferenceEditor, message: Message) -> None:
    if message.model == "RS-EDA":
        content = {
            "errorCode": {"statusCode": 300, "statusString": "INVALID_MESSAGE"},
            "errorCause": "intégration impossible",
            "referencedDistributionID": message.distribution_id,
        }
        await editor.send(editor.outgoing("RS-ERROR", content, message.sender_id or "", "Error"))


FAULTS: tuple[SeededFault, ...] = (
    fault("sans-acquittement", "AC-01", ASKED, "n'acquitte jamais", sends=drop("RC-REF")),
    fault(
        "acquitte-un-autre-client",
        "AC-02",
        ASKED,
        "adresse ses acquittements à lui-même",
        sends=on("RC-REF")(_ack_elsewhere),
    ),
    fault("acquitte-en-report", "AC-03", ASKED, "acquitte avec kind Report", sends=on("RC-REF")(_ack_kind)),
    fault(
        "acquitte-mauvaise-reference",
        "AC-04",
        ASKED,
        "acquitte un message qui n'existe pas",
        sends=put("content.distributionID", "fr.health.samu992_autre", "RC-REF"),
    ),
    fault(
        "acquitte-puis-erreur",
        "AC-05",
        ASKED,
        "acquitte, puis signale une erreur",
        receives=_error_after_ack,
    ),
    fault(
        "acquitte-les-acquittements",
        "AC-06",
        SHARER,
        "acquitte les acquittements",
        receives=_ack_the_ack,
    ),
    fault("acquitte-deux-fois", "AC-07", ASKED, "acquitte deux fois", sends=_twice),
    fault(
        "acquitte-sous-le-meme-identifiant",
        "AC-08",
        ASKED,
        "reprend l'identifiant du message pour l'acquitter",
        sends=on("RC-REF")(_ack_own_id),
    ),
    fault(
        "refuse-sans-erreur",
        "AC-09",
        ASKED,
        "refuse sans RS-ERROR",
        sends=put("content.refused", True, "RC-REF"),
    ),
    fault(
        "acquitte-avec-step",
        "AC-10",
        ASKED,
        "emploie step avant la génération 3",
        absent=(3,),
        sends=put("content.step", "RECU", "RC-REF"),
    ),
)

"""Faults of error reports (requirements ER)."""

from __future__ import annotations

from typing import Any

from recette.messages.reading import Message
from recette.sandbox.editor import Outgoing, ReferenceEditor
from recette.sandbox.faults.seeding import ASKED, SeededFault, fault

_UNREFERENCED, _REPORTED = "ecran-rapport-sans-reference", "ecran-rapport-d-erreur"


def _deaf_after_a_report(editor: ReferenceEditor, out: Outgoing) -> list[Outgoing]:
    """It stops at the first report that it did not foresee."""
    return [] if out.model == "RC-REF" and editor.display.reports else [out]


async def _report(editor: ReferenceEditor, message: Message, text: str, about: str | None) -> None:
    if message.model != "RS-EDA":
        return
    content: dict[str, Any] = {
        "errorCode": {"statusCode": 300, "statusString": text},
        "errorCause": "exercice fictif",
        "referencedDistributionID": about,
    }
    await editor.send(editor.outgoing("RS-ERROR", content, message.sender_id or "", "Error"))


async def _other_text(editor: ReferenceEditor, message: Message) -> None:
    await _report(editor, message, "MESSAGE_INVALIDE", message.distribution_id)


async def _other_message(editor: ReferenceEditor, message: Message) -> None:
    await _report(editor, message, "INVALID_MESSAGE", f"{message.sender_id}_autre")


FAULTS: tuple[SeededFault, ...] = (
    fault(
        "sourd-apres-un-message-d-origine",
        "ER-04",
        f"{_REPORTED}.g1@origine",
        "n'acquitte plus rien après un rapport avec message d'origine",
        also={"AC-01": "ce qui n'est plus acquitté manque aussi à l'échéance"},
        sends=_deaf_after_a_report,
    ),
    fault(
        "sourd-apres-un-code-recent",
        "ER-05",
        f"{_UNREFERENCED}.g3@destinataire",
        "n'acquitte plus rien après un rapport qu'il ne comprend pas",
        absent=(1, 2),  # they have no recent code
        also={
            "ER-03": "le rapport est aussi sans référence : le silence ne dit pas ce qui l'a causé",
            "AC-01": "ce qui n'est plus acquitté manque aussi à l'échéance",
        },
        sends=_deaf_after_a_report,
    ),
    fault(
        "code-recent-tu",
        "ER-05",
        "ecran-code-d-erreur-recent.g3@destinataire",
        "ne montre pas un rapport dont il ne connaît pas le code",
        hides=("rapport",),
    ),
    fault("libelle-invente", "ER-07", ASKED, "invente le libellé de son erreur", receives=_other_text),
    fault(
        "erreur-sans-objet",
        "ER-08",
        ASKED,
        "signale une erreur sur un message qui n'existe pas",
        receives=_other_message,
    ),
)

"""Faults that only a hard or unusual message brings out (scenarios of robustesse/)."""

from __future__ import annotations

import json
from typing import Any

from recette.messages.reading import Message
from recette.sandbox.editor import Outgoing, ReferenceEditor
from recette.sandbox.faults.seeding import Change, SeededFault, fault, on

_REPEATED = "robustesse-meme-message-deux-fois.g1@destinataire"
_EARLY = "robustesse-mise-a-jour-avant-le-dossier.g2@destinataire"
_ORPHAN = "robustesse-ressources-d-un-dossier-inconnu.g3@destinataire"
_AGAIN = "robustesse-second-partage-du-meme-dossier.g2@destinataire"
_REFUSED = "robustesse-acquittement-refuse.g3@origine"
_LATE = "robustesse-acquittement-tardif.g1@origine"
_MINIMAL, _MAXIMAL = "robustesse-message-minimal.g2@origine", "robustesse-message-maximal.g3@origine"
_LISTS = "robustesse-listes-d-un-et-de-plusieurs.g2@origine"
_TEXTS = "robustesse-textes-accentues-et-longs.g1@origine"


async def _ack_again(editor: ReferenceEditor, message: Message) -> None:
    """It forgets what it has seen, and takes a repeated message for a new one."""
    editor.memory.seen.discard(message.distribution_id or "")


async def _ack_the_refusal(editor: ReferenceEditor, message: Message) -> None:
    if message.model == "RC-REF":
        await editor.acknowledge(message)


def _impatient(_: ReferenceEditor, out: Outgoing) -> list[Outgoing]:
    """It sends once more, under the same id, without waiting for the acknowledgment."""
    return [out, out.twin()] if out.model == "RS-EDA" else [out]


def _refuse_unknown(_: ReferenceEditor, out: Outgoing) -> list[Outgoing]:
    """It refuses what it cannot place, and does not say why."""
    if out.model == "RC-REF":
        out.content["refused"] = True
    return [out]


def _nulls(out: Outgoing) -> None:
    out.content["freetext"] = None


def _lone_item(out: Outgoing) -> None:
    """A list of one becomes its item, as converters from XML do."""
    for name, value in list(out.content.items()):
        if isinstance(value, list) and len(value) == 1:
            out.content[name] = value[0]


def _first_item(out: Outgoing) -> None:
    for value in out.content.values():
        if isinstance(value, list):
            del value[1:]


def _texts(change: Any) -> Change:  # noqa: ANN401 - str -> str
    def walk(node: Any) -> Any:  # noqa: ANN401 - a JSON tree
        if isinstance(node, dict):
            return {name: walk(child) for name, child in node.items()}
        if isinstance(node, list):
            return [walk(child) for child in node]
        return change(node) if isinstance(node, str) else node

    def apply(out: Outgoing) -> None:
        for name, value in list(out.content.items()):
            out.content[name] = walk(value)

    return apply


def _bytes(change: Any) -> Change:  # noqa: ANN401 - bytes -> bytes
    """The body itself is wrong."""

    def apply(out: Outgoing) -> None:
        out.body = change(json.dumps(out.document, ensure_ascii=False).encode())

    return apply


FAULTS: tuple[SeededFault, ...] = (
    fault(
        "oublie-ce-qu-il-a-vu",
        "AC-07",
        _REPEATED,
        "acquitte à nouveau un message répété",
        receives=_ack_again,
    ),
    fault(
        "refuse-ce-qui-devance",
        "AC-09",
        _EARLY,
        "refuse sans RS-ERROR ce qui devance son dossier",
        sends=_refuse_unknown,
    ),
    fault(
        "refuse-l-inconnu",
        "AC-09",
        _ORPHAN,
        "refuse sans RS-ERROR ce qui est d'un dossier inconnu",
        sends=_refuse_unknown,
    ),
    fault(
        "acquitte-le-refus", "AC-06", _REFUSED, "acquitte un acquittement refusé", receives=_ack_the_refusal
    ),
    fault(
        "impatient",
        "EN-04",
        _LATE,
        "renvoie le même message sans attendre l'acquittement",
        also={"SC-03": "ce scénario demande la patience"},
        sends=_impatient,
    ),
    fault(
        "vide-en-null",
        "DA-01",
        _MINIMAL,
        "écrit null ce qui n'est pas saisi",
        of_json=True,
        sends=on("RS-EDA")(_nulls),
    ),
    fault(
        "element-sans-liste",
        "DA-01",
        _LISTS,
        "écrit un élément à la place d'une liste",
        of_json=True,
        sends=on("RS-RI")(_lone_item),
    ),
    fault(
        "liste-coupee-en-xml",
        "DA-18",
        _LISTS,
        "n'écrit en XML que le premier élément d'une liste",
        sends=on("RS-RI")(_first_item),
        form="xml",
    ),
    fault(
        "liste-coupee",
        "DA-05",
        _LISTS,
        "n'envoie que le premier élément d'une liste",
        of_json=True,
        sends=on("RS-RI")(_first_item),
    ),
    fault(
        "dossier-coupe",
        "DA-05",
        _MAXIMAL,
        "n'envoie que le premier élément de chaque liste",
        of_json=True,
        sends=on("RS-EDA")(_first_item),
    ),
    fault(
        "texte-coupe",
        "DA-05",
        _TEXTS,
        "coupe les textes à 255 caractères",
        sends=on("RS-EDA")(_texts(lambda text: text[:255])),
    ),
    fault(
        "double-encodage",
        "DA-17",
        _TEXTS,
        "encode deux fois ses textes",
        sends=on("RS-EDA")(_texts(lambda text: text.encode().decode("latin-1"))),
    ),
    fault(
        "corps-avec-bom",
        "DA-01",
        _MINIMAL,
        "fait précéder le corps d'une marque d'ordre des octets",
        sends=on("RS-EDA")(_bytes(lambda body: b"\xef\xbb\xbf" + body)),
    ),
    fault(
        "corps-coupe",
        "DA-01",
        _MINIMAL,
        "coupe la fin du corps",
        sends=on("RS-EDA")(_bytes(lambda body: body[:-20])),
    ),
    fault(
        "corps-en-latin-1",
        "DA-17",
        _TEXTS,
        "encode le corps en Latin-1",
        of_json=True,
        also={
            "DA-01": "un corps qui n'est pas en UTF-8 n'est pas du JSON, ce que le hub cache en le réécrivant"
        },
        sends=on("RS-EDA")(_bytes(lambda body: body.decode().encode("latin-1", "replace"))),
    ),
)

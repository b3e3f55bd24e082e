"""Faults of a case that several share, and of its transfer (requirements CI-05 to CI-12)."""

from __future__ import annotations

from recette.messages.reading import Message
from recette.sandbox.completion import completed
from recette.sandbox.editor import Outgoing, ReferenceEditor
from recette.sandbox.faults.seeding import SeededFault, fault, on, put

_SEVERAL = "15-15-partage-plusieurs-partenaires.g3@origine"
_HANDED_OVER = "15-15-limitrophe-accepte.g2"
_ASKED_BY_MESSAGE = "15-15-limitrophe-dsf-1.0-accepte.g3@origine"
_LEAST = {
    "perimeter": "AMU",
    "qualification": {"origin": "15", "details": {"priority": "P1", "careLevel": "R1"}},
    "location": {"name": "Gîte du Pont-Frontière (lieu fictif)"},
}
"""What an RS-EDA cannot do without."""


async def _second_case(editor: ReferenceEditor, message: Message) -> None:
    if message.model == "RS-EDA" and message.case_id is not None:
        editor.memory.cases[message.case_id].number = editor.identifiers.number()


def _first_partner_only(editor: ReferenceEditor, out: Outgoing) -> list[Outgoing]:
    if out.model != "RS-EDA-MAJ":
        return [out]
    to = out.document["descriptor"]["explicitAddress"]["explicitAddressValue"]
    return [out] if editor.memory.cases[out.content["caseId"]].partners[0] == to else []


def _tells_of_another_case(editor: ReferenceEditor, out: Outgoing) -> list[Outgoing]:
    """With a share goes the update of a case that the partner has no part in."""
    if out.model != "RS-EDA":
        return [out]
    to = out.document["descriptor"]["explicitAddress"]["explicitAddressValue"]
    content = {"caseId": editor.identifiers.case(), "qualification": {"details": {"priority": "P2"}}}
    return [out, editor.outgoing("RS-EDA-MAJ", content, to)]


def _hands_over_at_once(out: Outgoing) -> None:
    out.content["owner"] = out.document["descriptor"]["explicitAddress"]["explicitAddressValue"]


def _hands_over_by_a_share(editor: ReferenceEditor, out: Outgoing) -> list[Outgoing]:
    """The transfer goes by a whole RS-EDA, as DSF 1.0 has it."""
    if out.model != "RS-EDA-MAJ" or "owner" not in out.content:
        return [out]
    case = editor.memory.cases[out.content["caseId"]]
    whole = completed(case, "RS-EDA", {**_LEAST, "owner": out.content["owner"]})
    to = out.document["descriptor"]["explicitAddress"]["explicitAddressValue"]
    return [editor.outgoing("RS-EDA", whole, to)]


FAULTS: tuple[SeededFault, ...] = (
    fault(
        "dossier-en-double",
        "CI-05",
        _ASKED_BY_MESSAGE,
        "crée un second dossier pour un caseId connu",
        receives=_second_case,
    ),
    fault(
        "un-seul-partenaire-prevenu",
        "CI-07",
        _SEVERAL,
        "ne met à jour que le premier partenaire",
        sends=_first_partner_only,
    ),
    fault(
        "met-a-jour-un-dossier-non-partage",
        "SC-06",
        "15-15-ressource-refusee.g2@origine",
        "envoie à un partenaire la mise à jour d'un dossier qui ne lui a pas été partagé",
        sends=_tells_of_another_case,
    ),
    fault(
        "transfert-des-le-partage",
        "CI-10",
        f"{_HANDED_OVER}@origine",
        "donne le dossier avant l'accord",
        sends=on("RS-EDA")(_hands_over_at_once),
    ),
    fault(
        "transfert-sans-traitant",
        "CI-11",
        f"{_HANDED_OVER}@origine",
        "transfère sans nommer le traitant",
        also={
            "DA-05": "le traitant saisi est aussi une valeur perdue, quelle que soit la lecture des sources"
        },
        sends=on("RS-EDA-MAJ")(lambda out: out.content.pop("owner", None)),
    ),
    fault(
        "transfert-par-un-rs-eda",
        "CI-11",
        f"{_HANDED_OVER}@origine",
        "annonce le transfert par un RS-EDA, comme la DSF 1.0",
        sends=_hands_over_by_a_share,
    ),
    fault(
        "reprend-l-ancien-traitant",
        "CI-12",
        f"{_HANDED_OVER}@voisin",
        "rend le dossier à chaque mise à jour",
        sends=put("content.owner", "fr.health.samu992", "RS-EDA-MAJ"),
    ),
)

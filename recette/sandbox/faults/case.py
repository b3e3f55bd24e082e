"""Faults of the cinematics and their identifiers (requirements CI)."""

from __future__ import annotations

from recette.sandbox.case_file import Names
from recette.sandbox.editor import Outgoing, ReferenceEditor
from recette.sandbox.faults.seeding import (
    ASKED,
    CANCELLED,
    REFUSED,
    SHARER,
    SeededFault,
    engagement,
    fault,
    on,
    put,
)

_OWNS_ANOTHER = "fr.health.samu992.DRFR1599200000000"


def _made_elsewhere(out: Outgoing) -> None:
    """The number goes with the caseId, or the editor would not know its case again."""
    out.content["caseId"] = _OWNS_ANOTHER
    if "senderCaseId" in out.content:
        out.content["senderCaseId"] = _OWNS_ANOTHER.rpartition(".")[2]


def _engage_refused(editor: ReferenceEditor, out: Outgoing) -> list[Outgoing]:
    if out.model != "RS-RR" or out.content["response"]["answer"] != "REFUSEE":
        return [out]
    to = out.document["descriptor"]["explicitAddress"]["explicitAddressValue"]
    now = out.message["sentAt"]
    made = editor.identifiers.make("resource")
    state = [{"datetime": now, "status": "DECISION"}]
    data = engagement(out.edition, out.content["requestId"], datetime=now, resourceId=made, state=state)
    content = {"caseId": out.content["caseId"], **data}
    return [out, editor.outgoing("RS-RI", content, to)]


def _no_request(out: Outgoing) -> None:
    for resource in out.content[Names(out.edition).resources]:
        resource.pop("requestId", None)


def _cancel_other(out: Outgoing) -> None:
    if out.content.get("status") == "ANNULEE":
        out.content["request"]["requestId"] += "9"


def _in_the_case_before(editor: ReferenceEditor, out: Outgoing) -> list[Outgoing]:
    if out.model == "RS-RR":
        out.content["caseId"] = next(iter(editor.memory.cases))
    return [out]


FAULTS: tuple[SeededFault, ...] = (
    fault(
        "dossier-hors-espace",
        "CI-02",
        SHARER,
        "forme le caseId chez un autre",
        sends=on()(_made_elsewhere),
    ),
    fault(
        "dossier-change",
        "CI-03",
        ASKED,
        "change de caseId en route",
        sends=put("content.caseId", "fr.health.samu992.AUTRE", "RS-RR", "RS-RI", "RS-SR"),
    ),
    fault(
        "repond-dans-le-dossier-d-avant",
        "CI-03",
        "15-15-ressource-refusee.g2@sollicite",
        "répond sous le caseId du dossier d'avant",
        after="15-15-ressource-acceptee.g2@sollicite",
        sends=_in_the_case_before,
    ),
    fault(
        "dossier-a-soi",
        "CI-04",
        ASKED,
        "remplace le caseId par le sien",
        sends=put("content.caseId", "fr.health.samu991.MIEN", "RS-RR", "RS-RI", "RS-SR"),
    ),
    fault(
        "autre-demande",
        "CI-15",
        ASKED,
        "répond à une autre demande",
        sends=put("content.requestId", "fr.health.samu992.request.autre", "RS-RR"),
    ),
    fault(
        "annule-une-autre-demande",
        "CI-16",
        f"{CANCELLED}@origine",
        "annule une autre demande",
        sends=on("RS-DR")(_cancel_other),
    ),
    fault(
        "engage-apres-refus",
        "CI-18",
        f"{REFUSED}@sollicite",
        "engage après avoir refusé, là où rien ne doit venir",
        also={"SC-03": "ce scénario demande le silence après le refus"},
        sends=_engage_refused,
    ),
    fault(
        "engage-ce-qui-est-refuse",
        "CI-18",
        "15-15-ressource-refusee-raison-libre.g2@sollicite",
        "engage après avoir refusé",
        sends=_engage_refused,
    ),
    fault(
        "engagement-sans-demande",
        "CI-19",
        ASKED,
        "engage sans dire pour quelle demande",
        sends=on("RS-RI")(_no_request),
    ),
    fault(
        "statut-d-une-inconnue",
        "CI-20",
        ASKED,
        "donne le statut d'une ressource inconnue",
        sends=put("content.resourceId", "fr.health.samu991.resource.inconnue", "RS-SR"),
    ),
)

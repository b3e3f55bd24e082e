"""Faults on the link with the fire services (requirements CI-27 to CI-29)."""

from __future__ import annotations

from datetime import datetime, timedelta

from recette.messages.building import new_distribution_id
from recette.sandbox.editor import Outgoing, ReferenceEditor
from recette.sandbox.faults.seeding import SeededFault, drop, fault, on, put, rename

SUPPORT = "15-nexsis-concours-accepte.g3"
UNSHARED = "15-nexsis-concours-avant-le-partage.g3"


def _answers_another(out: Outgoing) -> None:
    for mission in out.content["MISSION"]:
        if mission["NAME"].startswith("#REPONSE"):
            mission["MAIN_MISSION_ID"] = "mission-d-un-autre"


def _tomorrow(out: Outgoing) -> None:
    sent = datetime.fromisoformat(out.document["dateTimeSent"])
    out.content["CONTEXT"]["CREATION"] = (sent + timedelta(days=1)).isoformat()


def _asks_twice(editor: ReferenceEditor, out: Outgoing) -> list[Outgoing]:
    if out.model != "EMSI" or "#DEMANDE_CONCOURS#" not in str(out.content):
        return [out]
    again = out.twin()
    rename(again, new_distribution_id(editor.client))
    again.content["CONTEXT"].update(ID=out.content["CONTEXT"]["ID"] + "bis", MSGTYPE="UPDATE")
    again.content["MISSION"][0]["ID"] += "bis"
    return [out, again]


FAULTS: tuple[SeededFault, ...] = (
    fault(
        "concours-sans-partage",
        "CI-27",
        f"{UNSHARED}@samu",
        "demande un concours sans partager l'affaire",
        sends=drop("RC-EDA"),
    ),
    fault(
        "reponse-a-un-autre-concours",
        "CI-28",
        f"{SUPPORT}@pompiers",
        "répond à une autre demande de concours",
        sends=on("EMSI")(_answers_another),
    ),
    fault(
        "concours-sous-deux-numeros",
        "CI-33",
        f"{SUPPORT}@samu",
        "demande deux fois le même concours, sous deux identifiants",
        sends=_asks_twice,
    ),
    fault(
        "un-numero-pour-tous-les-emsi",
        "CI-40",
        f"{SUPPORT}@pompiers",
        "donne à tous ses messages EMSI le même identifiant",
        sends=put("content.CONTEXT.ID", "EMSI-1", "EMSI"),
    ),
    fault(
        "concours-de-demain",
        "DA-21",
        f"{SUPPORT}@pompiers",
        "date ses messages EMSI du lendemain",
        sends=on("EMSI")(_tomorrow),
    ),
    fault(
        "operation-d-une-autre-affaire",
        "CI-29",
        f"{SUPPORT}@pompiers",
        "rattache l'opération à une autre affaire",
        sends=put("content.EVENT.MAIN_EVENT_ID", "fr.health.samu993.AUTRE", "EMSI"),
    ),
)

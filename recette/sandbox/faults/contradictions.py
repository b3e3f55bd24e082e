"""Faults of the course: an editor that contradicts what it said itself, or says what nobody asked (requirements CI-33 to CI-39)."""

from __future__ import annotations

from datetime import datetime, timedelta

from recette.messages.building import format_datetime, new_distribution_id
from recette.messages.dictionary.spellings import has_field
from recette.messages.reading import Message
from recette.sandbox.case_file import Names
from recette.sandbox.editor import Order, Outgoing, ReferenceEditor
from recette.sandbox.faults.seeding import (
    ASKED,
    CANCELLED,
    SHARED,
    Change,
    SeededFault,
    Sending,
    engagement,
    fault,
    on,
    rename,
)


def _and_again(model: str, change: Change) -> Sending:
    """The message, and after it once more, changed, as a message of its own."""

    def send(editor: ReferenceEditor, out: Outgoing) -> list[Outgoing]:
        if out.model != model:
            return [out]
        again = out.twin()
        rename(again, new_distribution_id(editor.client))
        change(again)
        return [out, again]

    return send


def _renumber(out: Outgoing) -> None:
    out.content["request"]["requestId"] += "bis"


def _agree(out: Outgoing) -> None:
    out.content["response"].update(answer="ACCEPTEE", freetext="Finalement oui (fictif)")


def _refuse(out: Outgoing) -> None:
    out.content["response"].update(answer="REFUSEE", freetext="Finalement non (fictif)")


def _of_nobody(out: Outgoing) -> None:
    out.content["requestId"] = "fr.health.samu992.request.jamaisfaite"


def _turn_back(editor: ReferenceEditor, out: Outgoing) -> list[Outgoing]:
    if out.model != "RS-SR" or not _state(out)["status"].startswith("ARRIVE"):
        return [out]
    again = out.twin()
    rename(again, new_distribution_id(editor.client))
    later = datetime.fromisoformat(_state(out)["datetime"]) + timedelta(seconds=5)
    _state(again).update(status="DEPART", datetime=later.isoformat())
    return [out, again]


def _state(out: Outgoing) -> dict[str, str]:
    found: dict[str, str] = out.content.get("state", out.content)
    return found


def _one_more_word(editor: ReferenceEditor, out: Outgoing) -> list[Outgoing]:
    details = out.content.get("qualification", {}).get("details", {}) if out.model == "RS-EDA-MAJ" else {}
    if details.get("status") != "CLOTURE":
        return [out]
    to = out.document["descriptor"]["explicitAddress"]["explicitAddressValue"]
    word = {"caseId": out.content["caseId"], "freetext": "Encore un mot (fictif)"}
    return [out, editor.outgoing("RS-EDA-MAJ", word, to)]


def _put_off(out: Outgoing) -> None:
    out.content["response"].update(answer="DIFFEREE", freetext="Finalement plus tard (fictif)")


def _cancelled_first(editor: ReferenceEditor, out: Outgoing) -> list[Outgoing]:
    if out.model != "RS-DR" or out.content.get("status") == "ANNULEE":
        return [out]
    first = out.twin()
    rename(first, new_distribution_id(editor.client))
    first.content["status"] = "ANNULEE"
    return [first, out]


def _cancelled_twice(editor: ReferenceEditor, out: Outgoing) -> list[Outgoing]:
    if out.model != "RS-DR" or out.content.get("status") != "ANNULEE":
        return [out]
    again = out.twin()
    rename(again, new_distribution_id(editor.client))
    return [out, again]


def _sets_out_again(editor: ReferenceEditor, out: Outgoing) -> list[Outgoing]:
    if out.model != "RS-SR" or _state(out)["status"] != "ANNULE":
        return [out]
    again = out.twin()
    rename(again, new_distribution_id(editor.client))
    later = datetime.fromisoformat(_state(out)["datetime"]) + timedelta(seconds=5)
    _state(again).update(status="DEPART", datetime=later.isoformat())
    return [out, again]


async def _engage_at_once(editor: ReferenceEditor, message: Message) -> None:
    if message.model == "RS-DR":
        data = engagement(editor.edition, message.request_ids[0], state=[{"status": "DECISION"}])
        await editor.perform(Order("RS-RI", message.sender_id or "", message.case_id, data))


def _backwards(out: Outgoing) -> None:
    for resource in out.content[Names(out.edition).resources]:
        since = datetime.fromisoformat(resource["state"][0]["datetime"]) - timedelta(minutes=10)
        resource["state"].append({"datetime": since.isoformat(), "status": "DECLENCHE"})


def _answers_itself(editor: ReferenceEditor, out: Outgoing) -> list[Outgoing]:
    if out.model != "RS-DR" or out.content.get("status") == "ANNULEE":
        return [out]
    to = out.document["descriptor"]["explicitAddress"]["explicitAddressValue"]
    response = {"datetime": out.message["sentAt"], "answer": "ACCEPTEE"}
    named = {"caseId": out.content["caseId"], "requestId": out.content["request"]["requestId"]}
    return [out, editor.outgoing("RS-RR", {**named, "response": response}, to)]


async def _send_back(editor: ReferenceEditor, message: Message) -> None:
    if message.model == "RS-EDA-MAJ" and message.content is not None:
        await editor.send(editor.outgoing(message.model, dict(message.content), message.sender_id or ""))


async def _cancels_theirs(editor: ReferenceEditor, message: Message) -> None:
    """The partner's vehicle is engaged, and it says that it will not come."""
    if message.model == "RS-RI" and message.case_id in editor.memory.cases:
        state = {"datetime": format_datetime(datetime.now().astimezone()), "status": "ANNULE"}
        nested = has_field("state", "RS-SR", editor.edition)
        named = {"caseId": message.case_id, "resourceId": message.resource_ids[0]}
        content = {**named, "state": state} if nested else {**named, **state}
        await editor.send(editor.outgoing("RS-SR", content, message.sender_id or ""))


FAULTS: tuple[SeededFault, ...] = (
    fault(
        "demande-sous-deux-numeros",
        "CI-33",
        "15-15-ressource-acceptee.g2@origine",
        "envoie deux fois la même demande, sous deux requestId",
        sends=_and_again("RS-DR", _renumber),
    ),
    fault(
        "annule-sans-le-dire",
        "CI-16",
        f"{CANCELLED}@origine",
        "annule sans le statut ANNULEE",
        sends=on("RS-DR")(lambda out: out.content.pop("status", None)),
    ),
    fault(
        "accepte-ce-qu-il-a-refuse",
        "CI-34",
        "15-15-ressource-refusee-raison-libre.g3@sollicite",
        "refuse, puis accepte la même demande",
        sends=_and_again("RS-RR", _agree),
    ),
    fault(
        "refuse-ce-qu-il-a-accepte",
        "CI-34",
        "15-15-ressource-acceptee.g2@sollicite",
        "accepte, puis refuse, puis engage",
        also={"CI-18": "l'engagement qui suit contredit le refus"},
        sends=_and_again("RS-RR", _refuse),
    ),
    fault(
        "remet-sa-reponse",
        "CI-34",
        "15-15-ressource-acceptee.g3@sollicite",
        "accepte, puis remet sa réponse à plus tard",
        sends=_and_again("RS-RR", _put_off),
    ),
    fault(
        "annule-avant-de-demander",
        "CI-16",
        "15-15-ressource-acceptee.g2@origine",
        "annule une demande qu'il envoie ensuite",
        sends=_cancelled_first,
    ),
    fault(
        "annule-deux-fois",
        "CI-16",
        "15-15-ressource-annulee-apres-engagement.g3@origine",
        "annule deux fois la même demande",
        sends=_cancelled_twice,
    ),
    fault(
        "engage-avant-de-repondre",
        "CI-35",
        ASKED,
        "engage un véhicule dès la demande, avant d'y répondre",
        receives=_engage_at_once,
    ),
    fault(
        "repart-une-fois-annule",
        "CI-37",
        "15-15-ressource-engagee-annulee.g2@sollicite",
        "fait repartir un véhicule dont il a annulé l'engagement",
        sends=_sets_out_again,
    ),
    fault(
        "engage-deux-fois",
        "CI-35",
        "15-15-ressource-acceptee.g3@sollicite",
        "annonce deux fois le même engagement",
        sends=_and_again("RS-RI", lambda _: None),
    ),
    fault(
        "repond-a-personne",
        "CI-36",
        "15-15-ressource-acceptee.g1@sollicite",
        "répond aussi à une demande que personne n'a faite",
        sends=_and_again("RS-RR", _of_nobody),
    ),
    fault(
        "repond-a-soi-meme",
        "CI-36",
        "15-15-ressource-acceptee.g2@origine",
        "répond lui-même à sa demande",
        sends=_answers_itself,
    ),
    fault(
        "annule-le-vehicule-du-partenaire",
        "CI-20",
        "15-15-ressource-acceptee.g3@origine",
        "dit annulé le véhicule que le partenaire engage",
        receives=_cancels_theirs,
    ),
    fault(
        "historique-a-rebours",
        "DA-23",
        "15-15-ressource-acceptee.g3@sollicite",
        "date dans l'historique le déclenchement d'avant la décision",
        sends=on("RS-RI")(_backwards),
    ),
    fault(
        "statut-qui-recule",
        "CI-37",
        "15-15-ressource-acceptee.g2@sollicite",
        "repasse le véhicule au départ après l'arrivée",
        sends=_turn_back,
    ),
    fault(
        "met-a-jour-apres-cloture",
        "CI-38",
        "15-15-cloture.g3@origine",
        "met à jour le dossier qu'il vient de clore",
        sends=_one_more_word,
    ),
    fault(
        "renvoie-l-echo",
        "CI-39",
        SHARED,
        "renvoie au partenaire la mise à jour qu'il en reçoit",
        receives=_send_back,
    ),
)

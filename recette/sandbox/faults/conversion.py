"""Faults across a conversion: what the hub makes of messages on their way is no excuse for them (hub-sante-2026 4)."""

from __future__ import annotations

import contextlib
from dataclasses import replace

from recette.hub.connection import HubConnection
from recette.hub.errors import HubError
from recette.hub.topology import CLIENT_EXCHANGE
from recette.hub.wire import PERSISTENT, Properties
from recette.messages.building import serialise
from recette.messages.reading import Message
from recette.messages.vhosts import KNOWN_VHOSTS, vhost
from recette.sandbox.editor import Outgoing, ReferenceEditor
from recette.sandbox.faults.seeding import SeededFault, drop, fault, on

_SEVERAL = "conversion-ressources-des-pompiers.g3-3@origine"
_RECEIVED, _SENT = (f"conversion-dossier-entre-versions.g3-1@{one}" for one in ("destinataire", "origine"))


_FIRE_CASE = "conversion-affaire-avec-un-samu.g3-1@pompiers"
_FIRE_VEHICLES = "conversion-engins-dits-a-un-samu.g3-2@pompiers"


def _reformed(out: Outgoing) -> None:
    """As its own software would have formed the id, with its own client id before it."""
    internal = str(out.content["distributionID"]).rpartition("_")[2]
    out.content["distributionID"] = f"{out.routing_key}_{internal}"


def _first_alone(editor: ReferenceEditor, out: Outgoing) -> list[Outgoing]:
    return [] if out.model == "RC-REF" and len(editor.memory.seen) > 1 else [out]


def _without_freetext(out: Outgoing) -> None:
    del out.content["location"]["freetext"]


def _without_the_place_s_name(out: Outgoing) -> None:
    del out.content["location"]["name"]


def _arrived_at_once(out: Outgoing) -> None:
    state = out.content["resource"][-1]["state"]
    if state["status"] == "DEPART":
        state["status"] = "ARRIVEE"


async def _ack_elsewhere(editor: ReferenceEditor, message: Message) -> None:
    """On another version's vHost of the same perimeter, where it has no account."""
    if message.model in {"RC-REF", "RS-ERROR"}:
        return
    own = vhost(editor.address.vhost)
    other = next(
        one for one in KNOWN_VHOSTS if one.perimeter == own.perimeter and one.generation != own.generation
    )
    ack = editor.outgoing(
        "RC-REF", {"distributionID": message.distribution_id}, message.sender_id or "", "Ack"
    )
    with contextlib.suppress(HubError):
        connection = await HubConnection.open(replace(editor.address, vhost=other.name), name=editor.client)
        try:
            body = serialise(ack.document)
            await connection.publish(
                CLIENT_EXCHANGE, editor.client, body, Properties(ack.content_type, PERSISTENT)
            )
        finally:
            await connection.close()


FAULTS: tuple[SeededFault, ...] = (
    fault(
        "acquitte-un-identifiant-reforme",
        "AC-04",
        _SEVERAL,
        "acquitte ce que le hub a converti sous un identifiant qu'il forme lui-même",
        sends=on("RC-REF")(_reformed),
    ),
    fault(
        "n-acquitte-que-le-premier",
        "AC-01",
        _SEVERAL,
        "n'acquitte que le premier des messages que le hub a faits d'un seul",
        sends=_first_alone,
    ),
    fault(
        "perd-ce-que-la-conversion-garde",
        "DA-05",
        _SENT,
        "perd un texte que la conversion garde",
        sends=on("RS-EDA")(_without_freetext),
    ),
    fault(
        "repond-sur-un-autre-vhost",
        "AC-01",
        _RECEIVED,
        "répond sur le vHost de son partenaire au lieu du sien",
        sends=drop("RC-REF"),
        receives=_ack_elsewhere,
    ),
    fault(
        "pompiers-acquittent-un-identifiant-reforme",
        "AC-04",
        _FIRE_CASE,
        "acquitte l'affaire que le hub a faite d'un RS-EDA sous un identifiant qu'il forme lui-même",
        sends=on("RC-REF")(_reformed),
    ),
    fault(
        "pompiers-perdent-ce-que-la-conversion-garde",
        "DA-05",
        _FIRE_CASE,
        "perd dans son RC-EDA un nom de lieu que la conversion garde",
        sends=on("RC-EDA")(_without_the_place_s_name),
    ),
    fault(
        "pompiers-disent-un-autre-statut",
        "DA-05",
        _FIRE_VEHICLES,
        "dit dans son RC-RI un autre statut que le sien, dont le hub fait le RS-SR du SAMU",
        sends=on("RC-RI")(_arrived_at_once),
    ),
)

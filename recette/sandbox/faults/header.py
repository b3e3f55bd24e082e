"""Faults of the header (requirements HD)."""

from __future__ import annotations

from recette.sandbox.editor import Outgoing
from recette.sandbox.faults.seeding import ASKED, SeededFault, fault, on, put


def _no_header(out: Outgoing) -> None:
    for name in ("messageId", "sender", "sentAt", "kind", "status", "recipient"):
        out.message.pop(name, None)


FAULTS: tuple[SeededFault, ...] = (
    fault("message-id", "HD-01", ASKED, "messageId différent", sends=put("message.messageId", "autre")),
    fault(
        "nom-d-emetteur",
        "HD-02",
        ASKED,
        "sender.name différent",
        sends=put("message.sender.name", "samu991"),
    ),
    fault(
        "uri-d-emetteur",
        "HD-03",
        ASKED,
        "sender.URI sans hubex",
        sends=put("message.sender.URI", "sge:samu991"),
    ),
    fault(
        "sent-at",
        "HD-04",
        ASKED,
        "sentAt ne concorde pas",
        sends=put("message.sentAt", "2026-01-01T10:00:00+01:00"),
    ),
    fault("kind-different", "HD-05", ASKED, "kind différent", sends=put("message.kind", "Update")),
    fault("status-different", "HD-06", ASKED, "status différent", sends=put("message.status", "Exercise")),
    fault(
        "destinataire-d-entete",
        "HD-07",
        ASKED,
        "recipient différent",
        sends=put("message.recipient", [{"name": "x", "URI": "hubex:x"}]),
    ),
    fault(
        "deux-cles",
        "HD-08",
        ASKED,
        "deux contenus dans un message",
        of_json=True,
        sends=put("message.info", {"info": "x"}),
    ),
    fault("sans-entete", "HD-09", ASKED, "oublie l'en-tête", sends=on()(_no_header)),
)

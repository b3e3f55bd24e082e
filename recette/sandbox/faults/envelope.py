"""Faults of the envelope (requirements EN)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from recette.messages.building import format_datetime, new_distribution_id, serialise
from recette.messages.reading import XML_TYPE
from recette.messages.xml.names import message_namespace
from recette.sandbox.editor import Outgoing
from recette.sandbox.faults.seeding import ASKED, Change, SeededFault, fault, on, put, rename


def _same_id(out: Outgoing) -> None:
    rename(out, f"{out.routing_key}_toujours-le-meme")


def _an_hour_late(out: Outgoing) -> None:
    sent = datetime.fromisoformat(out.document["dateTimeSent"]) - timedelta(hours=1)
    out.document["dateTimeSent"] = out.message["sentAt"] = format_datetime(sent)


def _other_sender(out: Outgoing) -> None:
    out.document["senderID"] = "fr.health.samu990"
    out.message["sender"] = {"name": "fr.health.samu990", "URI": "hubex:fr.health.samu990"}
    rename(out, new_distribution_id("fr.health.samu990"))


def _no_prefix(out: Outgoing) -> None:
    rename(out, new_distribution_id("message").replace("_", "-"))


def _sent_in_z(out: Outgoing) -> None:
    """The right moment, in the wrong form."""
    sent = datetime.fromisoformat(out.document["dateTimeSent"]).astimezone(UTC)
    out.document["dateTimeSent"] = sent.strftime("%Y-%m-%dT%H:%M:%SZ")


def _nobody(out: Outgoing) -> None:
    out.document["descriptor"]["explicitAddress"]["explicitAddressValue"] = "fr.health.personne"
    out.message["recipient"] = [{"name": "fr.health.personne", "URI": "hubex:fr.health.personne"}]


def _kind_ack(out: Outgoing) -> None:
    out.document["distributionKind"] = out.message["kind"] = "Ack"


def _two_items(out: Outgoing) -> None:
    out.document["content"] = out.document["content"] * 2


def _remove(name: str) -> Change:
    return lambda out: out.document["descriptor"].pop(name)


def _wrong_namespace(out: Outgoing) -> None:
    out.content_type = XML_TYPE
    right = message_namespace(out.edition).encode()
    out.body = serialise(out.document, XML_TYPE, out.edition).replace(right, b"urn:emergency:cisu:3.0")


def _empty_tail(out: Outgoing) -> None:
    rename(out, f"{out.routing_key}_")


def _soon_over(out: Outgoing) -> None:
    sent = datetime.fromisoformat(out.document["dateTimeSent"])
    out.document["dateTimeExpires"] = format_datetime(sent + timedelta(seconds=40))


def _in_exercise(out: Outgoing) -> None:
    out.document["distributionStatus"] = out.message["status"] = "Exercise"


def _kind_cancel(out: Outgoing) -> None:
    out.document["distributionKind"] = out.message["kind"] = "Cancel"


FAULTS: tuple[SeededFault, ...] = (
    fault("champ-d-enveloppe-manquant", "EN-01", ASKED, "oublie language", sends=on()(_remove("language"))),
    fault("autre-emetteur", "EN-02", ASKED, "signe d'un autre senderID", sends=on()(_other_sender)),
    fault("sans-prefixe", "EN-03", ASKED, "oublie le préfixe du distributionID", sends=on()(_no_prefix)),
    fault("identifiant-reutilise", "EN-04", ASKED, "réutilise un distributionID", sends=on()(_same_id)),
    fault(
        "envoi-en-z",
        "EN-05",
        ASKED,
        "écrit dateTimeSent en Z",
        sends=on()(_sent_in_z),
    ),
    fault("horloge-fausse", "EN-05", ASKED, "retarde d'une heure", sends=on()(_an_hour_late)),
    fault(
        "expire-avant-envoi",
        "EN-06",
        ASKED,
        "expire avant d'être envoyé",
        sends=put("envelope.dateTimeExpires", "2020-01-01T10:00:00+01:00"),
    ),
    fault(
        "statut-inconnu",
        "EN-07",
        ASKED,
        "invente un distributionStatus",
        sends=put("envelope.distributionStatus", "Test"),
    ),
    fault(
        "nature-inconnue",
        "EN-08",
        ASKED,
        "invente un distributionKind",
        sends=put("envelope.distributionKind", "Request"),
    ),
    fault(
        "fonctionnel-en-ack",
        "EN-09",
        ASKED,
        "envoie une réponse en kind Ack",
        sends=on("RS-RR")(_kind_ack),
    ),
    fault(
        "langue-malformee",
        "EN-10",
        ASKED,
        "forme mal language",
        sends=put("envelope.descriptor.language", "français"),
    ),
    fault(
        "schema-d-adresse",
        "EN-11",
        ASKED,
        "écrit sge au lieu de hubex",
        sends=put("envelope.descriptor.explicitAddress.explicitAddressScheme", "sge"),
    ),
    fault(
        "destinataire-inconnu",
        "EN-12",
        ASKED,
        "se trompe de destinataire",
        sends=on()(_nobody),
    ),
    fault(
        "deux-contenus",
        "EN-13",
        ASKED,
        "met deux messages dans une enveloppe",
        of_json=True,
        sends=on()(_two_items),
    ),
    fault(
        "keyword",
        "EN-14",
        ASKED,
        "ajoute keyword à l'enveloppe",
        of_json=True,
        sends=put("envelope.descriptor.keyword", [{"value": "x"}]),
    ),
    fault(
        "espace-de-noms",
        "EN-15",
        ASKED,
        "écrit son XML dans l'espace de noms d'une autre génération",
        sends=on("RS-RR")(_wrong_namespace),
    ),
    fault(
        "format-configure",
        "EN-16",
        ASKED,
        "ne lit que le XML alors que le JSON est configuré",
        of_json=True,
        reads_only=XML_TYPE,
    ),
    fault(
        "identifiant-sans-suite",
        "EN-03",
        "15-15-ressource-acceptee.g2@origine",
        "n'écrit rien après « _ » dans distributionID",
        sends=on("RS-DR")(_empty_tail),
    ),
    fault(
        "expire-aussitot",
        "EN-06",
        "15-15-ressource-acceptee.g3@sollicite",
        "laisse quarante secondes à ses messages",
        sends=on()(_soon_over),
    ),
    fault(
        "passe-en-exercice",
        "EN-07",
        "15-15-partage-simple.g2@origine",
        "met à jour en Exercise un dossier partagé en Actual",
        sends=on("RS-EDA-MAJ")(_in_exercise),
    ),
    fault(
        "annule-sans-annuler",
        "EN-09",
        "15-15-partage-simple.g3@origine",
        "partage un dossier en Cancel",
        sends=on("RS-EDA")(_kind_cancel),
    ),
)

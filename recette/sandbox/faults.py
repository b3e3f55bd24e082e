"""Seeded faults: reference editors that are wrong in one way each, with the rule that must say so."""

from __future__ import annotations

import unicodedata
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from recette.messages.building import new_distribution_id, serialise
from recette.messages.reading import XML_TYPE, Message
from recette.sandbox.editor import Misbehaviour, Order, Outgoing, ReferenceEditor

Change = Callable[[Outgoing], None]
Sending = Callable[[ReferenceEditor, Outgoing], list[Outgoing]]
ACCEPTED, CANCELLED, REFUSED = (
    "15-15-ressource-acceptee",
    "15-15-ressource-annulee",
    "15-15-ressource-refusee",
)
SHARE, UNKNOWN, RPIS = "15-15-partage-simple", "15-15-destinataire-inconnu", "15-smur-rpis-un-patient"


@dataclass(frozen=True, slots=True)
class SeededFault:
    """One fault: `rule` must name it when `play` (`<scenario>@<actor>`) is played."""

    id: str
    title: str
    rule: str
    play: str
    misbehaviour: Misbehaviour


def _on(*models: str) -> Callable[[Change], Sending]:
    """A change to the messages of these models, or to all but acks where none is named."""

    def decorate(change: Change) -> Sending:
        def send(_: ReferenceEditor, out: Outgoing) -> list[Outgoing]:
            if out.model in models or (not models and out.model != "RC-REF"):
                change(out)
            return [out]

        return send

    return decorate


def _set(path: str, value: Any, *models: str) -> Sending:  # noqa: ANN401 - any JSON value
    """Put `value` at a dotted path below the envelope, `message` or `content`."""

    def change(out: Outgoing) -> None:
        first, *steps = path.split(".")
        node: Any = {"envelope": out.document, "message": out.message, "content": out.content}[first]
        for step in steps[:-1]:
            node = node[int(step)] if isinstance(node, list) else node[step]
        node[steps[-1]] = value

    return _on(*models)(change)


def _drop(*models: str) -> Sending:
    return lambda _, out: [] if out.model in models else [out]


def _ack_kind(out: Outgoing) -> None:
    out.document["distributionKind"] = out.message["kind"] = "Report"


def _twice(_: ReferenceEditor, out: Outgoing) -> list[Outgoing]:
    if out.model != "RC-REF":
        return [out]
    again = out.twin()
    _rename(again, new_distribution_id(again.routing_key))
    return [out, again]


def _rename(out: Outgoing, identifier: str) -> None:
    out.document["distributionID"] = identifier
    if "messageId" in out.message:
        out.message["messageId"] = identifier


def _ack_own_id(out: Outgoing) -> None:
    _rename(out, out.content["distributionID"])


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


async def _engage_cancelled(editor: ReferenceEditor, message: Message) -> None:
    if message.model == "RS-DR" and (message.content or {}).get("status") == "ANNULEE":
        await _engage(editor, message.sender_id or "", message.case_id or "", message.request_ids[0])


async def _engage(editor: ReferenceEditor, to: str, case: str, request: str) -> None:
    resource = {
        "requestId": request,
        "resourceType": "SMUR",
        "vehiculeType": "VLM",
        "state": [{"status": "DECISION"}],
    }
    await editor.perform(Order("RS-RI", to, case, {"mobilizedResource": [resource]}))


def _engage_refused(editor: ReferenceEditor, out: Outgoing) -> list[Outgoing]:
    if out.model != "RS-RR" or out.content["response"]["answer"] != "REFUSEE":
        return [out]
    to = out.document["descriptor"]["explicitAddress"]["explicitAddressValue"]
    resource = {
        "resourceType": "SMUR",
        "vehiculeType": "VLM",
        "requestId": out.content["requestId"],
        "datetime": out.message["sentAt"],
        "resourceId": editor.identifiers.make("resource"),
        "state": [{"datetime": out.message["sentAt"], "status": "DECISION"}],
    }
    content = {"caseId": out.content["caseId"], "mobilizedResource": [resource]}
    return [out, editor.outgoing("RS-RI", content, to)]


def _without_accents(out: Outgoing) -> None:
    location = out.content["location"]
    text = unicodedata.normalize("NFD", location["name"])
    location["name"] = "".join(c for c in text if not unicodedata.combining(c))


def _second_generation(out: Outgoing) -> None:
    content = out.content
    content["state"] = {"datetime": content.pop("datetime"), "status": content.pop("status")}


def _same_id(out: Outgoing) -> None:
    _rename(out, f"{out.routing_key}_toujours-le-meme")


def _other_sender(out: Outgoing) -> None:
    out.document["senderID"] = "fr.health.samu990"
    _rename(out, new_distribution_id("fr.health.samu990"))


def _two_recipients(editor: ReferenceEditor, out: Outgoing) -> list[Outgoing]:
    if out.model == "RC-REF":
        return [out]
    again = out.twin()
    again.document["descriptor"]["explicitAddress"]["explicitAddressValue"] = editor.client
    return [out, again]


def _said_twice(editor: ReferenceEditor, out: Outgoing) -> list[Outgoing]:
    if out.model != "RS-RR":
        return [out]
    again = out.twin()
    _rename(again, new_distribution_id(editor.client))
    return [out, again]


def _no_header(out: Outgoing) -> None:
    for name in ("messageId", "sender", "sentAt", "kind", "status", "recipient"):
        out.message.pop(name, None)


def _no_prefix(out: Outgoing) -> None:
    _rename(out, new_distribution_id("message").replace("_", "-"))


def _wire(**values: Any) -> Change:  # noqa: ANN401 - attributes of Outgoing
    def change(out: Outgoing) -> None:
        for name, value in values.items():
            setattr(out, name, value)

    return change


def _kind_ack(out: Outgoing) -> None:
    out.document["distributionKind"] = out.message["kind"] = "Ack"


def _two_items(out: Outgoing) -> None:
    out.document["content"] = out.document["content"] * 2


def _remove(name: str) -> Change:
    return lambda out: out.document["descriptor"].pop(name)


def _no_request(out: Outgoing) -> None:
    for resource in out.content["mobilizedResource"]:
        resource.pop("requestId", None)


def _cancel_other(out: Outgoing) -> None:
    if out.content.get("status") == "ANNULEE":
        out.content["request"]["requestId"] += "9"


def _wrong_namespace(out: Outgoing) -> None:
    out.content_type = XML_TYPE
    out.body = serialise(out.document, XML_TYPE, 1).replace(
        b"urn:emergency:cisu:2.0", b"urn:emergency:cisu:3.0"
    )


def _fault(
    identifier: str,
    rule: str,
    play: str,
    title: str,
    *,
    sends: Sending | None = None,
    receives: Callable[[ReferenceEditor, Message], Awaitable[None]] | None = None,
    blind: bool = False,
    reads_only: str | None = None,
) -> SeededFault:
    misbehaviour = Misbehaviour(sends, receives, reads_only=reads_only, blind=blind)
    return SeededFault(identifier, title, rule, play, misbehaviour)


_ASKED, _SHARER = f"{ACCEPTED}@sollicite", f"{SHARE}@origine"
_OWNS_ANOTHER = "fr.health.samu992.DRFR1599200000000"
FAULTS: dict[str, SeededFault] = {
    one.id: one
    for one in (
        _fault("sans-acquittement", "AC-01", _ASKED, "n'acquitte jamais", sends=_drop("RC-REF")),
        _fault(
            "acquitte-un-autre-client",
            "AC-02",
            _ASKED,
            "adresse ses acquittements à lui-même",
            sends=_on("RC-REF")(_ack_elsewhere),
        ),
        _fault(
            "acquitte-en-report", "AC-03", _ASKED, "acquitte avec kind Report", sends=_on("RC-REF")(_ack_kind)
        ),
        _fault(
            "acquitte-mauvaise-reference",
            "AC-04",
            _ASKED,
            "acquitte un message qui n'existe pas",
            sends=_set("content.distributionID", "fr.health.samu992_autre", "RC-REF"),
        ),
        _fault(
            "acquitte-puis-erreur",
            "AC-05",
            _ASKED,
            "acquitte, puis signale une erreur",
            receives=_error_after_ack,
        ),
        _fault(
            "acquitte-les-acquittements",
            "AC-06",
            _SHARER,
            "acquitte les acquittements",
            receives=_ack_the_ack,
        ),
        _fault("acquitte-deux-fois", "AC-07", _ASKED, "acquitte deux fois", sends=_twice),
        _fault(
            "acquitte-sous-le-meme-identifiant",
            "AC-08",
            _ASKED,
            "reprend l'identifiant du message pour l'acquitter",
            sends=_on("RC-REF")(_ack_own_id),
        ),
        _fault(
            "refuse-sans-erreur",
            "AC-09",
            _ASKED,
            "refuse sans RS-ERROR",
            sends=_set("content.refused", True, "RC-REF"),
        ),
        _fault(
            "acquitte-avec-step",
            "AC-10",
            _ASKED,
            "emploie step avant la génération 3",
            sends=_set("content.step", "RECU", "RC-REF"),
        ),
        _fault(
            "contenu-invalide",
            "DA-01",
            _SHARER,
            "ajoute un champ au contenu",
            sends=_set("content.inconnu", "x", "RS-EDA"),
        ),
        _fault(
            "identifiant-malforme",
            "DA-02",
            _SHARER,
            "forme mal un identifiant de patient",
            sends=_set("content.patient.0.idPat", "P01", "RS-EDA"),
        ),
        _fault(
            "code-hors-liste",
            "DA-03",
            _SHARER,
            "envoie un code hors liste",
            sends=_set("content.perimeter", "AMUU", "RS-EDA"),
        ),
        _fault(
            "date-en-z",
            "DA-04",
            _SHARER,
            "écrit une date en Z",
            sends=_set("content.creation", "2026-01-01T10:00:00Z", "RS-EDA"),
        ),
        _fault(
            "valeur-changee",
            "DA-05",
            _SHARER,
            "change une valeur saisie",
            sends=_set("content.location.freetext", "ailleurs", "RS-EDA"),
        ),
        _fault(
            "telephone-malforme",
            "DA-13",
            _SHARER,
            "forme mal un téléphone",
            sends=_set("content.location.access", {"phoneNumber": "0199"}, "RS-EDA"),
        ),
        _fault(
            "sexe-d-une-autre-generation",
            "DA-14",
            _SHARER,
            "emploie F au lieu de FEM",
            sends=_set("content.patient.0.identity.strictFeatures.sex", "F", "RS-EDA"),
        ),
        _fault(
            "trop-de-donnees-libres",
            "DA-15",
            _SHARER,
            "envoie quatre customMap",
            sends=_set(
                "content.additionalInformation",
                {"customMap": [{"key": str(n), "value": "x"} for n in range(4)]},
                "RS-EDA",
            ),
        ),
        _fault("accents-perdus", "DA-17", _SHARER, "perd les accents", sends=_on("RS-EDA")(_without_accents)),
        _fault(
            "mise-a-jour-interdite",
            "DA-19",
            _SHARER,
            "change l'adresse par RS-EDA-MAJ",
            sends=_set("content.interventionType", "PRIMAIRE", "RS-EDA-MAJ"),
        ),
        _fault(
            "code-sans-libelle",
            "DA-20",
            _SHARER,
            "envoie un code sans libellé",
            sends=_set("content.qualification.whatsHappen", {"code": "C02.07.01"}, "RS-EDA"),
        ),
        _fault(
            "autre-generation",
            "TR-08",
            _ASKED,
            "parle la génération 2",
            sends=_on("RS-SR")(_second_generation),
        ),
        _fault(
            "non-persistant", "TR-10", _ASKED, "publie sans persistance", sends=_on()(_wire(delivery_mode=1))
        ),
        _fault(
            "type-de-contenu",
            "TR-11",
            _ASKED,
            "ajoute un jeu de caractères au type",
            sends=_on()(_wire(content_type="application/json; charset=utf-8")),
        ),
        _fault(
            "deux-destinataires", "TR-17", _SHARER, "envoie un message à deux clients", sends=_two_recipients
        ),
        _fault(
            "champ-d-enveloppe-manquant", "EN-01", _ASKED, "oublie language", sends=_on()(_remove("language"))
        ),
        _fault("autre-emetteur", "EN-02", _ASKED, "signe d'un autre senderID", sends=_on()(_other_sender)),
        _fault(
            "sans-prefixe", "EN-03", _ASKED, "oublie le préfixe du distributionID", sends=_on()(_no_prefix)
        ),
        _fault(
            "identifiant-reutilise", "EN-04", _ASKED, "réutilise un distributionID", sends=_on()(_same_id)
        ),
        _fault(
            "envoi-en-z",
            "EN-05",
            _ASKED,
            "écrit dateTimeSent en Z",
            sends=_set("envelope.dateTimeSent", "2026-01-01T10:00:00Z"),
        ),
        _fault(
            "expire-avant-envoi",
            "EN-06",
            _ASKED,
            "expire avant d'être envoyé",
            sends=_set("envelope.dateTimeExpires", "2020-01-01T10:00:00+01:00"),
        ),
        _fault(
            "statut-inconnu",
            "EN-07",
            _ASKED,
            "invente un distributionStatus",
            sends=_set("envelope.distributionStatus", "Test"),
        ),
        _fault(
            "nature-inconnue",
            "EN-08",
            _ASKED,
            "invente un distributionKind",
            sends=_set("envelope.distributionKind", "Request"),
        ),
        _fault(
            "fonctionnel-en-ack",
            "EN-09",
            _ASKED,
            "envoie une réponse en kind Ack",
            sends=_on("RS-RR")(_kind_ack),
        ),
        _fault(
            "langue-malformee",
            "EN-10",
            _ASKED,
            "forme mal language",
            sends=_set("envelope.descriptor.language", "français"),
        ),
        _fault(
            "schema-d-adresse",
            "EN-11",
            _ASKED,
            "écrit sge au lieu de hubex",
            sends=_set("envelope.descriptor.explicitAddress.explicitAddressScheme", "sge"),
        ),
        _fault(
            "destinataire-inconnu",
            "EN-12",
            _ASKED,
            "se trompe de destinataire",
            sends=_set("envelope.descriptor.explicitAddress.explicitAddressValue", "fr.health.personne"),
        ),
        _fault(
            "deux-contenus", "EN-13", _ASKED, "met deux messages dans une enveloppe", sends=_on()(_two_items)
        ),
        _fault(
            "keyword",
            "EN-14",
            _ASKED,
            "ajoute keyword à l'enveloppe",
            sends=_set("envelope.descriptor.keyword", [{"value": "x"}]),
        ),
        _fault(
            "espace-de-noms",
            "EN-15",
            _ASKED,
            "écrit son XML dans l'espace de noms d'une autre génération",
            sends=_on("RS-RR")(_wrong_namespace),
        ),
        _fault(
            "format-configure",
            "EN-16",
            _ASKED,
            "ne lit que le XML alors que le JSON est configuré",
            reads_only=XML_TYPE,
        ),
        _fault(
            "message-id", "HD-01", _ASKED, "messageId différent", sends=_set("message.messageId", "autre")
        ),
        _fault(
            "nom-d-emetteur",
            "HD-02",
            _ASKED,
            "sender.name différent",
            sends=_set("message.sender.name", "samu991"),
        ),
        _fault(
            "uri-d-emetteur",
            "HD-03",
            _ASKED,
            "sender.URI sans hubex",
            sends=_set("message.sender.URI", "sge:samu991"),
        ),
        _fault(
            "sent-at",
            "HD-04",
            _ASKED,
            "sentAt ne concorde pas",
            sends=_set("message.sentAt", "2026-01-01T10:00:00+01:00"),
        ),
        _fault("kind-different", "HD-05", _ASKED, "kind différent", sends=_set("message.kind", "Update")),
        _fault(
            "status-different", "HD-06", _ASKED, "status différent", sends=_set("message.status", "Exercise")
        ),
        _fault(
            "destinataire-d-entete",
            "HD-07",
            _ASKED,
            "recipient différent",
            sends=_set("message.recipient", [{"name": "x", "URI": "hubex:x"}]),
        ),
        _fault(
            "deux-cles",
            "HD-08",
            _ASKED,
            "deux contenus dans un message",
            sends=_set("message.info", {"info": "x"}),
        ),
        _fault("sans-entete", "HD-09", _ASKED, "oublie l'en-tête", sends=_on()(_no_header)),
        _fault(
            "dossier-hors-espace",
            "CI-02",
            _SHARER,
            "forme le caseId chez un autre",
            sends=_set("content.caseId", _OWNS_ANOTHER),
        ),
        _fault(
            "dossier-change",
            "CI-03",
            _ASKED,
            "change de caseId en route",
            sends=_set("content.caseId", "fr.health.samu992.AUTRE", "RS-RR", "RS-RI", "RS-SR"),
        ),
        _fault(
            "dossier-a-soi",
            "CI-04",
            _ASKED,
            "remplace le caseId par le sien",
            sends=_set("content.caseId", "fr.health.samu991.MIEN", "RS-RR", "RS-RI", "RS-SR"),
        ),
        _fault(
            "autre-demande",
            "CI-15",
            _ASKED,
            "répond à une autre demande",
            sends=_set("content.requestId", "fr.health.samu992.request.autre", "RS-RR"),
        ),
        _fault(
            "annule-une-autre-demande",
            "CI-16",
            f"{CANCELLED}@origine",
            "annule une autre demande",
            sends=_on("RS-DR")(_cancel_other),
        ),
        _fault(
            "engage-apres-refus",
            "CI-18",
            f"{REFUSED}@sollicite",
            "engage après avoir refusé",
            sends=_engage_refused,
        ),
        _fault(
            "engagement-sans-demande",
            "CI-19",
            _ASKED,
            "engage sans dire pour quelle demande",
            sends=_on("RS-RI")(_no_request),
        ),
        _fault(
            "statut-d-une-inconnue",
            "CI-20",
            _ASKED,
            "donne le statut d'une ressource inconnue",
            sends=_set("content.resourceId", "fr.health.samu991.resource.inconnue", "RS-SR"),
        ),
        _fault(
            "fiche-d-un-autre-dossier",
            "CI-25",
            f"{RPIS}@tablette",
            "se trompe de numéro de dossier",
            sends=_set("content.event.fileId", "DRFR00000", "RPIS"),
        ),
        _fault("muet", "SC-01", _ASKED, "ne répond jamais à une demande", sends=_drop("RS-RR")),
        _fault("repond-deux-fois", "SC-02", _ASKED, "envoie sa réponse deux fois", sends=_said_twice),
        _fault(
            "engage-apres-annulation",
            "SC-03",
            f"{CANCELLED}@sollicite",
            "engage malgré l'annulation",
            receives=_engage_cancelled,
        ),
        _fault(
            "n-envoie-pas",
            "SC-04",
            f"{UNKNOWN}@origine",
            "n'envoie pas le message demandé",
            sends=_drop("RS-EDA"),
        ),
        _fault("ecran-muet", "ER-06", f"{UNKNOWN}@origine", "ne montre pas la non-remise", blind=True),
    )
}

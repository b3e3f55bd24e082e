"""Rules on the header, which repeats what the envelope says (requirements HD-01 to HD-07)."""

from __future__ import annotations

from collections.abc import Iterator

from recette.judge.moments import moment
from recette.judge.party_names import is_address, is_name
from recette.judge.registry import rule
from recette.judge.rules.schema import schema_breaches
from recette.judge.verdicts import Finding
from recette.judge.view import EditorMessage, View
from recette.messages.building import ADDRESS_SCHEME
from recette.messages.reading import MESSAGE_PATH

_HEADER = ("HD-01", "HD-02", "HD-03", "HD-04", "HD-05", "HD-06", "HD-07")
_READINGS = (
    "Plusieurs lectures : l'identifiant client, et « hubex: » devant lui (DST 3.4.5) ; l'identifiant sans ses deux "
    "premiers segments (exemples officiels, interface de l'agence) ; « identifiant-nom du logiciel », ou l'inverse pour "
    "l'émetteur depuis la génération 2, et « éditeur: » ou « sge: » devant lui (description du RC-DE)."
)
_ENVELOPE_SAYS = {"HD-05": "EN-08", "HD-06": "EN-07"}
"""The rule of the envelope's own field, by the rule of the header's."""


def header_agrees(view: View) -> Iterator[Finding]:
    """What of the header differs from the envelope, for the requirement that is looked at."""
    yield from schema_breaches(view)
    for one in view.messages:
        yield from _disagreements(view, one)


for _requirement in _HEADER:
    rule(_requirement)(header_agrees)


def _disagreements(view: View, one: EditorMessage) -> Iterator[Finding]:
    header, message = one.message.header, one.message
    if header is None:
        return
    wanted: dict[str, tuple[str, str | None, str | None]] = {
        "HD-01": ("messageId", message.distribution_id, header.message_id),
        "HD-02": ("sender.name", message.sender_id, header.sender_name),
        "HD-03": ("sender.URI", f"{ADDRESS_SCHEME}:{message.sender_id}", header.sender_uri),
        "HD-05": ("kind", message.distribution_kind, header.kind),
        "HD-06": ("status", message.distribution_status, header.status),
    }
    if view.rule in wanted:
        field, expected, actual = wanted[view.rule]
        named = _ENVELOPE_SAYS.get(view.rule)
        if any(error.rule == named and error.severity == "error" for error in view.diagnostics(one)):
            return  # what the envelope says is no code: the header is not to repeat it
        if actual is not None and expected is not None and actual != expected:
            described = _other_reading(view, message.sender_id, header.sender_name, header.sender_uri)
            text = f"{field} de l'en-tête n'est pas celui que l'enveloppe annonce."
            yield view.broken(
                f"{text} {_READINGS}" if described else text,
                message=one,
                path=f"{MESSAGE_PATH}.{field}",
                expected=expected,
                actual=actual,
                disputed=described,
            )
    elif view.rule == "HD-04":
        sent, said = moment(message.date_time_sent), moment(header.sent_at)
        if sent is not None and said is not None and abs((sent - said).total_seconds()) > 1:
            yield view.broken(
                "sentAt ne concorde pas avec dateTimeSent.",
                message=one,
                path=f"{MESSAGE_PATH}.sentAt",
                expected=message.date_time_sent,
                actual=header.sent_at,
            )
    else:
        pair = (message.recipient_id, f"{ADDRESS_SCHEME}:{message.recipient_id}")
        if header.recipients and pair not in header.recipients:
            described = _recipient_in_other_reading(view, one)
            text = "recipient ne contient pas le destinataire de l'enveloppe."
            yield view.broken(
                f"{text} {_READINGS}" if described else text,
                message=one,
                path=f"{MESSAGE_PATH}.recipient",
                expected=f"{pair[0]} ({pair[1]})",
                actual=", ".join(f"{name} ({uri})" for name, uri in header.recipients[:3]),
                disputed=described,
            )


def _other_reading(view: View, client: str | None, name: str | None, uri: str | None) -> bool:
    """Whether the sender is named as another source has it, where it differs from DST 3.4.5."""
    if client is None or view.rule not in {"HD-02", "HD-03"}:
        return False
    others = _others(view, client)
    return is_name(name, client, others) if view.rule == "HD-02" else is_address(uri, client, others)


def _recipient_in_other_reading(view: View, one: EditorMessage) -> bool:
    client = one.message.recipient_id
    known = one.message.header.recipients if one.message.header is not None else ()
    if client is None:
        return False
    others = _others(view, client)
    return any(is_name(name, client, others) and is_address(uri, client, others) for name, uri in known)


def _others(view: View, client: str) -> frozenset[str]:
    """The other clients that the run knows."""
    known = {one for target in view.header.targets for one in (target.editor, *target.partners)}
    return frozenset({*known, *view.casting.clients.values()} - {client})

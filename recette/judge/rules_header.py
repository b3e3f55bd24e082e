"""Rules on the header, which repeats what the envelope says (requirements HD-01 to HD-07)."""

from __future__ import annotations

from collections.abc import Iterator

from recette.judge.moments import moment
from recette.judge.rules_message import schema_rule
from recette.judge.verdicts import Finding
from recette.judge.view import EditorMessage, Rule, View
from recette.messages.building import ADDRESS_SCHEME
from recette.messages.reading import MESSAGE_PATH

_HEADER = ("HD-01", "HD-02", "HD-03", "HD-04", "HD-05", "HD-06", "HD-07")
_ENVELOPE_SAYS = {"HD-05": "EN-08", "HD-06": "EN-07"}
"""The rule of the envelope's own field, by the rule of the header's."""


def _header_rule(rule: str) -> Rule:
    def check(view: View) -> Iterator[Finding]:
        yield from schema_rule(rule)(view)
        for one in view.messages:
            yield from _header_findings(view, rule, one)

    return check


def _header_findings(view: View, rule: str, one: EditorMessage) -> Iterator[Finding]:
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
    if rule in wanted:
        field, expected, actual = wanted[rule]
        named = _ENVELOPE_SAYS.get(rule)
        if any(error.rule == named and error.severity == "error" for error in view.diagnostics(one)):
            return  # what the envelope says is no code: the header is not to repeat it
        if actual is not None and expected is not None and actual != expected:
            text = f"{field} de l'en-tête n'est pas celui que l'enveloppe annonce."
            yield view.broken(
                rule, text, message=one, path=f"{MESSAGE_PATH}.{field}", expected=expected, actual=actual
            )
    elif rule == "HD-04":
        sent, said = moment(message.date_time_sent), moment(header.sent_at)
        if sent is not None and said is not None and abs((sent - said).total_seconds()) > 1:
            yield view.broken(
                rule,
                "sentAt ne concorde pas avec dateTimeSent.",
                message=one,
                path=f"{MESSAGE_PATH}.sentAt",
                expected=message.date_time_sent,
                actual=header.sent_at,
            )
    else:
        pair = (message.recipient_id, f"{ADDRESS_SCHEME}:{message.recipient_id}")
        if header.recipients and pair not in header.recipients:
            yield view.broken(
                rule,
                "recipient ne contient pas le destinataire de l'enveloppe.",
                message=one,
                path=f"{MESSAGE_PATH}.recipient",
                expected=f"{pair[0]} ({pair[1]})",
                actual=", ".join(f"{name} ({uri})" for name, uri in header.recipients[:3]),
            )


RULES: dict[str, Rule] = {rule: _header_rule(rule) for rule in _HEADER}

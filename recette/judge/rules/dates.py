"""Rules on how the envelope writes its dates, and when a message expires (requirements EN-05, EN-06; DST 2.2.4, 3.4.3)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

from recette.judge.moments import moment
from recette.judge.registry import rule
from recette.judge.rules.schema import schema_breaches
from recette.judge.verdicts import Finding
from recette.judge.view import View

_USEFUL = timedelta(minutes=1)
_STRICT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}[+-]\d{2}:\d{2}")


@rule("EN-05")
def sent_date_form(view: View) -> Iterator[Finding]:
    yield from _strict_date(view, "dateTimeSent")


@rule("EN-06")
def expires_after_sent(view: View) -> Iterator[Finding]:
    yield from _strict_date(view, "dateTimeExpires")
    told: set[int] = set()
    for one in view.messages:
        sent, expires = moment(one.message.date_time_sent), moment(one.message.date_time_expires)
        if sent is not None and expires is not None and expires <= sent:
            told.add(one.number)
            yield view.broken(
                "dateTimeExpires n'est pas postérieur à dateTimeSent.",
                message=one,
                path="$.dateTimeExpires",
                expected=f"après {one.message.date_time_sent}",
                actual=one.message.date_time_expires,
            )
        elif sent is not None and expires is not None and expires - sent < _USEFUL:
            told.add(one.number)
            yield view.broken(
                "dateTimeExpires laisse moins d'une minute : ce que son destinataire ne lit pas aussitôt se perd.",
                message=one,
                path="$.dateTimeExpires",
                expected="une échéance qui laisse le temps de livrer",
                actual=one.message.date_time_expires,
                disputed=True,
            )
    for refusal in view.record.hub.refusals:
        event = refusal.event
        mine = event.client == view.editor and not view.wants_refusal(refusal.step)
        if event.code == 400 and mine and refusal.number not in told:
            yield view.broken(
                "Le hub a refusé le message (400) : il avait expiré avant d'être acheminé.",
                step=refusal.step,
                event=refusal.number,
                path="$.dateTimeExpires",
                expected="une échéance qui laisse le temps de livrer",
                actual=refusal.message.date_time_expires,
                advice="Donnez une échéance plus lointaine, et vérifiez l'horloge (NTP) de l'éditeur.",
            )


def _strict_date(view: View, field: str) -> Iterator[Finding]:
    yield from schema_breaches(view)
    for one in view.messages:
        value = one.message.date_time_sent if field == "dateTimeSent" else one.message.date_time_expires
        if any(error.path == f"$.{field}" for error in view.diagnostics(one)):
            continue  # the schemas say it
        if value is not None and not _STRICT.fullmatch(value.strip()):  # XSD takes no notice of blanks around
            yield view.broken(
                f"{field} doit porter un décalage numérique, sans Z ni fraction de seconde.",
                message=one,
                path=f"$.{field}",
                expected="AAAA-MM-JJThh:mm:ss±hh:mm",
                actual=value,
            )

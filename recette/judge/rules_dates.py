"""Rules on how the envelope writes its dates, and when a message expires (requirements EN-05, EN-06; DST 2.2.4, 3.4.3)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from recette.judge.moments import moment
from recette.judge.rules_schema import schema_rule
from recette.judge.verdicts import Finding
from recette.judge.view import Rule, View

_STRICT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}[+-]\d{2}:\d{2}")


def en_05(view: View) -> Iterator[Finding]:
    yield from _strict_date(view, "EN-05", "dateTimeSent")


def en_06(view: View) -> Iterator[Finding]:
    yield from _strict_date(view, "EN-06", "dateTimeExpires")
    told: set[int] = set()
    for one in view.messages:
        sent, expires = moment(one.message.date_time_sent), moment(one.message.date_time_expires)
        if sent is not None and expires is not None and expires <= sent:
            told.add(one.number)
            yield view.broken(
                "EN-06",
                "dateTimeExpires n'est pas postérieur à dateTimeSent.",
                message=one,
                path="$.dateTimeExpires",
                expected=f"après {one.message.date_time_sent}",
                actual=one.message.date_time_expires,
            )
    for refusal in view.record.refusals:
        event = refusal.event
        mine = event.client == view.editor and not view.wants_refusal(refusal.step)
        if event.code == 400 and mine and refusal.number not in told:
            yield view.broken(
                "EN-06",
                "Le hub a refusé le message (400) : il avait expiré avant d'être acheminé.",
                step=refusal.step,
                event=refusal.number,
                path="$.dateTimeExpires",
                expected="une échéance qui laisse le temps de livrer",
                actual=refusal.message.date_time_expires,
                advice="Donnez une échéance plus lointaine, et vérifiez l'horloge (NTP) de l'éditeur.",
            )


def _strict_date(view: View, rule: str, field: str) -> Iterator[Finding]:
    yield from schema_rule(rule)(view)
    for one in view.messages:
        value = one.message.date_time_sent if field == "dateTimeSent" else one.message.date_time_expires
        if value is not None and moment(value) is not None and not _STRICT.fullmatch(value):
            yield view.broken(
                rule,
                f"{field} doit porter un décalage numérique, sans Z ni fraction de seconde.",
                message=one,
                path=f"$.{field}",
                expected="AAAA-MM-JJThh:mm:ss±hh:mm",
                actual=value,
            )


RULES: dict[str, Rule] = {"EN-05": en_05, "EN-06": en_06}

"""What a free observation says: each case as a story, then what is wrong, and what nothing could show."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from recette.journal.capture_events import CaptureStarted
from recette.judge.captured import Case, Clock, Seen
from recette.judge.observing import Observed, ObservedCase
from recette.judge.verdicts import FRENCH, Finding, worst
from recette.messages.clients import HUB
from recette.messages.dictionary.models import UnknownModelError, model
from recette.messages.vhosts import vhost
from recette.report.scope import not_observed_lines
from recette.report.text import PARTIES, finding_lines, safe
from recette.wording.counting import counted, in_seconds
from recette.wording.values import plain

_ANSWERS = {"RC-REF", "RS-ERROR"}
_LONG = 60


def lines(observed: Observed, header: CaptureStarted) -> Iterator[str]:
    """All of it, for a terminal."""
    for one in header.sources:
        yield safe(f"Source : {one}")
    yield "Entre crochets, le numéro de chaque message, que les constats appellent « événement »."
    for clock in observed.clocks:
        yield safe(_clock(clock, header))
    told: set[tuple[str, str, str]] = set()
    for case in observed.cases:
        yield ""
        yield from _told(case, header, told)
    yield ""
    yield from summary(observed, header)


def document(observed: Observed, header: CaptureStarted) -> dict[str, Any]:
    """The same for programs."""
    return {
        "recette": header.recette,
        "vhost": header.vhost,
        "sources": list(header.sources),
        "verdict": verdict_of(observed),
        "clocks": [
            {"source": one.source, "ahead": one.ahead.total_seconds(), "exact": one.exact}
            for one in observed.clocks
        ],
        "editors": {client: verdict_of(observed, client) for client in observed.editors},
        "cases": [
            {
                "case": one.case.name,
                "begun": one.begun,
                "story": list(story(one.case, header)),
                "findings": [
                    {"editor": client, **asdict(found), "seen_in": list(_seen_in(found, messages, header))}
                    for client, found in one.findings
                ],
            }
            for one in observed.cases
            for messages in [numbered(one.case)]
        ],
        "not_observed": [asdict(one) for one in observed.not_judged],
    }


def verdict_of(observed: Observed, client: str | None = None) -> str:
    """`fail`, `inconc`, or `none`: where nothing is wrong, what was not seen is not passed all the same.

    A message whose sender nobody knows was held to no rule: no capture with one is without reproach.
    """
    found = [one.verdict for editor, one in observed.findings if client in {None, editor}]
    if client is None and observed.of_nobody:
        found.append("inconc")
    return worst(one for one in found if one != "remark")


def story(case: Case, header: CaptureStarted) -> Iterator[str]:
    """One sentence a message; its acknowledgment, or the hub's refusal, is told with it."""
    answers = {one.message.reference_id: one for one in reversed(case.messages) if _answers(one)}
    sent = {one.message.distribution_id for one in case.messages}
    for one in case.messages:
        if _answers(one) and one.message.reference_id in sent:
            continue
        yield plain(f"{described(one, header)}{_answered(one, answers)}.", 400)


def described(one: Seen, header: CaptureStarted) -> str:
    """Its number, when it passed, from whom to whom, and what it is."""
    return f"[{one.number}] {_when(one.at)}{_who(one)} {_what(one, header)}"


def _answers(one: Seen) -> bool:
    return one.message.model == "RC-REF" or (one.message.model == "RS-ERROR" and one.event.sent_by == HUB)


def _told(case: ObservedCase, header: CaptureStarted, told: set[tuple[str, str, str]]) -> Iterator[str]:
    """A case; of what was `told` of an editor before, no more than where it was seen again."""
    name = f"Dossier {plain(case.case.name, 100)}" if case.case.name else "Hors dossier"
    at = case.case.messages[0].at
    day = f", {at.astimezone():%d/%m/%Y}" if at is not None else ""
    late = (
        ""
        if case.begun or not case.case.name
        else " (commencé avant la capture : son déroulement n'est pas jugé)"
    )
    yield safe(f"── {name}{day}{late}")
    for line in story(case.case, header):
        yield f"  {safe(line)}"
    messages = numbered(case.case)
    for client, found in case.findings:
        key = (client, found.rule, found.explanation)
        if key in told:
            yield safe(
                f"  {FRENCH[found.verdict]} {found.rule} — {plain(client, 100)}, encore : [{found.event}]."
            )
            continue
        told.add(key)
        yield from finding_told(client, found, messages, header)


def numbered(case: Case) -> dict[int, Seen]:
    """Its messages by their numbers."""
    return {one.number: one for one in case.messages}


def finding_told(
    client: str, found: Finding, messages: Mapping[int, Seen], header: CaptureStarted
) -> Iterator[str]:
    """A finding with whom it is about and where the sources have what shows it; `messages` are those of its case."""
    where = " ; ".join(_seen_in(found, messages, header))
    whose = plain(client, 100) if found.attributed_to == "editor" else PARTIES[found.attributed_to]
    yield from (f"  {line}" for line in finding_lines(found, f"{whose} ([{found.event}] {where})"))


def _seen_in(found: Finding, messages: Mapping[int, Seen], header: CaptureStarted) -> Iterator[str]:
    """Where the sources have the message that shows it."""
    one = messages.get(found.event)
    if one is None:
        return
    for event in dict.fromkeys((*one.published, *one.delivered)) or (one.event,):
        source = header.sources[event.source].rpartition(" (")[0]
        yield f"{event.entry} de {source}" if event.entry else source


def summary(observed: Observed, header: CaptureStarted) -> Iterator[str]:
    for line in not_observed_lines(observed.not_judged):
        yield safe(f"Non observé : {line}")
    if header.left_out:
        yield f"Laissés de côté : {counted(header.left_out, 'enregistrement qui n’est pas un message de ce vHost', 'enregistrements qui ne sont pas des messages de ce vHost')}."
    if observed.of_nobody:
        yield f"NON CONCLUANT : {counted(observed.of_nobody, 'message dont rien ne dit l’émetteur, et qui n’est pas jugé', 'messages dont rien ne dit l’émetteur, et qui ne sont pas jugés')}."
    for client in observed.editors:
        said = {"fail": "NON CONFORME", "inconc": "NON CONCLUANT"}.get(
            verdict_of(observed, client), "aucun écart dans ce qui a été vu"
        )
        many = sum(one.event.sent_by == client for case in observed.cases for one in case.case.messages)
        yield safe(f"{plain(client, 100)} : {said} ({counted(many, 'message')}{_causes(observed, client)}).")


def _causes(observed: Observed, client: str) -> str:
    """How often each rule spoke of an editor."""
    often = Counter(found.rule for editor, found in observed.findings if editor == client)
    return "".join(f" ; {rule} ×{times}" if times > 1 else f" ; {rule}" for rule, times in often.items())


def _clock(clock: Clock, header: CaptureStarted) -> str:
    seconds = clock.ahead.total_seconds()
    side = "avance" if seconds >= 0 else "retarde"
    least = "" if clock.exact else "au moins "
    return (
        f"Horloge : celle de « {header.sources[clock.source]} » {side} de {least}{in_seconds(abs(seconds))} sur celle de "
        f"« {header.sources[0]} » ; les heures ci-dessous sont celles de la première."
    )


def _when(at: datetime | None) -> str:
    return f"{at.astimezone():%H:%M:%S} " if at is not None else ""


def _who(one: Seen) -> str:
    return f"{one.event.sent_by or 'un inconnu'} → {one.event.recipient or 'on ne sait qui'} :"


def _what(one: Seen, header: CaptureStarted) -> str:
    name = one.message.model
    if name is None:
        return "un message illisible"
    try:
        return f"{name} ({model(name, vhost(header.vhost).generation).label})"
    except UnknownModelError:
        return name


def _answered(one: Seen, answers: dict[str | None, Seen]) -> str:
    if one.message.model in _ANSWERS:
        return f", à propos de {one.message.reference_id}" if one.message.reference_id else ""
    answer = answers.get(one.message.distribution_id)
    if answer is None:
        return ", sans acquittement dans la capture"
    refused = (answer.message.content or {}).get("refused") is True
    by_hub = answer.message.model == "RS-ERROR"
    took = (answer.at - one.at).total_seconds() if answer.at is not None and one.at is not None else None
    after = "" if took is None or not 0 <= took < _LONG * _LONG else f" {in_seconds(took)} après"
    what = "refusé par le hub" if by_hub else "refusé" if refused else "acquitté"
    return f", {what}{after} [{answer.number}]"

"""What comes from the editor under test and belongs to no play: a finding of the campaign, whenever it lands."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from recette.judge.moments import moment
from recette.judge.verdicts import Finding
from recette.messages.building import is_drawn
from recette.messages.reading import MESSAGE_PATH, Message
from recette.scenario.requirements import catalogue

CAMPAIGN_RULE = "SC-06"
_OPENING = frozenset({"RS-EDA", "RC-EDA"})
"""Messages that share a case: one that nobody awaited shares no other's data."""
_CASE = frozenset({"RS-EDA", "RS-EDA-MAJ"})
_RECEIPTS = frozenset({"RC-REF", "RS-ERROR"})


@dataclass(frozen=True, slots=True)
class Stray:
    """A message of the editor that no play took; `client` is whom it reached."""

    number: int
    vhost: str
    client: str
    editor: str
    message: Message
    play: str = ""
    """The play that it came too late for."""
    closed: str | None = None
    """The dateTimeSent with which the editor had told this client that the case is closed."""


@dataclass(frozen=True, slots=True)
class CaseOfPlay:
    """Which play a case is of, and the event that named it first."""

    play: str
    since: int


def campaign_findings(
    strays: Iterable[Stray], cases: Mapping[str, CaseOfPlay], begun: datetime, *, held: bool
) -> Iterator[tuple[str, Finding]]:
    """One finding for each stray message of this run, with the client id of its editor.

    `cases`: the play of each caseId of the run: what comes after it, once the run was cut off and goes on, is late and
    no more. `begun`: when the run began: what was sent before is no doing of this campaign. `held`: whether it was asked
    that the rule be held as a MUST in every case.
    """
    second = begun.replace(microsecond=0)  # what messages give
    for one in strays:
        if one.play:
            yield from ((one.editor, found) for found in _late(one))
            continue
        sent = moment(one.message.date_time_sent)
        case = cases.get(one.message.case_id or "")
        late = case is not None and case.since < one.number
        if late or (sent is not None and sent < second) or _answers_another_run(one):
            continue
        yield one.editor, _told(one, cases, held=held)


def _answers_another_run(one: Stray) -> bool:
    """Whether it is about something that a partner may have sent in an earlier run."""
    client, _, drawn = (one.message.reference_id or "").rpartition("_")
    return client == one.client and is_drawn(drawn)


def closes(message: Message) -> bool:
    """Whether an update says that its case is closed."""
    return _status(message) == "CLOTURE"


def _status(message: Message) -> object:
    node: object = message.content
    for name in ("qualification", "details", "status"):
        node = node.get(name) if isinstance(node, Mapping) else None
    return node


def _late(one: Stray) -> Iterator[Finding]:
    """What came once its play was over: a fault where the editor had closed the case, and sent it afterwards.

    Anything else may be slow: a play does not wait for what no step asks for.
    """
    sent, closed = moment(one.message.date_time_sent), moment(one.closed)
    after = sent is not None and closed is not None and sent > closed
    if after and one.message.model in _CASE and _status(one.message) is None:
        text = f"{one.message.model} met à jour un dossier que l'éditeur a dit clos ({one.play})."
        found = _finding(one, "fail", text, one.message.case_id or "", rule="CI-38")
        yield replace(found, expected="rien, ou un statut qui rouvre le dossier")


def _told(one: Stray, cases: Mapping[str, CaseOfPlay], *, held: bool) -> Finding:
    message = one.message
    name, case = message.model or "Un message illisible", message.case_id
    if message.model in _RECEIPTS:
        text = f"{name} se rapporte à un message que {one.client} n'a pas envoyé."
        return _finding(one, "fail" if held else "remark", text, message.reference_id or "aucun message")
    if case is None or message.model in _OPENING:
        text = f"{name} est parvenu à {one.client} sans qu'aucun passage l'attende."
        return _finding(one, "fail" if held else "remark", text, case or name)
    if case in cases:
        text = f"{name} est parvenu à {one.client} avant le dossier qu'il met à jour (partagé ensuite : {cases[case].play})."
        return _finding(one, "fail", text, case)
    text = f"{name} est parvenu à {one.client} pour un dossier que l'éditeur ne lui a jamais partagé."
    return _finding(one, "fail", text, case)


def _finding(
    one: Stray, verdict: Literal["fail", "remark"], text: str, actual: str, *, rule: str = CAMPAIGN_RULE
) -> Finding:
    requirement = catalogue()[rule]
    named = one.message.case_id is not None and one.message.model != "EMSI"
    return Finding(
        rule=rule,
        verdict=verdict,
        attributed_to="editor",
        step="",
        path=f"{MESSAGE_PATH}.{one.message.key}.caseId" if named else "",
        expected="un dossier partagé avec ce partenaire" if named else "rien",
        actual=actual,
        explanation=f"{text} Aucun passage n'y a part : c'est un constat de la campagne.",
        source=f"{requirement.source} : {requirement.text}",
        advice=f"Cherchez dans le journal du logiciel pourquoi {one.editor} a écrit à {one.client}, et à quel sujet.",
        event=one.number,
        place=f"{one.vhost}, vers {one.client}",
    )

"""The findings of a play: expected and actual side by side, the place, the rule, what to do."""

from __future__ import annotations

from recette.judge.verdicts import Finding
from recette.report.html.evidence import Evidence
from recette.report.html.pieces import badge, code, facts, link
from recette.report.html.room import Rooms
from recette.report.markup import Markup, Node, tag
from recette.report.story import Play
from recette.report.text import PARTIES
from recette.scenario.requirements import catalogue
from recette.wording.counting import counted

_IN_FULL, _IN_BRIEF = 20, 100
"""Findings of one play that are shown in full, and in a line; hundreds are one cause, and its first ones tell it."""


def findings_of(
    play: Play, evidence: Evidence, rooms: Rooms, *, linked: bool = True, head: str = "Constats"
) -> Markup | None:
    """All findings of a play, then the messages they are about; `linked` to the requirements that the page shows."""
    found = play.result.findings
    if not found:
        return None
    full = []
    for one in found[:_IN_FULL]:
        shown = _finding(play, one, evidence, linked=linked)
        if not rooms.findings.take(shown):
            break
        full.append(shown)
    return tag(
        "div",
        tag("h4", f"{head} ({len(found)})"),
        full,
        _briefly(found[len(full) :], rooms),
        evidence.messages_of(play),
        class_="findings",
    )


def _finding(play: Play, finding: Finding, evidence: Evidence, *, linked: bool) -> Markup:
    titles = {step.id: step.title for step in play.result.steps}
    requirement = catalogue().get(finding.rule)
    level = (
        f"obligatoire ({requirement.obligation})"
        if requirement and requirement.obligation == "MUST"
        else "recommandée (SHOULD)"
    )
    rows: list[tuple[str, Node]] = [
        ("Étape", titles.get(finding.step, finding.step) or "toutes"),
        ("Attribué à", PARTIES[finding.attributed_to]),
        (
            "Règle",
            [
                link(finding.rule, tag("strong", finding.rule)) if requirement and linked else finding.rule,
                f", {level} : {requirement.text if requirement else finding.source}",
            ],
        ),
        ("Source", requirement.source if requirement else finding.source),
        ("Journal", f"événement {finding.event}" if finding.event else "toute la campagne"),
    ]
    return tag(
        "section",
        tag("h5", badge(finding.verdict), " ", tag("strong", finding.rule), " ", finding.explanation),
        _compared(finding),
        tag("p", tag("strong", "À faire : "), finding.advice, class_="todo"),
        facts(rows, kind="facts small"),
        evidence.place_in_message(finding),
        evidence.place_in_scenario(play, finding),
        class_=f"finding {finding.verdict}",
        aria_label=f"Constat {finding.rule}",
    )


def _compared(finding: Finding) -> Markup | None:
    if not finding.expected and not finding.actual:
        return None
    return tag(
        "dl",
        tag("div", tag("dt", "Attendu"), tag("dd", code(finding.expected or "rien")), class_="expected"),
        tag("div", tag("dt", "Reçu"), tag("dd", code(finding.actual or "rien")), class_="actual"),
        class_="compared",
    )


def _briefly(rest: tuple[Finding, ...], rooms: Rooms) -> Markup | None:
    if not rest:
        return None
    lines = []
    for one in rest[:_IN_BRIEF]:
        where = code(one.path) if one.path else None
        shown = tag("li", badge(one.verdict), " ", tag("strong", one.rule), f" {one.explanation} ", where)
        if not rooms.brief.take(shown):
            break
        lines.append(shown)
    left = len(rest) - len(lines)
    more = (
        tag("p", counted(left, "autre constat", "autres constats"), " dans results.json.") if left else None
    )
    if not lines:
        return more
    summary = tag("summary", counted(len(rest), "autre constat", "autres constats"))
    return tag("details", summary, tag("ul", lines), more)

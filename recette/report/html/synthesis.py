"""The findings told once each: rule by rule, with the plays that show them."""

from __future__ import annotations

from recette.report.grouping import Cause, causes
from recette.report.html.pieces import badge, link, row, section, table
from recette.report.markup import Markup, Node, tag
from recette.report.story import Story
from recette.report.text import PARTIES
from recette.scenario.requirements import catalogue
from recette.wording.counting import counted

_SHOWN = 12
"""Plays that one cause links to; the others follow in the plays themselves."""


def synthesis_section(story: Story) -> Markup | None:
    """Every cause, worst first; nothing where there is none."""
    found = causes(story.judgement.results)
    if not found:
        return None
    anchors = {play.result.id: play.anchor for play in story.plays}
    heads = ("Règle", "Constat et ce qu'il faut faire", "Attribué à", "Passages")
    return section(
        "constats",
        "Constats par cause",
        table(
            "Constats, du plus grave au moins grave",
            heads,
            [_row(one, anchors) for one in found],
            kind="stacked",
        ),
        lead="Une seule cause."
        if len(found) == 1
        else f"{counted(len(found), 'cause')} : corriger la première suffit souvent à en faire disparaître d'autres.",
    )


def _row(cause: Cause, anchors: dict[str, str]) -> Markup:
    told = cause.explanations
    requirement = catalogue().get(cause.rule)
    more = (
        f"et {counted(len(told) - 1, 'autre formulation', 'autres formulations')}" if len(told) > 1 else None
    )
    return row(
        [tag("strong", cause.rule), " ", badge(cause.verdict)],
        [
            tag("p", told[0], tag("span", f" ({more})", class_="aside") if more else None),
            tag("p", cause.first.advice, class_="todo"),
            tag("p", f"{requirement.text} — {requirement.source}", class_="aside") if requirement else None,
        ],
        PARTIES[cause.attributed_to],
        [tag("strong", counted(len(cause.plays), "passage")), _plays(cause, anchors)],
    )


def _plays(cause: Cause, anchors: dict[str, str]) -> Node:
    names = cause.plays
    links = [tag("li", link(anchors[name], name) if name in anchors else name) for name in names[:_SHOWN]]
    rest = tag("li", f"et {len(names) - _SHOWN} autres") if len(names) > _SHOWN else None
    return tag("ul", links, rest, class_="bare small")

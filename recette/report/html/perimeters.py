"""Perimeter × scenario: first the counts, then each scenario with its plays."""

from __future__ import annotations

from collections.abc import Iterable

from recette.judge.verdicts import FRENCH, Verdict, worst
from recette.report.html.pieces import badge, code, link, row, section, table
from recette.report.markup import Markup, Node, tag
from recette.report.story import Play, Story
from recette.wording.counting import counted

_COLUMNS: tuple[Verdict, ...] = ("pass", "fail", "inconc", "error", "none")
_HEADS = (
    "vHost",
    "Passages",
    *(FRENCH[name].capitalize() for name in _COLUMNS),
    "Verdict",
)
_FEW = 40
"""Plays of which all tables stand open."""


def perimeters_section(story: Story) -> Markup:
    """What was played, and where it stands."""
    groups = by_perimeter(story.plays)
    lists = [_perimeter(name, plays, len(story.plays)) for name, plays in groups.items()]
    total = _counts_row("Ensemble", story.plays, story.judgement.verdict) if len(groups) > 1 else None
    rows = [
        _counts_row(name, plays, worst(one.result.verdict for one in plays)) for name, plays in groups.items()
    ]
    return section(
        "perimetres",
        "Périmètres et scénarios",
        table("Passages par vHost et par verdict", _HEADS, [rows, total], kind="numbers"),
        lists,
    )


def by_perimeter(plays: Iterable[Play]) -> dict[str, list[Play]]:
    """Plays by vHost, in the order they were played."""
    found: dict[str, list[Play]] = {}
    for play in plays:
        found.setdefault(play.vhost or "Non chargés", []).append(play)
    return found


def _counts_row(name: str, plays: Iterable[Play], verdict: str) -> Markup:
    found = [one.result.verdict for one in plays]
    return row(name, len(found), *(found.count(one) or "–" for one in _COLUMNS), badge(verdict))


def _perimeter(name: str, plays: list[Play], total: int) -> Markup:
    scenarios: dict[str, list[Play]] = {}
    for play in plays:
        scenarios.setdefault(play.scenario_id, []).append(play)
    wrong = sum(one.result.verdict != "pass" for one in plays)
    told = f"{counted(len(scenarios), 'scénario')}, {counted(len(plays), 'passage')}"
    rows = [_scenario(one) for one in scenarios.values()]
    return tag(
        "details",
        tag(
            "summary",
            tag("h3", name),
            tag("span", told, f", {wrong} à examiner" if wrong else "", class_="aside"),
        ),
        table(
            f"Scénarios de {name}",
            ("Scénario", "Passages : rôle de l'éditeur éprouvé et verdict"),
            rows,
            kind="stacked",
        ),
        open=bool(wrong) or total <= _FEW,
    )


def _scenario(plays: list[Play]) -> Markup:
    first = plays[0]
    return row(
        [first.result.title, tag("span", code(first.scenario_id), class_="aside block")],
        tag("ul", [tag("li", _play(one)) for one in plays], class_="bare chips"),
    )


def _play(play: Play) -> Node:
    findings = len(play.result.findings)
    aside = tag("span", f" · {counted(findings, 'constat')}", class_="aside") if findings else None
    return link(play.anchor, badge(play.result.verdict), play.actor or play.result.id, aside)

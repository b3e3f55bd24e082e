"""« Campagnes »: what was played, the latest first."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from recette.console.runs import PastRun
from recette.report.html.pieces import badge, code, row, table
from recette.report.markup import Markup, Node, tag
from recette.wording.counting import counted


def runs_page(found: Iterable[PastRun], going: str, folder: Path) -> Node:
    """All runs below a folder."""
    rows = [_row(one, going) for one in found]
    if not rows:
        return tag("p", "Aucune campagne dans ", code(str(folder)), " : jouez-en une.", class_="lead")
    return tag(
        "section",
        table(f"Campagnes de {folder}", ("Campagne", "Logiciel", "vHost", "Verdict"), rows, kind="stacked"),
        aria_label="Campagnes",
    )


def _row(one: PastRun, going: str) -> Markup:
    name = tag("a", one.name, href=f"/campagnes/{one.name}")
    head = [name, tag("span", f"{one.written:%d/%m/%Y %H:%M}", class_="aside block")]
    if one.results is None or one.name == going:
        told = "se joue en ce moment" if one.name == going else "interrompue, ou pas encore jugée"
        return row(head, "", "", tag("span", told, class_="aside"))
    judgement = one.results.judgement
    counts = judgement.counts
    wrong = counts["fail"] + counts["inconc"] + counts["error"]
    told = f" {counted(len(judgement.scenarios), 'passage')}" + (f", {wrong} à examiner" if wrong else "")
    return row(head, one.results.software, code(one.results.vhost), [badge(judgement.verdict), told])

"""The matrix of a steering committee, as a page: one table a vHost, one column a message."""

from __future__ import annotations

from collections.abc import Sequence

from recette.judge.verdicts import FRENCH
from recette.report.html.pieces import SIGNS, row, section, table
from recette.report.html.sheet import sheet
from recette.report.markup import Markup, Node, tag
from recette.report.recorded import Recorded
from recette.report.steering import DIRECTIONS, Cell, Subject, Table, campaigns
from recette.wording.counting import counted

_CSS = """
.steering td, .steering th { white-space: nowrap; padding-right: 1rem; }
.steering tbody th { white-space: normal; min-width: 11rem; position: sticky; left: 0; background: var(--paper); }
.steering td > span { display: block; }
.steering .level { display: inline-block; margin-top: .25rem; font-size: .8125rem; font-weight: 400; color: var(--blue); }
.steering .none { color: var(--soft); font-weight: 400; }
.key { display: flex; flex-wrap: wrap; gap: .25rem 1.5rem; }
.steering thead th:first-child { white-space: normal; }
@media (max-width: 36rem) { .steering tbody th { min-width: 8rem; max-width: 9rem; } }
@media print { @page { size: landscape; } .steering { font-size: 8pt; } .steering tbody th { position: static; } }
"""


def render(tables: Sequence[Table], runs: Sequence[Recorded]) -> str:
    """The page."""
    lead = (
        f"D'après {counted(len(runs), 'campagne')}. Chaque case montre la campagne la plus récente qui a joué ce message : "
        "émis ou reçu par le logiciel éprouvé, avec le verdict des étapes qui le portent et la date."
    )
    sections = [_key(), *(_table(index, one) for index, one in enumerate(tables)), _campaigns(runs)]
    return sheet("Matrice de recette", "Hub Santé · Comité de pilotage", lead, sections, _CSS)


def _campaigns(runs: Sequence[Recorded]) -> Markup:
    """On which hub, and how much of the cahier."""
    return section("campagnes", "Campagnes", tag("ul", [tag("li", line) for line in campaigns(runs)]))


def _key() -> Markup:
    shown = [
        tag("li", tag("span", f"{SIGNS[name]} {FRENCH[name].lower()}", class_=f"cell {name}"))
        for name in ("pass", "fail", "inconc", "error", "none")
    ]
    return tag("ul", shown, class_="key bare", aria_label="Légende")


def _table(index: int, one: Table) -> Markup:
    rows = [
        row(_who(subject), *(_cell(cells, model) for model in one.models))
        for subject, cells in one.rows.items()
    ]
    heads = ("Pilote, éditeur, niveau de test", *one.models)
    shown = table(f"Messages émis et reçus sur {one.vhost}", heads, rows, kind="steering")
    return section(f"t{index}", one.title, shown)


def _who(subject: Subject) -> Node:
    pilot = tag("span", subject.pilot, class_="block") if subject.pilot else None
    return [
        pilot,
        tag("span", subject.editor, class_="block aside" if pilot else "block"),
        tag("span", subject.level, class_="level"),
    ]


def _cell(cells: dict[tuple[str, str], Cell], model: str) -> Node:
    """Both directions, each with its date, or the date once where it is the same."""
    there = [(name, cells[model, name]) for name in DIRECTIONS if (model, name) in cells]
    dates = {cell.date for _, cell in there}
    return [
        *(_way(name, cell, dated=len(dates) > 1) for name, cell in there),
        tag("span", _day(next(iter(dates))), class_="aside") if len(dates) == 1 else None,
    ]


def _way(name: str, cell: Cell, *, dated: bool) -> Markup:
    told = tag(
        "span",
        tag("span", SIGNS[cell.verdict], aria_hidden="true"),
        tag("span", f"{FRENCH[cell.verdict].lower()},", class_="heard"),
        f" {DIRECTIONS[name]}",
        class_=f"cell {cell.verdict}",
    )
    title = f"{FRENCH[cell.verdict]}, {counted(cell.plays, 'passage')}, campagne {cell.run}"
    return tag(
        "span", told, tag("span", f" {_day(cell.date)}", class_="aside") if dated else None, title=title
    )


def _day(date: str) -> str:
    return "/".join(reversed(date.split("-")))

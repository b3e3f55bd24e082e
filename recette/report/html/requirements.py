"""Requirement × perimeter: what the campaign proves, and what it does not."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from recette.report.coverage import Cell, Row, coverage
from recette.report.html.pieces import SIGNS, row, section, table
from recette.report.markup import Markup, Node, tag
from recette.report.story import Story
from recette.scenario.requirements import FAMILIES, OBLIGATIONS
from recette.wording.counting import counted


def requirements_section(story: Story) -> Markup:
    """Every requirement of the catalogue."""
    rows = coverage(story.plays, story.judgement)
    perimeters = list(rows[0].cells) if rows else []
    aimed = sum(one.aimed for one in rows)
    watched = sum(one.watched and not one.aimed for one in rows)
    lead = (
        f"{counted(len(rows), 'exigence')} au catalogue : {aimed} visées par un scénario joué, {watched} surveillées "
        f"par leur règle dans chaque passage sans scénario consacré, {len(rows) - aimed - watched} ni l'un ni l'autre (la raison est dite "
        "là où la recette n'en éprouve aucune part). "
        "« ✓ 4 » : visée par 4 passages, sans constat ; « ✕ 2/27 » : constat dans 2 passages sur 27 ; "
        "« surveillée » : aucun constat, ce qui ne prouve que là où le cas s'est présenté."
    )
    shown = table(
        "Couverture des exigences",
        ("Exigence", "Texte et source", *perimeters),
        list(_rows(rows, perimeters)),
        kind="matrix",
    )
    return section("exigences", "Couverture des exigences", shown, lead=lead)


def _rows(rows: list[Row], perimeters: list[str]) -> Iterator[Markup]:
    for family, some in groupby(rows, key=lambda one: one.requirement.family):
        yield tag(
            "tr",
            tag("th", FAMILIES[family], colspan=2 + len(perimeters), scope="rowgroup", role="rowheader"),
            class_="family",
            role="row",
        )
        for one in some:
            yield _row(one, perimeters)


def _row(one: Row, perimeters: list[str]) -> Markup:
    requirement = one.requirement
    return row(
        [requirement.id, tag("span", OBLIGATIONS[requirement.obligation], class_="aside block")],
        [
            requirement.text,
            tag("span", requirement.source, class_="aside block"),
            tag("span", f"Non éprouvée : {requirement.not_tested}", class_="block small")
            if requirement.not_tested
            else None,
            tag("span", f"Non observée dans cette campagne : {one.not_observed}", class_="block small")
            if one.not_observed
            else None,
        ],
        *(_cell(one, one.cells[name]) for name in perimeters),
        anchor=requirement.id,
    )


def _cell(one: Row, cell: Cell) -> Node:
    if cell.worst:
        told = f"{SIGNS[cell.worst]} {cell.broken}/{cell.watched or cell.aimed}"
        return tag("strong", told, class_=f"cell {cell.worst}")
    if one.not_observed:
        return tag("span", "non observé", class_="aside")
    if cell.aimed:
        proven = " par le passage" if one.by_passage else ""
        return tag("span", f"✓ {cell.aimed}{proven}", class_="cell pass")
    return tag("span", "surveillée" if cell.watched else "–", class_="aside")

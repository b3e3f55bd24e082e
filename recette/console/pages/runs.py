"""« Campagnes »: what was played, the latest first."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from recette.console.pages.layout import button, field, form, notice
from recette.console.runs import PastRun
from recette.proof.telling import verdict
from recette.proof.verification import Verification
from recette.report.html.pieces import badge, code, row, table
from recette.report.markup import Markup, Node, tag
from recette.wording.counting import counted

_SHOWN = 200
"""Lines of one kind that are shown of a verification."""


def runs_page(found: Iterable[PastRun], going: str, folder: Path) -> Node:
    """All runs below a folder."""
    runs = list(found)
    if not runs:
        return tag("p", "Aucune campagne dans ", code(str(folder)), " : jouez-en une.", class_="lead")
    rows = [_row(one, going) for one in runs]
    return [
        tag(
            "section",
            table(
                f"Campagnes de {folder}", ("Campagne", "Logiciel", "vHost", "Verdict"), rows, kind="stacked"
            ),
            aria_label="Campagnes",
        ),
        _comparison([one.name for one in runs if one.results is not None]),
    ]


def _comparison(names: list[str]) -> Markup | None:
    """Two runs to be compared, the two latest at first."""
    if len(names) < 2:
        return None

    def choice(name: str, told: str, chosen: str) -> Markup:
        options = [tag("option", one, value=one, selected=one == chosen) for one in names]
        return field(name, told, tag("select", options, id=name, name=name))

    return tag(
        "section",
        tag("h2", "Comparer deux campagnes", id="t-comparer"),
        tag(
            "form",
            choice("avant", "Avant", names[1]),
            choice("apres", "Après", names[0]),
            tag("button", "Voir ce qui change", type="submit"),
            method="get",
            action="/comparaison",
            class_="row",
        ),
        aria_labelledby="t-comparer",
    )


def verified_page(name: str, found: Verification, *, can_sign: bool) -> Node:
    """What a verification says, its last word first; what holds can be signed, where there is a key."""
    kind = "bad" if found.problems else ""
    lists = [
        ("Changé", [str(one) for one in found.problems]),
        (
            "Incertain",
            [*found.doubts, *(f"{one} n'a pas été scellé avec la campagne" for one in found.foreign)],
        ),
        ("Ce qui tient", found.facts),
    ]
    return [
        notice(verdict(found), kind),
        [
            tag("section", tag("h2", told), tag("ul", [tag("li", one) for one in some[:_SHOWN]]))
            for told, some in lists
            if some
        ],
        form(f"/campagnes/{name}/signer", button("Signer cette campagne"), label="Signer")
        if can_sign and not (found.problems or found.redacted or found.interrupted or found.signed)
        else None,
        tag("p", tag("a", "Revenir à la campagne", href=f"/campagnes/{name}")),
    ]


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

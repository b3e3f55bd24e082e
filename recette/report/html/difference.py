"""Two runs compared, as a page."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from recette.judge.verdicts import FRENCH
from recette.report.difference import FRENCH_TRENDS, TRENDS, Change, PlayDifference
from recette.report.difference_text import not_the_same, summary
from recette.report.html.environment import date_of
from recette.report.html.pieces import badge, code, row, section, table
from recette.report.html.sheet import sheet
from recette.report.markup import Markup, Node, tag
from recette.report.recorded import Recorded

_LEADS = {
    "worse": "Ce qui était mieux avant : à regarder d'abord.",
    "better": "Ce qui s'est arrangé.",
    "appeared": "Ce qui n'était pas joué avant.",
    "disappeared": "Ce qui n'est plus joué : rien n'en est dit.",
    "changed": "Même verdict, d'autres étapes ou d'autres constats.",
}


def render(before: Recorded, after: Recorded, found: Sequence[PlayDifference]) -> str:
    """The page."""
    sections = [
        section(
            "campagnes",
            "Les deux campagnes",
            _sides(before, after),
            lead=" ".join([*not_the_same(before, after), summary(found)]),
        ),
        *(_trend(name, [one for one in found if one.trend == name]) for name in TRENDS),
    ]
    return sheet(
        "Ce qui change d'une campagne à l'autre",
        "Hub Santé · Comparaison de recettes",
        f"{before.run}, puis {after.run}",
        sections,
    )


def _sides(before: Recorded, after: Recorded) -> Markup:
    rows = [
        row(
            word,
            code(one.run),
            date_of(datetime.fromisoformat(one.started)),
            one.vhost,
            one.recette,
            badge(one.judgement.verdict),
        )
        for word, one in (("Avant", before), ("Après", after))
    ]
    return table(
        "Campagnes comparées",
        ("", "Campagne", "Jouée le", "vHosts", "Recette", "Verdict"),
        rows,
        kind="stacked",
    )


def _trend(name: str, plays: list[PlayDifference]) -> Markup | None:
    if not plays:
        return None
    rows = [
        row(
            [one.title, tag("span", code(one.id), class_="aside block")],
            _turned(one.before, one.after),
            tag("ul", [tag("li", _change(change)) for change in one.changes], class_="bare")
            if one.changes
            else "–",
        )
        for one in plays
    ]
    word = FRENCH_TRENDS[name].capitalize()  # type: ignore[index]
    shown = table(
        f"{word} : {len(plays)}", ("Passage", "Verdict", "Étapes et constats"), rows, kind="stacked"
    )
    return section(name, f"{word} ({len(plays)})", shown, lead=_LEADS[name])


def _change(change: Change) -> Node:
    if not change.rule:
        return ["étape ", code(change.step), " ", _turned(change.before, change.after)]
    place = tag("span", code(change.path), class_="aside block") if change.path else None
    return [
        tag("strong", change.rule),
        " ",
        _turned(change.before, change.after),
        tag("span", f"{change.explanation}", class_="block"),
        place,
    ]


def _turned(before: str, after: str) -> Node:
    """A verdict and what it became; words say what an arrow shows."""
    arrow = [tag("span", " → ", aria_hidden="true"), tag("span", " devient ", class_="heard")]
    return [_verdict(before), arrow, _verdict(after)]


def _verdict(name: str) -> Node:
    return badge(name) if name in FRENCH else tag("span", "absent", class_="aside")

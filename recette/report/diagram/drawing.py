"""The sequence diagram of a play as SVG. What went wrong is told by shape and word, colour only underlines it."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files

from recette.judge.verdicts import FRENCH
from recette.report.diagram.layout import HEAD, Band, Layout, Row, lay_out
from recette.report.diagram.sentences import overview, short
from recette.report.exchanges import HUB, Exchange
from recette.report.markup import Markup, joined, style_element, tag
from recette.report.story import Lifeline, Play
from recette.report.text import moment

_NAMES = {"editor": "Éditeur", "hub": "Hub", "partner": "Partenaire"}
_SIGNS = {"error": "!", "fail": "✕", "inconc": "?", "remark": "i"}
_FATE_SIGNS = {"late": "late", "unexpected": "odd", "missing": "cross"}
_CHARACTER = 8
"""About the width of one, in bold."""
SCALE = 1.22
"""Of the drawing's units to pixels, where there is room."""


def style_sheet() -> str:
    """The diagram's own style sheet; a page that holds diagrams includes it once."""
    return (files("recette.report.diagram") / "diagram.css").read_text(encoding="utf-8")


def definitions() -> Markup:
    """Arrow heads and signs, once for all diagrams of a page."""
    shapes = {
        "right": [tag("path", d="M-8-4L0 0L-8 4Z")],
        "left": [tag("path", d="M8-4L0 0L8 4Z")],
        "cross": [tag("circle", r=7), tag("path", d="M-3-3L3 3M-3 3L3-3")],
        "late": [tag("circle", r=7), tag("path", d="M0-4V0L3 2")],
        "odd": [tag("path", d="M0-8L8 0L0 8L-8 0Z"), tag("path", d="M-3 0H3")],
    }
    return tag("defs", [tag("g", content, id=f"s-{name}") for name, content in shapes.items()])


def page_definitions() -> Markup:
    """The definitions as an element of their own, out of sight."""
    return tag("svg", definitions(), class_="defs", width=0, height=0, aria_hidden="true", focusable="false")


def diagram(play: Play) -> Markup:
    """The diagram as part of a page that holds the definitions and the style sheet."""
    title, desc = f"{play.anchor}-t", f"{play.anchor}-d"
    placed = lay_out(play)
    return tag(
        "svg",
        tag("title", f"Diagramme de séquence de {play.result.id}", id=title),
        tag("desc", overview(play), id=desc),
        _content(play, placed),
        class_="seq",
        viewBox=f"0 0 {placed.width} {placed.height}",
        width=round(placed.width * SCALE),
        height=round(placed.height * SCALE),
        role="img",
        aria_labelledby=f"{title} {desc}",
    )


def standalone(play: Play) -> str:
    """The diagram as a file of its own."""
    placed = lay_out(play)
    svg = tag(
        "svg",
        tag("title", f"Diagramme de séquence de {play.result.id}"),
        tag("desc", overview(play)),
        style_element(style_sheet()),
        definitions(),
        tag("rect", class_="sheet", width=placed.width, height=placed.height),
        _content(play, placed),
        xmlns="http://www.w3.org/2000/svg",
        class_="seq",
        viewBox=f"0 0 {placed.width} {placed.height}",
        width=round(placed.width * SCALE),
        height=round(placed.height * SCALE),
    )
    return svg.text


def _content(play: Play, placed: Layout) -> Markup:
    titles = {step.id: step.title for step in play.result.steps}
    return joined(
        (_lifeline(one, placed) for one in play.lifelines),
        (_band(band, titles.get(band.step, band.step), placed.width) for band in placed.bands),
        (joined(*_row(row, placed)) for row in placed.rows),
        tag(
            "text",
            f"… et {placed.left_out} autres échanges : voyez le journal",
            x=placed.width // 2,
            y=placed.height - 4,
            class_="t",
        )
        if placed.left_out
        else None,
    )


def _band(band: Band, title: str, width: int) -> Markup:
    return joined(
        tag("rect", class_="band", y=band.y, width=width, height=20),
        tag("text", _cut(title, width // 8), class_="step", x=8, y=band.y + 14),
    )


def _lifeline(one: Lifeline, placed: Layout) -> Markup:
    x = placed.columns[one.client]
    under = "Santé" if one.party == "hub" else short(one.client)
    return joined(
        tag("path", class_="life", d=f"M{x} {HEAD - 8}V{placed.height - 6}"),
        tag("rect", class_=f"who {one.party}", x=x - 45, y=4, width=90, height=40, rx=3),
        tag("text", _NAMES[one.party], class_="name", x=x, y=20),
        tag("text", _cut(under, 14), class_="id", x=x, y=36),
    )


def _row(row: Row, placed: Layout) -> Iterator[Markup]:
    one = row.exchange
    if one.kind == "note":
        yield from _note(row, placed)
        return
    if one.kind == "order":
        x = placed.columns[one.recipient]
        yield tag("path", class_="order", d=f"M8 {row.y - 7}H{x - 6}")
        yield tag("use", href="#s-right", class_="order", x=x - 1, y=row.y - 7)
        yield tag("text", _cut(one.label, 40), class_="aside", x=x + 8, y=row.y - 3)
        return
    start = placed.columns.get(one.sender, placed.columns[HUB])
    end = placed.columns.get(one.recipient, placed.columns[HUB])
    middle = (start + end) // 2
    state = f"{one.kind} {one.fate}" + (f" bad {one.verdict}" if one.rules else "")
    yield tag(
        "g",
        joined(*_arrow(one, start, end, row.y)),
        _label(row, middle, placed.width),
        joined(*_under(row, middle, placed.width)),
        class_=state,
    )


def _label(row: Row, middle: int, width: int) -> Markup:
    one = row.exchange
    told = _cut(one.label, 26) + (" attendu" if one.fate == "missing" else "")
    when = f" {moment(one.at)}"
    x = _inside(middle, told + when, width)
    return tag("text", told, tag("tspan", when, class_="when"), class_="label", x=x, y=row.y - 8)


def _arrow(one: Exchange, start: int, end: int, y: int) -> Iterator[Markup]:
    way = 1 if end >= start else -1
    stopped = one.fate in {"refused", "lost", "missing"}
    tip = end - way * (9 if stopped else 1)
    line = f"M{start} {y}H{tip - way * (0 if stopped else 6)}"
    if one.fate == "duplicate":
        line = f"M{start} {y - 2}H{tip - way * 6}M{start} {y + 2}H{tip - way * 6}"
    yield tag("path", class_="line", d=line)
    if stopped:
        yield tag("use", href="#s-cross", class_="sign", x=end - way * 9, y=y)
    else:
        yield tag("use", href="#s-right" if way > 0 else "#s-left", class_="head", x=tip, y=y)
    if one.fate in {"late", "unexpected"}:
        yield tag("use", href=f"#s-{_FATE_SIGNS[one.fate]}", class_="sign", x=start + way * 26, y=y)


def _under(row: Row, middle: int, width: int) -> Iterator[Markup]:
    one = row.exchange
    for index, text in enumerate(row.under):
        marked = bool(one.rules) and index == len(row.under) - 1
        told = _mark(one) if marked else _cut(text, 44)
        kind = "mark" if marked else "aside"
        yield tag("text", told, class_=kind, x=_inside(middle, told, width), y=row.y + 14 + index * 15)


def _mark(one: Exchange) -> str:
    more = ", …" if len(one.rules) > 2 else ""
    return f"{_SIGNS[one.verdict]} {', '.join(one.rules[:2])}{more} · {FRENCH[one.verdict]}"


def _note(row: Row, placed: Layout) -> Iterator[Markup]:
    one = row.exchange
    x = placed.columns.get(one.sender, 8)
    yield tag(
        "g",
        tag("circle", class_="dot", cx=x, cy=row.y - 7, r=4),
        tag("text", _cut(one.label, (placed.width - x) // 6), class_="aside", x=x + 9, y=row.y - 3),
        tag("text", _mark(one), class_="mark", x=x + 9, y=row.y + 12) if one.rules else None,
        class_=f"note bad {one.verdict}" if one.rules else "note",
    )


def _inside(middle: int, text: str, width: int) -> int:
    """Where a centred text stands so that it does not leave the diagram."""
    half = min(len(text) * _CHARACTER // 2 + 6, width // 2)
    return min(max(middle, half), width - half)


def _cut(text: str, bound: int) -> str:
    return text if len(text) <= bound else f"{text[: bound - 1]}…"

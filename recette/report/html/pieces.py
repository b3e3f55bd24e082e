"""What all sections are made of: verdict badges, tables that scroll by keyboard, lists of facts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from recette.judge.verdicts import FRENCH
from recette.report.markup import Markup, Node, tag

SIGNS = {"error": "!", "fail": "✕", "inconc": "?", "pass": "✓", "none": "–", "remark": "i"}


def badge(verdict: str, text: str | None = None) -> Markup:
    """A verdict by sign, word and colour."""
    sign = tag("span", SIGNS[verdict], class_="sign", aria_hidden="true")
    return tag("span", sign, text or FRENCH[verdict], class_=f"badge {verdict}")


def section(anchor: str, title: Node, *content: Node, lead: str = "") -> Markup:
    """A landmark with its heading."""
    return tag(
        "section",
        tag("h2", title, id=f"{anchor}-titre"),
        tag("p", lead, class_="lead") if lead else None,
        content,
        id=anchor,
        aria_labelledby=f"{anchor}-titre",
    )


def table(caption: str, heads: Sequence[str], rows: Iterable[Node], *, kind: str = "") -> Markup:
    """A table with caption and column headers, in a region that scrolls where it is too wide.

    Its roles are written out: a narrow screen shows the rows of some tables as blocks, which takes the implied ones.
    """
    titles = [tag("th", head, scope="col", role="columnheader") for head in heads]
    head = tag("thead", tag("tr", titles, role="row"), role="rowgroup")
    body = tag("tbody", rows, role="rowgroup")
    return tag(
        "div",
        tag("table", tag("caption", caption), head, body, class_=kind or None, role="table"),
        class_="wide",
        role="region",
        tabindex=0,
        aria_label=caption,
    )


def row(head: Node, *cells: Node, anchor: str | None = None) -> Markup:
    """A row with its header."""
    header = tag("th", head, scope="row", role="rowheader")
    return tag("tr", header, [tag("td", one, role="cell") for one in cells], role="row", id=anchor)


def facts(rows: Iterable[tuple[str, Node]], *, kind: str = "facts") -> Markup:
    """Names and values."""
    pairs = [tag("div", tag("dt", name), tag("dd", value)) for name, value in rows]
    return tag("dl", pairs, class_=kind)


def code(text: str) -> Markup:
    """A value as it stands in a message or a file, in its own direction."""
    return tag("code", text)


def link(anchor: str, *content: Node) -> Markup:
    """To another place of the page."""
    return tag("a", content, href=f"#{anchor}")

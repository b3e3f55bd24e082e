"""Where everything of a sequence diagram goes: columns for lifelines, rows for steps and exchanges."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from recette.report.exchanges import Exchange
from recette.report.story import Play

FIRST, GAP, MORE = 47, 111, 104
"""The editor's column; from one to the next; between partners beyond the first."""
HEAD = 52
BAND, ORDER, ARROW, UNDER = 25, 23, 34, 15
"""Heights: a step's band, an order, an arrow with its label, a line of text below it."""
MAX_ROWS = 150
"""Exchanges that are drawn; a run of software gone mad has thousands."""


@dataclass(frozen=True, slots=True)
class Band:
    """The title of a step, across the diagram."""

    y: int
    step: str


@dataclass(frozen=True, slots=True)
class Row:
    """One exchange; `y` is the height of its arrow, `under` what is written below it."""

    y: int
    exchange: Exchange
    under: tuple[str, ...]


@dataclass(slots=True)
class Layout:
    """A diagram laid out."""

    width: int
    columns: dict[str, int]
    bands: list[Band] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    left_out: int = 0
    height: int = 0


def lay_out(play: Play) -> Layout:
    """Place the lifelines, steps and exchanges of a play."""
    columns = dict(zip((one.client for one in play.lifelines), _columns(len(play.lifelines)), strict=True))
    found = Layout(width=max(columns.values(), default=0) + FIRST, columns=columns)
    y = HEAD + 6
    begun = sorted((play.opened or {}).items(), key=lambda item: item[1])
    for exchange in play.exchanges[:MAX_ROWS]:
        while begun and begun[0][1] <= exchange.at:
            y += 6 if found.rows else 0
            found.bands.append(Band(y, begun.pop(0)[0]))
            y += BAND
        under = tuple(_under(exchange))
        y += ORDER if exchange.kind in {"order", "note"} else ARROW
        found.rows.append(Row(y, exchange, under))
        y += len(under) * UNDER + 4
    for name, _ in begun:
        found.bands.append(Band(y, name))
        y += BAND
    found.left_out = max(0, len(play.exchanges) - MAX_ROWS)
    found.height = y + 14
    return found


def _columns(count: int) -> Iterator[int]:
    for index in range(count):
        yield FIRST + min(index, 2) * GAP + max(0, index - 2) * MORE


def _under(exchange: Exchange) -> Iterator[str]:
    if exchange.note:
        yield exchange.note
    if exchange.rules:
        yield ", ".join(exchange.rules)

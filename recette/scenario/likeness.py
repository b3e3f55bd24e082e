"""How like a message is to what a step expects, alone or with the updates before it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from recette.messages.reading import Message
from recette.scenario.comparison import Comparison, Difference, covers
from recette.scenario.steps import Content

SHARES = frozenset({"RS-EDA", "RC-EDA"})
"""Messages by which a case comes to be shared."""
UPDATES = frozenset({"RS-EDA-MAJ"})
"""Messages that may tell one change in several (DSF 5.4: every change is told, nowhere that it be in one message)."""
LISTS = frozenset({"GEO-POS", "GEO-RES", "RS-RI"})
"""Messages of which no text says that all their items go in one."""
IN_PARTS = UPDATES | LISTS


def compared(
    content: Content,
    expected: Any,  # noqa: ANN401 - a JSON tree
    message: Message,
) -> tuple[tuple[Difference, ...], dict[str, str]]:
    """What of a message is not as expected, and the values that it gives to variables that had none."""
    comparison = Comparison(
        ignore=content.ignore,
        identity=content.identity,
        ordered=content.ordered,
        instants=content.dates == "instant",
    )
    found = comparison.differences(expected, message.content, f"$.{content.key}")
    return tuple(found), comparison.bound


def together(
    earlier: Iterable[Difference], later: Iterable[Difference], *, corrects: bool = True
) -> tuple[Difference, ...]:
    """What two messages do not say as expected between them: the later one's word stands, where it says anything.

    Where the later one does not correct, but only goes on, what was said wrong before was said.
    """
    before = list(earlier)
    found = [one for one in before if not (corrects or one.missing)]
    for one in later:
        if not one.missing:
            found.append(one)
            continue
        if any(other.missing and covers(other.path, one.path) for other in before):
            found.append(one)
        else:
            found += [other for other in before if covers(one.path, other.path)]
    return tuple(one for place, one in enumerate(found) if one not in found[:place])

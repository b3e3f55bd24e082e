"""What a conversion changes, place by place: what the partner on the other side will not see, or see otherwise."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from recette.messages.conversion.places import Place
from recette.messages.conversion.trees import copied
from recette.wording.values import plain, shown

Kind = Literal["perdu", "noté", "remplacé", "ajouté"]


_NOTHING = object()


class Loss(NamedTuple):
    """One change. `perdu`: gone; `noté`: kept in words only; `remplacé`: another value; `ajouté`: not sent so.

    What a sentence says of place and values is made when it is asked for: a hub that converts never asks.
    """

    at: Place | str
    kind: Kind
    was: Any = _NOTHING
    became: Any = _NOTHING
    remark: str = ""
    """What is strange about it, in French: the hub does it all the same."""

    @property
    def path(self) -> str:
        """JSONPath in the message as it was when the change happened, from its content."""
        return self.at if isinstance(self.at, str) else self.at.path

    @property
    def before(self) -> str:
        return "" if self.was is _NOTHING else _told(self.was)

    @property
    def after(self) -> str:
        return "" if self.became is _NOTHING else _told(self.became)


def _told(value: Any) -> str:  # noqa: ANN401 - a JSON tree
    """What holds something is told with it, as JSON and bounded: `shown` only counts."""
    if not isinstance(value, dict | list) or not value:
        return shown(value)
    return plain(json.dumps(value, ensure_ascii=False), _LONGEST)


_LONGEST = 200
"""Characters."""


_new = tuple.__new__
"""A named tuple in a third of the time that its class takes."""


@dataclass(slots=True)
class Losses:
    """Gathers what a conversion changes; `at` is a place, or its JSONPath."""

    found: list[Loss] = field(default_factory=list)
    remark: str = ""
    """What the rule at work says of itself."""

    def lost(self, at: Place | str, value: Any, remark: str = "") -> None:  # noqa: ANN401 - a JSON tree
        self.found.append(_new(Loss, (at, "perdu", value, _NOTHING, remark or self.remark)))

    def noted(self, at: Place | str, value: Any, text: str) -> None:  # noqa: ANN401 - a JSON tree
        self.found.append(_new(Loss, (at, "noté", value, text, self.remark)))

    def replaced(self, at: Place | str, before: Any, after: Any, remark: str = "") -> None:  # noqa: ANN401 - JSON trees
        self.found.append(_new(Loss, (at, "remplacé", before, after, remark or self.remark)))

    def added(self, at: Place | str, value: Any, remark: str = "") -> None:  # noqa: ANN401 - a JSON tree
        """`value` as it is now: notes may be added to it later."""
        self.found.append(Loss(at, "ajouté", _NOTHING, copied(value), remark or self.remark))

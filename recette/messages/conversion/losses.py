"""What a conversion changes, place by place: what the partner on the other side will not see, or see otherwise."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from recette.messages.conversion.trees import copied
from recette.wording.values import shown

Kind = Literal["perdu", "noté", "remplacé", "ajouté"]


_NOTHING = object()


@dataclass(frozen=True, slots=True)
class Loss:
    """One change. `perdu`: gone; `noté`: kept in words only; `remplacé`: another value; `ajouté`: not sent so.

    What a sentence says of the values is made when it is asked for: a hub that converts never asks.
    """

    path: str
    """JSONPath in the message as it was when the change happened, from its content."""
    kind: Kind
    was: Any = _NOTHING
    became: Any = _NOTHING
    remark: str = ""
    """What is strange about it, in French: the hub does it all the same."""

    @property
    def before(self) -> str:
        return "" if self.was is _NOTHING else shown(self.was)

    @property
    def after(self) -> str:
        return "" if self.became is _NOTHING else shown(self.became)


@dataclass(slots=True)
class Losses:
    """Gathers what a conversion changes."""

    found: list[Loss] = field(default_factory=list)
    remark: str = ""
    """What the rule at work says of itself."""

    def lost(self, path: str, value: Any, remark: str = "") -> None:  # noqa: ANN401 - a JSON tree
        self.found.append(Loss(path, "perdu", value, remark=remark or self.remark))

    def noted(self, path: str, value: Any, text: str) -> None:  # noqa: ANN401 - a JSON tree
        self.found.append(Loss(path, "noté", value, text, self.remark))

    def replaced(self, path: str, before: Any, after: Any, remark: str = "") -> None:  # noqa: ANN401 - a JSON tree
        self.found.append(Loss(path, "remplacé", before, after, remark or self.remark))

    def added(self, path: str, value: Any, remark: str = "") -> None:  # noqa: ANN401 - a JSON tree
        """`value` as it is now: notes may be added to it later."""
        self.found.append(Loss(path, "ajouté", became=copied(value), remark=remark or self.remark))

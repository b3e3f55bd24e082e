"""What a conversion changes, place by place: what the partner on the other side will not see, or see otherwise."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from recette.wording.values import shown

Kind = Literal["perdu", "noté", "remplacé", "ajouté"]


@dataclass(frozen=True, slots=True)
class Loss:
    """One change. `perdu`: gone; `noté`: kept in words only; `remplacé`: another value; `ajouté`: not sent so."""

    path: str
    """JSONPath in the message as it was when the change happened, from its content."""
    kind: Kind
    before: str
    after: str = ""
    remark: str = ""
    """What is strange about it, in French: the hub does it all the same."""


@dataclass(slots=True)
class Losses:
    """Gathers what a conversion changes."""

    found: list[Loss] = field(default_factory=list)
    remark: str = ""
    """What the rule at work says of itself."""

    def lost(self, path: str, value: Any, remark: str = "") -> None:  # noqa: ANN401 - a JSON tree
        self.found.append(Loss(path, "perdu", shown(value), remark=remark or self.remark))

    def noted(self, path: str, value: Any, text: str) -> None:  # noqa: ANN401 - a JSON tree
        self.found.append(Loss(path, "noté", shown(value), shown(text), self.remark))

    def replaced(self, path: str, before: Any, after: Any, remark: str = "") -> None:  # noqa: ANN401 - a JSON tree
        self.found.append(Loss(path, "remplacé", shown(before), shown(after), remark or self.remark))

    def added(self, path: str, value: Any, remark: str = "") -> None:  # noqa: ANN401 - a JSON tree
        self.found.append(Loss(path, "ajouté", "", shown(value), remark or self.remark))

"""Sample identifiers become variables: those of a play are its own, in every message."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from recette.scenario.template import names_in

_KINDS = {
    "requestId": "request",
    "resourceId": "resource",
    "patientId": "patient",
    "idPat": "patient",
    "idObs": "medicalNote",
    "medicalNoteId": "medicalNote",
    "reportId": "report",
}
"""What kind of identifier a field holds, in any generation (fact sheet 5.2)."""
LINKS = ("caseId", "requestId")
"""Fields that tie messages together: never ignored, since they are no sample values any more."""
_VARIABLE = re.compile(r"\$\{")


def case_of(samples: Iterable[Mapping[str, Any]]) -> str | None:
    """The caseId that most of the contents carry, the first of them where there are as many of another."""
    counted = Counter(one["caseId"] for one in samples if isinstance(one.get("caseId"), str))
    return max(counted, key=lambda one: counted[one]) if counted else None


@dataclass(slots=True)
class Linking:
    """The variables of one case, given out in the order of its messages."""

    case_id: str | None
    creator: str
    """The actor that makes the caseId; the sample says it by `owner`."""
    other: str
    names: dict[str, str] = field(default_factory=dict)
    """Variable by sample value."""
    made: dict[str, dict[str, str]] = field(default_factory=dict)
    """`{kind, by}` by variable."""

    def linked(self, content: Mapping[str, Any], sender: str) -> dict[str, Any]:
        """The content as a scenario writes it."""
        data: dict[str, Any] = self._linked(content, sender)
        if "caseId" in data:
            data["caseId"] = "${caseId}"
        return data

    def owner(self, sample: str) -> str:
        """The actor that a client id of the sample stands for: a case has two ends."""
        ours = self.case_id is not None and self.case_id.startswith(f"{sample}.")
        return self.creator if ours else self.other

    def known(self, content: Mapping[str, Any], name: str) -> bool:
        """Whether every identifier under `name` was announced by an earlier message."""
        return all(value in self.names for value in _values(content, name))

    def _linked(self, node: Any, sender: str) -> Any:  # noqa: ANN401 - a JSON tree
        if isinstance(node, list):
            return [self._linked(child, sender) for child in node]
        if isinstance(node, str):
            return _VARIABLE.sub("$ {", node)  # a sample's own text is no variable
        if not isinstance(node, dict):
            return node
        linked: dict[str, Any] = {}
        for name, value in node.items():
            if name in _KINDS and isinstance(value, str):
                linked[name] = f"${{{self._variable(_KINDS[name], value, sender)}}}"
            elif name == "owner" and isinstance(value, str):
                linked[name] = f"${{{self.owner(value)}}}"
            else:
                linked[name] = self._linked(value, sender)
        return linked

    def _variable(self, kind: str, value: str, sender: str) -> str:
        if value not in self.names:
            number = sum(one["kind"] == kind for one in self.made.values()) + 1
            self.names[value] = f"{kind}{number}"
            self.made[self.names[value]] = {"kind": kind, "by": sender}
        return self.names[value]

    def used(self, contents: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, str]]:
        """The identifiers that the contents use."""
        names = {name for one in contents for name in names_in(one)}
        return {name: made for name, made in self.made.items() if name in names}


def put(tree: Any, path: str, value: str) -> None:  # noqa: ANN401 - a JSON tree
    """Set what `path`, which is there, designates; every item for `[*]`."""
    *steps, last = re.findall(r"[^.\[\]$]+", path)
    places = [tree]
    for step in steps:
        if step == "*":
            places = [item for place in places for item in place]
        else:
            places = [place[int(step)] if isinstance(place, list) else place[step] for place in places]
    for place in places:
        place[last] = value


def _values(node: Any, name: str) -> set[str]:  # noqa: ANN401 - a JSON tree
    if isinstance(node, list):
        return {value for child in node for value in _values(child, name)}
    if not isinstance(node, dict):
        return set()
    here = {node[name]} if isinstance(node.get(name), str) else set()
    return here | {value for child in node.values() for value in _values(child, name)}

"""The states of a resource as the editor tells them, by RS-RI and RS-SR."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from recette.judge.view import EditorMessage, View
from recette.messages.dictionary.spellings import spelling
from recette.messages.reading import MESSAGE_PATH

OUTWARD = ("DECISION", "DECLENCHE", "DEPART", "ARRIVEE", "PEC")
"""The way to the patient, in the order in which it is gone. What comes after it may come in several orders."""
_ARRIVED = {"ARRIVE": "ARRIVEE"}
"""Older names."""
_ENDED = frozenset({"ANNULE", "FINPEC", "FINMED", "DESTIN", "RETOUR", "RET-BASE", "REN-BASE"})
"""From there a vehicle may set out once more."""
OVER = frozenset({"ANNULE", "RET-BASE", "REN-BASE"})
"""After it nothing of the engagement is left but the way home."""
SET_OUT = frozenset({"DEPART", "ARRIVE", "ARRIVEE", "PEC", "BILAN", "TRANSP", "TRANSPOR"})
"""What a vehicle does for a patient."""
_AFTER = len(OUTWARD)


@dataclass(frozen=True, slots=True)
class State:
    """What one message says of one resource."""

    message: EditorMessage
    resource: str
    status: str
    datetime: object
    path: str

    @property
    def stage(self) -> int:
        """How far out the resource is; all that comes after the patient was reached counts alike."""
        name = _ARRIVED.get(self.status, self.status)
        return OUTWARD.index(name) if name in OUTWARD else _AFTER

    @property
    def ended(self) -> bool:
        return self.status in _ENDED


def states(view: View) -> Iterator[State]:
    """The latest state of each resource in each of the editor's messages, in the order in which they came."""
    for one in view.functional:
        if one.message.model == "RS-SR":
            yield from _of_status(one)
        elif one.message.model == "RS-RI":
            yield from _of_engagement(view, one)


def _of_status(one: EditorMessage) -> Iterator[State]:
    content = one.message.content or {}
    nested = "state" in content
    state = content.get("state", content)
    identifier = content.get("resourceId")
    if isinstance(state, dict) and isinstance(identifier, str) and isinstance(state.get("status"), str):
        path = f"{MESSAGE_PATH}.{one.message.key}{'.state' if nested else ''}"
        yield State(one, identifier, state["status"], state.get("datetime"), path)


def _of_engagement(view: View, one: EditorMessage) -> Iterator[State]:
    for told in _histories_of(view, one):
        place, _ = max(enumerate(told), key=lambda one: (str(one[1].datetime), one[0]))
        yield told[place]


def histories(view: View) -> Iterator[list[State]]:
    """All that an engagement tells of one resource at once."""
    for one in view.functional:
        if one.message.model == "RS-RI":
            yield from _histories_of(view, one)


def _histories_of(view: View, one: EditorMessage) -> Iterator[list[State]]:
    block = resources_key(view)
    for index, resource in enumerate(tables(one.message.content, block)):
        identifier = resource.get("resourceId")
        if not isinstance(identifier, str):
            continue
        path = f"{MESSAGE_PATH}.{one.message.key}.{block}[{index}].state"
        told = [
            State(one, identifier, state["status"], state.get("datetime"), f"{path}[{place}]")
            for place, state in enumerate(tables(resource, "state"))
            if isinstance(state.get("status"), str)
        ]
        if told:
            yield told


def resources_key(view: View) -> str:
    """What RS-RI calls its list."""
    return spelling("resource", "RS-RI", view.edition)


def tables(content: Mapping[str, Any] | None, name: str) -> list[Mapping[str, Any]]:
    """A list's items; an empty table for one that is none, so that places stay true."""
    found = (content or {}).get(name)
    return [one if isinstance(one, dict) else {} for one in found] if isinstance(found, list) else []

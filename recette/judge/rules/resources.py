"""Rules on answers to a request and on the states of a resource (requirements CI-17, CI-21)."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from datetime import timedelta
from typing import Any

from recette.judge.moments import moment
from recette.judge.registry import rule
from recette.judge.said import Firsts
from recette.judge.verdicts import Finding
from recette.judge.view import EditorMessage, View
from recette.messages.dictionary.spellings import has_field
from recette.messages.reading import MESSAGE_PATH

STALE = timedelta(minutes=2)
"""Two states may well bear one date, within the same second, or minute where software keeps no seconds; not later."""


@rule("CI-17")
def refusal_explained(view: View) -> Iterator[Finding]:
    for one in view.functional:
        if one.message.model != "RS-RR":
            continue
        response = _table(one.message.content, "response")
        path = f"{MESSAGE_PATH}.{one.message.key}.response"
        if response.get("answer") == "REFUSEE" and not _text(response, "freetext"):
            yield view.broken(
                "La demande est refusée sans que la raison soit dite.",
                message=one,
                path=f"{path}.freetext",
                expected="la raison du refus",
                actual="absent",
                advice="Demandez la raison à qui refuse, et envoyez-la dans freetext.",
            )
        if (
            response.get("answer") == "PARTIELLE"
            and not _text(response, "deadline")
            and _owes_delay(view, one)
        ):
            yield view.broken(
                "La demande n'est acceptée qu'en partie, à cause du délai, sans que le délai promis soit dit.",
                message=one,
                path=f"{path}.deadline",
                expected="le délai auquel l'éditeur s'engage",
                actual="absent",
                advice="Demandez le délai à qui accepte en partie, et envoyez-le dans deadline.",
            )


def _owes_delay(view: View, answer: EditorMessage) -> bool:
    """Whether the delay is what is partial: it was keyed, or it was asked for and no other reason is given."""
    match = next((one for one in view.progress.matches.values() if one.arrival.number == answer.number), None)
    if match is not None and "deadline" in _table(match.content.data, "response"):
        return True
    asked = [
        _table(one.message.content, "request")
        for one in view.progress.published.values()
        if one.message.model == "RS-DR" and set(one.message.request_ids) & set(answer.message.request_ids)
    ]
    reason = _text(_table(answer.message.content, "response"), "freetext")
    return not reason and any(_text(request, "deadline") for request in asked)


def _dated(view: View, one: EditorMessage) -> str:
    """The field that bears the date of a status, or that holds it."""
    return "state" if has_field("state", one.message.model or "", view.edition) else "datetime"


@rule("CI-21", of_strays=True)
def each_state_once(view: View) -> Iterator[Finding]:
    told: dict[Hashable, _Told] = {}
    for one in view.functional:
        if one.message.model != "RS-SR":
            continue
        state = _state(one)
        earlier = told.setdefault((one.message.resource_ids, one.message.recipient_id), _Told())
        path = f"{MESSAGE_PATH}.{one.message.key}.{_dated(view, one)}"
        last = earlier.last(one)
        if last is not None and _unchanged(last, state):
            yield view.broken(
                f"Ce statut a déjà été envoyé, sous une autre date ({last['datetime']}) : le partenaire ne sait pas quand la "
                "ressource a changé.",
                message=one,
                path=path,
                expected="un seul RS-SR par changement de statut",
                actual=f"{state['status']}, {state['datetime']}",
                disputed=True,
            )
        text, expected = earlier.of_that_date(one, state)
        if text:
            yield view.broken(
                text,
                message=one,
                path=path,
                expected=expected,
                actual=f"{state['status']}, {state['datetime']}",
            )
        earlier.add(one, state)


class _Told:
    """The states that were told of one resource to one partner; what has the distributionID of another is a redelivery."""

    def __init__(self) -> None:
        self._lasts: list[tuple[str | None, dict[str, Any]]] = []
        """The last two with ids that are not the same."""
        self._firsts: dict[str, dict[str, Firsts]] = {}
        """By date: by state, and by status."""

    def add(self, one: EditorMessage, state: dict[str, Any]) -> None:
        identifier = one.message.distribution_id
        self._lasts = [*(each for each in self._lasts if each[0] != identifier), (identifier, state)][-2:]
        of_date = self._firsts.setdefault(repr(state["datetime"]), {})
        for key in (repr(state), f"status {state['status']!r}"):
            of_date.setdefault(key, Firsts()).add(one)

    def last(self, one: EditorMessage) -> dict[str, Any] | None:
        """The last state told before, in another message."""
        identifier = one.message.distribution_id
        return next((state for known, state in reversed(self._lasts) if known != identifier), None)

    def of_that_date(self, one: EditorMessage, state: dict[str, Any]) -> tuple[str, str]:
        """What is wrong with the date, and what was expected; empty where nothing is."""
        of_date = self._firsts.get(repr(state["datetime"]), {})
        same = of_date[repr(state)].other(one) if repr(state) in of_date else None
        status = f"status {state['status']!r}"
        others = (each for key, each in of_date.items() if key.startswith("status ") and key != status)
        other = next((two for each in others if (two := each.other(one)) is not None), None)
        if (
            other is not None
            and (same is None or other.number < same.number)
            and _stale(one, state["datetime"])
        ):
            return "Ce statut porte la date d'un autre statut.", "la date de ce changement"
        if same is not None:
            return "Ce statut a déjà été envoyé.", "un seul RS-SR par changement de statut"
        return "", ""


def _state(one: EditorMessage) -> dict[str, Any]:
    content = one.message.content or {}
    state = content["state"] if isinstance(content.get("state"), dict) else content
    return {name: state.get(name) for name in ("status", "datetime", "availability")}


def _unchanged(before: Mapping[str, Any], state: Mapping[str, Any]) -> bool:
    """Whether nothing but its date is new."""
    return before["datetime"] != state["datetime"] and {**before, "datetime": ""} == {**state, "datetime": ""}


def _stale(one: EditorMessage, text: object) -> bool:
    told = moment(text if isinstance(text, str) else None)
    if one.delivered is None or told is None:
        return False
    sent = moment(one.message.date_time_sent) or one.delivered.at
    return min(sent, one.delivered.at) - told > STALE  # a message may be long on its way


def _table(node: Mapping[str, Any] | None, name: str) -> Mapping[str, Any]:
    found = (node or {}).get(name)
    return found if isinstance(found, dict) else {}


def _text(node: Mapping[str, Any], name: str) -> str:
    found = node.get(name)
    return found.strip() if isinstance(found, str) else ""

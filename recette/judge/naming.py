"""The identifiers that the editor gives, where a case, a request, a note, a report or a person is named."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from recette.judge.earlier import Named
from recette.judge.states import tables
from recette.judge.view import EditorMessage, View
from recette.messages.reading import MESSAGE_PATH, Message

_CASE = frozenset({"RS-EDA", "RS-EDA-MAJ"})


def named(view: View) -> Iterator[Named]:
    """All that the editor named in a play."""
    for _, one in (*identifiers(view), *patients(view), *_numbers(view)):
        yield one


def identifiers(view: View) -> Iterator[tuple[EditorMessage, Named]]:
    """What the editor generates once: of its own requests, notes and reports, unless a partner named it first."""
    for one in view.functional:
        known = _told_by_partners(view, one.number)
        for kind, identifier, path in _made(one.message):
            if identifier not in known:
                place = f"{MESSAGE_PATH}.{one.message.key}.{path}"
                yield one, Named(kind, identifier, one.message.case_id, view.play, place)


def _told_by_partners(view: View, until: int) -> frozenset[str]:
    return frozenset(
        identifier
        for one in view.progress.published.values()
        if one.number < until
        for _, identifier, _ in _made(one.message)
    )


def _made(message: Message) -> Iterator[tuple[str, str, str]]:
    content = message.content or {}
    if message.model == "RS-DR":
        for identifier in message.request_ids:
            yield "request", identifier, "request.requestId"
    elif message.model == "RS-BPV" and isinstance(content.get("reportId"), str):
        yield "report", content["reportId"], "reportId"
    elif message.model in _CASE:
        for index, note in enumerate(tables(content, "medicalNote")):
            for name in ("medicalNoteId", "idObs"):
                if isinstance(note.get(name), str):
                    yield "medicalNote", note[name], f"medicalNote[{index}].{name}"


def patients(view: View) -> Iterator[tuple[EditorMessage, Named]]:
    """The persons that the editor told of."""
    for one in view.functional:
        if one.message.model not in _CASE:
            continue
        for index, person in enumerate(tables(one.message.content, "patient")):
            for name in ("patientId", "idPat"):
                if isinstance(person.get(name), str):
                    path = f"{MESSAGE_PATH}.{one.message.key}.patient[{index}].{name}"
                    traits = traits_of(person)
                    yield (
                        one,
                        Named("patient", person[name], one.message.case_id, view.play, path, traits),
                    )


def traits_of(person: Mapping[str, Any]) -> dict[str, str]:
    """What tells a person from another."""
    identity = person.get("identity")
    found: dict[str, str] = {}
    for block, names in (
        ("strictFeatures", ("birthDate", "sex")),
        ("nonStrictFeatures", ("lastName", "firstName")),
    ):
        part = identity.get(block) if isinstance(identity, dict) else None
        for name in names:
            value = part.get(name) if isinstance(part, dict) else None
            if isinstance(value, str):
                found[name] = value.casefold()
    return found


def _numbers(view: View) -> Iterator[tuple[EditorMessage, Named]]:
    for one in view.functional:
        number = (one.message.content or {}).get("senderCaseId")
        if one.message.model in {*_CASE, "RC-EDA"} and isinstance(number, str):
            path = f"{MESSAGE_PATH}.{one.message.key}.senderCaseId"
            yield one, Named("case", number, one.message.case_id, view.play, path)

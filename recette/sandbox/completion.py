"""What software adds to what a person typed: identifiers, dates, owner, the links to what went before."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from recette.messages.building import format_datetime
from recette.messages.dictionary.generations import Models
from recette.messages.dictionary.models import model
from recette.messages.dictionary.reader import Field
from recette.messages.dictionary.spellings import has_field
from recette.sandbox import completion_geo, completion_nexsis, completion_smur
from recette.sandbox.case_file import CaseFile

_REFERENCE = re.compile(r"@\w+(\.\w+|\[\d+\])*$")
_STEP = re.compile(r"(\w+)|\[(\d+)\]")
_MADE = frozenset({"patient", "resource", "request", "medicalNote"})
"""Identifiers that software makes for what it has no identifier for yet."""
Typed = dict[str, Any]
Completion = Callable[[CaseFile, Typed, str], Typed]
"""Takes the case, what was typed, and the time as a message writes it."""


def completed(case: CaseFile, name: str, typed: Mapping[str, Any]) -> Typed:
    """The content to send."""
    now = format_datetime(datetime.now(UTC).astimezone())
    complete = COMPLETIONS.get(name)
    if complete is not None:
        content = complete(case, dict(typed), now)
    else:
        content = _by_dictionary(model(name, case.names.edition).fields, case, typed, now)
    content = _referring(content, content)
    return {**content, "caseId": case.case_id} if bears_case(name, case.names.edition) else content


def _by_dictionary(fields: tuple[Field, ...], case: CaseFile, typed: Mapping[str, Any], now: str) -> Typed:
    """What any message needs and nobody types: identifiers that the software makes, and dates."""
    content = dict(typed)
    for one in fields:
        held = one.held_in(case.names.edition)
        family, _, name = one.kind.partition(":")
        if held and one.required and not one.listed and one.name not in content:
            if family == "id" and name in _MADE:
                known = {"patient": case.patients, "resource": list(case.resources)}.get(name, [])
                content[one.name] = known[0] if len(known) == 1 else case.identifiers.make(name)
            elif family in {"datetime", "instant"}:
                content[one.name] = now
        elif held and one.children and isinstance(content.get(one.name), dict):
            content[one.name] = _by_dictionary(one.children, case, content[one.name], now)
    return content


def bears_case(name: str, edition: Models) -> bool:
    """Whether the message has a caseId of its own: EMSI has it elsewhere, an activity record and positions have none."""
    return any(one.name == "caseId" for one in model(name, edition).fields)


def _referring(node: Any, content: Typed) -> Any:  # noqa: ANN401 - a JSON tree
    """The content with `@patient[1].patientId` replaced by what was made there."""
    if isinstance(node, dict):
        return {name: _referring(child, content) for name, child in node.items()}
    if isinstance(node, list):
        return [_referring(child, content) for child in node]
    if isinstance(node, str) and _REFERENCE.match(node):
        return _at(content, node[1:])
    return node


def _at(content: Typed, path: str) -> Any:  # noqa: ANN401 - a JSON tree
    node: Any = content
    for name, index in _STEP.findall(path):
        node = node[int(index)] if index else node[name]
    return node


def _share(case: CaseFile, typed: Typed, now: str) -> Typed:
    return _update(case, {"creation": now, "owner": case.owner or case.client, **typed}, now)


def _update(case: CaseFile, typed: Typed, now: str) -> Typed:
    """Identifiers for those who have none; one who did not transfer the case leaves `owner` as it is."""
    patient, note = case.names.patient, case.names.note
    for one in typed.get("patient", []):
        one.setdefault(patient, case.identifiers.make("patient"))
    for one in typed.get("medicalNote", []):
        one.setdefault(note, case.identifiers.make("medicalNote"))
    for one in typed.get("decision", []):
        one.setdefault("creation", now)
    return {"senderCaseId": case.number, **typed}


def _request(case: CaseFile, typed: Typed, now: str) -> Typed:
    request = {"datetime": now, **typed.get("request", {})}
    if typed.get("status") == "ANNULEE":
        request.setdefault("requestId", case.request_asked)
    request.setdefault("requestId", case.identifiers.make("request"))
    return {**typed, "request": request}


def _answer(case: CaseFile, typed: Typed, now: str) -> Typed:
    response = {"datetime": now, **typed.get("response", {})}
    return {"requestId": case.request_received, **typed, "response": response}


def _engagement(case: CaseFile, typed: Typed, now: str) -> Typed:
    name = case.names.resources
    return {**typed, name: [_engaged(case, one, now) for one in typed.get(name, [])]}


def _engaged(case: CaseFile, resource: Mapping[str, Any], now: str) -> Typed:
    content = {"datetime": now, "resourceId": case.identifiers.make("resource"), **resource}
    if case.request_received is not None and case.answer_given in {"ACCEPTEE", "PARTIELLE"}:
        content.setdefault("requestId", case.request_received)
    content["state"] = [{"datetime": now, **state} for state in resource.get("state", [])]
    return content


def _status(case: CaseFile, typed: Typed, now: str) -> Typed:
    resource = {"resourceId": next(iter(case.resources), None)}
    if not has_field("state", "RS-SR", case.names.edition):
        return {**resource, "datetime": now, **typed}
    return {**resource, **typed, "state": {"datetime": now, **typed.get("state", {})}}


COMPLETIONS: dict[str, Completion] = {
    "RS-EDA": _share,
    "RS-EDA-MAJ": _update,
    "RS-DR": _request,
    "RS-RR": _answer,
    "RS-RI": _engagement,
    "RS-SR": _status,
    **completion_smur.COMPLETIONS,
    **completion_geo.COMPLETIONS,
    **completion_nexsis.COMPLETIONS,
}

"""What software adds to what a person typed: identifiers, dates, owner, the links to what went before."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from recette.messages.building import format_datetime
from recette.sandbox import completion_geo, completion_nexsis, completion_smur
from recette.sandbox.case_file import CaseFile

_REFERENCE = re.compile(r"@\w+(\.\w+|\[\d+\])*$")
_STEP = re.compile(r"(\w+)|\[(\d+)\]")
Typed = dict[str, Any]
Completion = Callable[[CaseFile, Typed, str], Typed]
"""Takes the case, what was typed, and the time as a message writes it."""


def completed(case: CaseFile, name: str, typed: Mapping[str, Any]) -> Typed:
    """The content to send."""
    now = format_datetime(datetime.now(UTC).astimezone())
    complete = COMPLETIONS.get(name)
    content = complete(case, dict(typed), now) if complete is not None else dict(typed)
    content = _referring(content, content)
    return content if name in WITHOUT_CASE else {**content, "caseId": case.case_id}


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
    if case.names.generation == 1:
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
WITHOUT_CASE = (
    frozenset({"RPIS", "RS-RPIS", "GEO-POS", "GEO-RES", "GEO-REQ", "customContent"})
    | completion_nexsis.WITHOUT_CASE_ID
)
"""Messages that carry no caseId."""

"""What software adds on the link with the fire services, and to SAS appointments (fact sheet 5.5, 5.7, 5.8)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from recette.sandbox.case_file import CaseFile

Typed = dict[str, Any]
_ANSWER = "#REPONSE_DEMANDE_CONCOURS#"
UNSPECIFIED = {"code": "C11.06.00", "label": "Autre"}


def share(case: CaseFile, typed: Typed, now: str) -> Typed:
    """RC-EDA; what nobody typed of an affair that has to be shared all the same is said to be unspecified."""
    return {
        "creation": now,
        "referenceVersion": "2.0",
        "qualification": {"whatsHappen": dict(UNSPECIFIED)},
        "location": {"locID": f"LOC-{case.identifiers.make('location')}", "country": "FR"},
        **typed,
    }


def _operation(case: CaseFile, typed: Typed, now: str) -> Typed:
    """EMSI: ALERT for the first message of a case, UPDATE afterwards; the case is EVENT.MAIN_EVENT_ID."""
    context = {
        "ID": case.identifiers.make("context"),
        "MODE": "ACTUAL",
        "MSGTYPE": "UPDATE" if case.operation_messages else "ALERT",
        "CREATION": now,
        **typed.get("CONTEXT", {}),
    }
    event = {"ID": case.local_event, **typed.get("EVENT", {}), "MAIN_EVENT_ID": case.case_id}
    missions = [_mission(case, one) for one in typed.get("MISSION", [])]
    resources = [{"ID": case.identifiers.make("resource"), **one} for one in typed.get("RESOURCE", [])]
    content = {**typed, "CONTEXT": context, "EVENT": event, "MISSION": missions}
    return {**content, "RESOURCE": resources} if resources else content


def _mission(case: CaseFile, typed: Typed) -> Typed:
    mission = {"ID": case.identifiers.make("mission"), **typed}
    if str(mission.get("NAME")).startswith(_ANSWER) and case.support_asked is not None:
        mission.setdefault("MAIN_MISSION_ID", case.support_asked)
    return mission


def _cisu_resources(case: CaseFile, typed: Typed, now: str) -> Typed:
    resources = [
        {
            "datetime": now,
            "resourceId": case.identifiers.make("resource"),
            **one,
            "state": {"datetime": now, **one.get("state", {})},
        }
        for one in typed.get("resource", [])
    ]
    return {**typed, "resource": resources}


def _appointment(case: CaseFile, typed: Typed, now: str) -> Typed:
    return {"appointmentId": case.identifiers.make("appointment"), "created": now, **typed}


COMPLETIONS: dict[str, Callable[[CaseFile, Typed, str], Typed]] = {
    "RC-EDA": share,
    "EMSI": _operation,
    "RC-RI": _cisu_resources,
    "RS-SAS-RDV": _appointment,
}

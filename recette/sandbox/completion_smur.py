"""What a tablet, or an LRM that has none, adds to a SMUR's documents, reports, records and positions."""

from __future__ import annotations

import uuid
from typing import Any

from recette.sandbox.case_file import CaseFile

Typed = dict[str, Any]


def _documents(case: CaseFile, typed: Typed, now: str) -> Typed:  # noqa: ARG001 - one signature for all
    documents = [
        {"url": f"https://documents.exemple.invalid/{uuid.uuid4().hex}", **one}
        for one in typed.get("document", [])
    ]
    return {**_of_patient(case), **typed, "document": documents}


def _report(case: CaseFile, typed: Typed, now: str) -> Typed:
    patient = {**_of_patient(case), **typed.get("patient", {})}
    known = case.reports.get(str(patient.get("patientId")))
    return {
        "reportId": known or case.identifiers.make("report"),
        "creation": now,
        **typed,
        "patient": patient,
    }


def _activity_record(case: CaseFile, typed: Typed, now: str) -> Typed:
    organisation, _, number = case.case_id.rpartition(".")
    names = case.names
    block = {
        names.record_context: {
            names.record_owner: organisation,
            names.record_case: number,
            "creationDate": now,
            **typed.get(names.record_context, {}),
        }
    }
    made = _of_patient(case) or {"patientId": case.identifiers.make("patient")}
    return {**typed, **block, "patient": {**made, **typed.get("patient", {})}}


def _of_patient(case: CaseFile) -> Typed:
    """The patient of the case, where there is only one to choose."""
    return {"patientId": case.patients[0]} if len(case.patients) == 1 else {}


COMPLETIONS = {
    "RS-URL": _documents,
    "RS-BPV": _report,
    "RPIS": _activity_record,
    "RS-RPIS": _activity_record,
}

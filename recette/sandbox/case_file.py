"""One shared case as a reference editor keeps it, and the identifiers that the editor makes."""

from __future__ import annotations

import itertools
import re
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from recette.messages.building import format_datetime


class Identifiers:
    """Makes the editor's own identifiers, in its own namespace (fact sheet 5.2)."""

    def __init__(self, client: str) -> None:
        self._client = client
        self._numbers = itertools.count(1)
        self._session = uuid.uuid4().hex[:6]

    def case(self) -> str:
        """`<client>.DRFR15<CRRA><year><day of year><number>` (DSF 3.6)."""
        crra = re.sub(r"[^0-9A-Za-z]", "", self._client)[-3:]
        return f"{self._client}.DRFR15{crra}{datetime.now(UTC):%y%j}{uuid.uuid4().int % 100000:05d}"

    def make(self, kind: str) -> str:
        """A new `<client>.<kind>.<id>` for `request`, `resource`, `patient`, `medicalNote`."""
        return f"{self._client}.{kind}.{self._session}{next(self._numbers)}"


class CaseFile:
    """What the editor knows of a case: requests, answers, resources."""

    def __init__(self, case_id: str, client: str, identifiers: Identifiers) -> None:
        self.case_id = case_id
        self._client = client
        self._identifiers = identifiers
        self.request_asked: str | None = None
        self.request_received: str | None = None
        self.answer_given: str | None = None
        self.resources: list[str] = []

    def complete(self, name: str, typed: dict[str, Any]) -> dict[str, Any]:
        """The content to send: what was typed, with what a person never types. Generation 1 names."""
        now = format_datetime(datetime.now(UTC).astimezone())
        match name:
            case "RPIS":
                patient = {"patientId": self._identifiers.make("patient"), **typed.get("patient", {})}
                return {**typed, "patient": patient}
            case "RS-EDA":
                typed = {"creation": now, "owner": self._client, **typed}
                self._number_people(typed)
            case "RS-EDA-MAJ":
                self._number_people(typed)
            case "RS-DR":
                request = {"datetime": now, **typed.get("request", {})}
                if typed.get("status") == "ANNULEE":
                    request.setdefault("requestId", self.request_asked)
                request.setdefault("requestId", self._identifiers.make("request"))
                typed = {**typed, "request": request}
            case "RS-RR":
                typed = {"requestId": self.request_received, **typed}
                typed["response"] = {"datetime": now, **typed.get("response", {})}
            case "RS-RI":
                typed["mobilizedResource"] = [
                    self._engaged(one, now) for one in typed.get("mobilizedResource", [])
                ]
            case "RS-SR":
                typed = {"resourceId": next(iter(self.resources), None), "datetime": now, **typed}
        return {**typed, "caseId": self.case_id}

    def note_sent(self, name: str, content: Mapping[str, Any]) -> None:
        """Remember what was told to the partner."""
        if name == "RS-DR":
            self.request_asked = content["request"]["requestId"]
        elif name == "RS-RR":
            self.answer_given = content["response"].get("answer")
        elif name == "RS-RI":
            self.resources += [one["resourceId"] for one in content["mobilizedResource"]]

    def note_received(self, name: str, content: Mapping[str, Any]) -> None:
        """Remember what the partner told; a cancelled request awaits nothing any more."""
        if name == "RS-DR" and isinstance(request := content.get("request"), dict):
            cancelled = content.get("status") == "ANNULEE"
            self.request_received = None if cancelled else request.get("requestId")
            self.answer_given = None

    def _engaged(self, resource: Mapping[str, Any], now: str) -> dict[str, Any]:
        completed = {"datetime": now, "resourceId": self._identifiers.make("resource"), **resource}
        if self.request_received is not None and self.answer_given in {"ACCEPTEE", "PARTIELLE"}:
            completed.setdefault("requestId", self.request_received)
        completed["state"] = [{"datetime": now, **state} for state in resource.get("state", [])]
        return completed

    def _number_people(self, typed: dict[str, Any]) -> None:
        for patient in typed.get("patient", []):
            patient.setdefault("idPat", self._identifiers.make("patient"))
        people = [patient["idPat"] for patient in typed.get("patient", [])]
        for note in typed.get("medicalNote", []):
            note.setdefault("idObs", self._identifiers.make("medicalNote"))
            if people:
                note.setdefault("idPat", people[0])

"""One shared case as a reference editor keeps it, and the identifiers that the editor makes."""

from __future__ import annotations

import itertools
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from recette.messages.dictionary.generations import Models
from recette.messages.dictionary.models import model_of_key
from recette.messages.dictionary.spellings import spelling

SHARING = frozenset({"RC-EDA", "RS-EDA"})
"""Messages by which a case comes to be shared."""
_ASKED = "#DEMANDE_CONCOURS#"


def support_asked(content: Mapping[str, Any]) -> str | None:
    """The mission id of the request for support that an EMSI makes, if it makes one (fact sheet 5.8)."""
    told = content.get("MISSION")
    missions = [one for one in told if isinstance(one, dict)] if isinstance(told, list) else []
    return next((one.get("ID") for one in missions if str(one.get("NAME", "")).startswith(_ASKED)), None)


@dataclass(frozen=True, slots=True)
class Names:
    """How an edition names what all of them have (fact sheet 5.3, 5.4)."""

    edition: Models

    @property
    def patient(self) -> str:
        return spelling("patientId", "RS-EDA", self.edition)

    @property
    def note(self) -> str:
        return spelling("medicalNoteId", "RS-EDA", self.edition)

    @property
    def resources(self) -> str:
        return spelling("resource", "RS-RI", self.edition)

    @property
    def record_context(self) -> str:
        """The part of a SMUR's activity record that says whose case it is of."""
        return self._in_record("context")

    @property
    def record_owner(self) -> str:
        return self._in_record("orgId")

    @property
    def record_case(self) -> str:
        return self._in_record("senderCaseId")

    def _in_record(self, name: str) -> str:
        known = model_of_key("rpis", self.edition)
        return spelling(name, known.name, self.edition) if known is not None else name

    @property
    def geo_resource(self) -> str:
        """How GEO-POS and GEO-RES name a resource."""
        return spelling("resourceId", "GEO-POS", self.edition)


class Identifiers:
    """Makes the editor's own identifiers, in its own namespace (fact sheet 5.2)."""

    def __init__(self, client: str) -> None:
        self._client = client
        self._numbers = itertools.count(1)
        self._cases = itertools.count(uuid.uuid4().int % 100_000)
        self._session = uuid.uuid4().hex[:6]

    def case(self) -> str:
        """The shared id of a new case: `<client>.<its number here>`."""
        return f"{self._client}.{self.number()}"

    def number(self) -> str:
        """What the editor itself calls a new case: `DRFR15<CRRA><year><day of year><number>` (DSF 3.6); never the same twice."""
        crra = re.sub(r"[^0-9A-Za-z]", "", self._client)[-3:]
        return f"DRFR15{crra}{datetime.now(UTC):%y%j}{next(self._cases) % 100_000:05d}"

    def make(self, kind: str) -> str:
        """A new `<client>.<kind>.<id>` for `request`, `resource`, `patient`, `medicalNote`, `report`."""
        return f"{self._client}.{kind}.{self._session}{next(self._numbers)}"


class CaseFile:
    """What the editor knows of a case: its number, who shares it, patients, requests, answers, resources, reports."""

    def __init__(self, case_id: str, client: str, identifiers: Identifiers, edition: Models) -> None:
        self.case_id = case_id
        self.client = client
        self.identifiers = identifiers
        self.names = Names(edition)
        self.local_event = identifiers.make("event")
        """The editor's own number of the case, on the link with the fire services."""
        self.shared = False
        self.operation_messages = 0
        """How many EMSI were sent."""
        self.support_asked: str | None = None
        """Mission id of the request for support that the partner made."""
        own = case_id.startswith(f"{client}.")
        self.number = case_id.removeprefix(f"{client}.") if own else identifiers.number()
        """The editor's own number for the case (senderCaseId)."""
        self.owner: str | None = None
        """The CRRA in charge, as last told by either side."""
        self.partners: list[str] = []
        """Who shares the case, in the order in which they came to it."""
        self.closed = False
        self.request_asked: str | None = None
        self.request_received: str | None = None
        self.answer_given: str | None = None
        self.resources: list[str] = []
        self.patients: list[str] = []
        self.reports: dict[str, str] = {}
        """reportId by patient."""

    def audience(self, name: str, to: str) -> list[str]:
        """Who gets a message meant for `to`: a change of the case goes to all who share it (DSF 5.4)."""
        if name != "RS-EDA-MAJ" or self.closed:
            return [to]
        return [to, *(one for one in self.partners if one != to)]

    def note_sent(self, name: str, content: Mapping[str, Any], to: str) -> None:
        """Remember what was told to the partner."""
        self.shared = self.shared or name in SHARING
        self.operation_messages += name == "EMSI"
        self._note_case(name, content, to)
        if name == "RS-EDA-MAJ" and _status(content) == "CLOTURE":
            self.closed = True
        if name == "RS-DR":
            self.request_asked = content["request"]["requestId"]
        elif name == "RS-RR":
            self.answer_given = content["response"].get("answer")
        elif name == "RS-RI":
            self.resources += [one["resourceId"] for one in content[self.names.resources]]
        elif name == "RS-BPV":
            self.reports[str(content["patient"].get("patientId"))] = content["reportId"]
        self._meet_patients(content)

    def note_received(self, name: str, content: Mapping[str, Any], sender: str) -> None:
        """Remember what the partner told; a cancelled request awaits nothing any more."""
        self.shared = self.shared or name in SHARING
        if name == "EMSI":
            self.support_asked = support_asked(content) or self.support_asked
        self._note_case(name, content, sender)
        if name == "RS-DR" and isinstance(request := content.get("request"), dict):
            cancelled = content.get("status") == "ANNULEE"
            self.request_received = None if cancelled else request.get("requestId")
            self.answer_given = None
        self._meet_patients(content)

    def _meet_patients(self, content: Mapping[str, Any]) -> None:
        people = content.get("patient")
        for one in people if isinstance(people, list) else ():
            identifier = one.get(self.names.patient) if isinstance(one, dict) else None
            if isinstance(identifier, str) and identifier not in self.patients:
                self.patients.append(identifier)

    def _note_case(self, name: str, content: Mapping[str, Any], partner: str) -> None:
        if name == "RS-EDA" and partner not in self.partners:
            self.partners.append(partner)
        if name in {"RS-EDA", "RS-EDA-MAJ"} and isinstance(owner := content.get("owner"), str):
            self.owner = owner


def _status(content: Mapping[str, Any]) -> object:
    node: object = content
    for name in ("qualification", "details", "status"):
        node = node.get(name) if isinstance(node, Mapping) else None
    return node

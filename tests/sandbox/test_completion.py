"""What the reference editors add to what was typed, from the protocol and their own state alone."""

from __future__ import annotations

from typing import Any

import pytest

from recette.messages.dictionary.models import model
from recette.messages.json.schemas import SchemaSet
from recette.messages.validation.validator import Validator
from recette.sandbox.case_file import CaseFile, Identifiers
from recette.sandbox.completion import completed
from recette.sandbox.park import Park

CASE = "fr.health.samu992.DRFR159922600100001"
TABLET = "fr.health.smur991"


def tablet(generation: int, *patients: str) -> CaseFile:
    """A case that the LRM shared with the tablet."""
    case = CaseFile(CASE, TABLET, Identifiers(TABLET), generation)
    name = case.names.patient
    case.note_received("RS-EDA", {"patient": [{name: one} for one in patients]}, "fr.health.samu992")
    return case


def sent(case: CaseFile, name: str, typed: dict[str, Any]) -> dict[str, Any]:
    content = completed(case, name, typed)
    case.note_sent(name, content, "fr.health.samu992")
    return content


def test_a_record_carries_the_number_and_the_patient_that_were_shared() -> None:
    first = completed(tablet(1, "p1"), "RPIS", {"event": {"ressourceStructure": "1"}})
    assert (first["event"]["samuId"], first["event"]["fileId"]) == tuple(CASE.rsplit(".", 1))
    assert first["event"]["ressourceStructure"] == "1"
    later = completed(tablet(2, "p1"), "RS-RPIS", {})
    assert (later["context"]["orgId"], later["context"]["senderCaseId"]) == tuple(CASE.rsplit(".", 1))
    assert later["patient"]["patientId"] == "p1"
    assert "caseId" not in later


def test_a_report_keeps_its_number_by_patient() -> None:
    case = tablet(2, "p1", "p2")
    numbers = [
        sent(case, "RS-BPV", {"patient": {"patientId": one}})["reportId"] for one in ("p1", "p2", "p1", "p2")
    ]
    assert numbers[:2] == numbers[2:]
    assert numbers[0] != numbers[1]


def test_of_two_patients_none_is_guessed() -> None:
    assert completed(tablet(2, "p1"), "RS-URL", {"document": [{}]})["patientId"] == "p1"
    assert "patientId" not in completed(tablet(2, "p1", "p2"), "RS-URL", {"document": [{}]})


def test_documents_have_addresses_of_their_own() -> None:
    urls = [one["url"] for one in completed(tablet(3, "p1"), "RS-URL", {"document": [{}, {}]})["document"]]
    assert len(set(urls)) == 2


@pytest.mark.parametrize("generation", [1, 2, 3])
def test_a_position_is_that_of_the_engaged_resource(generation: int) -> None:
    case = tablet(generation)
    engaged = sent(case, "RS-RI", {case.names.resources: [{"name": "VLM fictive"}]})
    here = {"lat": 46.0, "lon": -1.5}
    typed = {"position": [{"coord": here if generation == 3 else [here]}]}
    content = completed(case, "GEO-POS", typed)
    assert content["position"][0][case.names.geo_resource] == engaged[case.names.resources][0]["resourceId"]
    validator = Validator(SchemaSet.builtin(generation))
    key = model("GEO-POS", generation).key
    assert not list(validator.validate_content(content, key, f"$.{key}"))


@pytest.mark.parametrize("generation", [1, 2, 3])
def test_a_provider_answers_for_what_it_told_and_for_nothing_else(generation: int) -> None:
    case = CaseFile("fr.health.gps991.x", "fr.health.gps991", Identifiers("fr.health.gps991"), generation)
    name = case.names.geo_resource
    park = Park(generation)
    told = completed(case, "GEO-RES", {"resource": [{"name": "un"}, {"name": "deux"}]})
    park.note_sent("GEO-RES", told)
    first, second = (one[name] for one in told["resource"])
    answer = park.answer([second, "fr.health.fictif.resource.inconnue", first])
    assert [one["name"] for one in answer["resource"]] == ["deux", "un"]
    assert park.answer(["fr.health.fictif.resource.inconnue"]) == {"resource": []}

"""Conversions on invented, fictitious messages: what is kept, lost, added, and told of it."""

from __future__ import annotations

import contextlib
from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from recette.messages.building import envelope
from recette.messages.conversion.converter import Converted, Converter
from recette.messages.conversion.failures import ConversionError
from recette.messages.conversion.notes import as_text
from recette.messages.conversion.resources import CaseStore
from recette.messages.dictionary.examples import example
from recette.messages.dictionary.models import model

SAMU, OTHER, FIRE = "fr.health.samu000", "fr.health.samu999", "fr.fire.nexsis.sdis00"
CASE = "fr.health.samu000.DRFICTIF1"


def document(
    name: str, generation: int, content: dict[str, Any], sender: str = SAMU, to: str = OTHER
) -> dict[str, Any]:
    sent = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    return envelope(
        content,
        model(name, generation).key,
        sender=sender,
        recipient=to,
        distribution_id=f"{sender}_fictif-{name}",
        sent_at=sent,
        expires_at=sent,
    )


def contents(converted: Converted) -> list[dict[str, Any]]:
    found = []
    for one in converted.documents:
        message = one["content"][0]["jsonContent"]["embeddedJsonContent"]["message"]
        found.append(
            {key: value for key, value in message.items() if isinstance(value, dict) and key != "sender"}
        )
    return found


@pytest.mark.parametrize(("source", "target"), [(1, 2), (2, 3), (3, 2), (2, 1), (1, 3), (3, 1)])
@pytest.mark.parametrize("name", ["RS-EDA", "RS-EDA-MAJ", "RS-RI", "RS-SR", "RS-DR", "RS-RR", "RC-REF"])
def test_one_message_keeps_its_ids(name: str, source: int, target: int) -> None:
    before = document(name, source, example(model(name, source), "minimal") | {"owner": SAMU})
    after = Converter().convert(before, source, target, "version").documents
    assert [one["distributionID"] for one in after] == [before["distributionID"]]


@pytest.mark.parametrize(("source", "target"), [(1, 2), (2, 3), (3, 2), (2, 1), (1, 3), (3, 1)])
@pytest.mark.parametrize("name", ["RS-EDA", "RS-EDA-MAJ", "RS-RI", "RS-SR", "RS-RR", "GEO-POS"])
def test_what_was_given_stays_as_it_was(name: str, source: int, target: int) -> None:
    given = document(name, source, example(model(name, source), "maximal"))
    before = deepcopy(given)
    with contextlib.suppress(ConversionError):
        Converter().convert(given, source, target, "version")
    assert given == before


def test_a_status_that_changes_its_meaning_is_remarked() -> None:
    state = {"datetime": "2026-01-02T03:04:05+01:00", "status": "TRANSP"}
    told = {"caseId": CASE, "resourceId": f"{SAMU}.resource.R1", "state": state}
    converted = Converter().convert(document("RS-SR", 2, told), 2, 3, "version")
    assert contents(converted)[0]["resourcesStatus"]["state"]["status"] == "ORIENTAT"
    loss = converted.losses[0]
    assert (loss.path, loss.kind, loss.before, loss.after) == (
        "$.state.status",
        "remplacé",
        "« TRANSP »",
        "« ORIENTAT »",
    )
    assert "RS-RI" in loss.remark


def test_what_has_no_field_becomes_a_note_in_words() -> None:
    case = example(model("RS-EDA", 3), "minimal") | {"owner": SAMU}
    case["qualification"] = {**case["qualification"], "origin": "CRRA", "details": {"priority": "P1"}}
    converted = Converter().convert(document("RS-EDA", 3, case), 3, 2, "version")
    made = contents(converted)[0]["createCaseHealth"]
    assert "origin" not in made["qualification"]
    assert made["medicalNote"][-1]["freetext"] == "Origine de l`appel : CRRA\n...\n"
    assert made["medicalNote"][-1]["medicalNoteId"].startswith(f"{SAMU}.medicalNote.")
    assert ("$.qualification.origin", "noté") in {(one.path, one.kind) for one in converted.losses}


def resources(*held: tuple[str, str, str | None]) -> dict[str, Any]:
    return {
        "caseId": CASE,
        "resource": [
            {
                "datetime": "2026-01-02T03:00:00+01:00",
                "resourceId": f"{SAMU}.resource.{name}",
                "orgId": SAMU,
                "vehicleType": kind,
                "name": name,
                **(
                    {"state": [{"datetime": "2026-01-02T03:00:00+01:00", "status": status}]}
                    if status is not None
                    else {}
                ),
            }
            for name, kind, status in held
        ],
    }


def test_resources_that_the_fire_side_is_not_told_of_give_nothing() -> None:
    ambulance = document("RS-RI", 3, resources(("R1", "TSU.AMB", "DEPART")), to=FIRE)
    converted = Converter().convert(ambulance, 3, 3, "transcoding")
    assert converted.documents == ()
    assert converted.losses[0].path == "$.resource[0]"


def test_a_status_needs_the_last_list_of_its_case() -> None:
    state = {"datetime": "2026-01-02T03:09:00+01:00", "status": "ARRIVEE"}
    told = {"caseId": CASE, "resourceId": f"{SAMU}.resource.R1", "state": state}
    status = document("RS-SR", 3, told, to=FIRE)
    converter = Converter()
    with pytest.raises(ConversionError) as refused:
        converter.convert(status, 3, 3, "transcoding")
    assert refused.value.status == 400
    converter.convert(document("RS-RI", 3, resources(("R1", "SMUR.AR", None)), to=FIRE), 3, 3, "transcoding")
    made = contents(converter.convert(status, 3, 3, "transcoding"))[0]["resourcesInfoCisu"]
    assert [(one["vehicleType"], one["state"]) for one in made["resource"]] == [("SMUR", state)]


def test_one_message_of_the_fire_side_becomes_several() -> None:
    told = resources(("F1", "SIS", None), ("F2", "SIS", None))
    for one in told["resource"]:
        one["state"] = {"datetime": "2026-01-02T03:00:00+01:00", "status": "DEPART"}
    first = document("RC-RI", 3, told, sender=FIRE, to=SAMU)
    converter = Converter()
    made = converter.convert(first, 3, 1, "transcoding").documents
    assert made[0]["distributionID"] == first["distributionID"]
    assert len({one["distributionID"] for one in made}) == len(made) == 3
    again = {**first, "distributionID": f"{FIRE}_fictif-2"}
    nothing = converter.convert(again, 3, 1, "transcoding")
    assert nothing.documents == ()
    assert "rien n'est envoyé" in nothing.losses[-1].remark


@pytest.mark.parametrize("name", ["RS-DR", "RS-ERROR", "RS-EDA-MAJ", "GEO-POS"])
def test_what_has_no_conversion_is_refused(name: str) -> None:
    before = document(name, 3, example(model(name, 3), "minimal"), to=FIRE)
    with pytest.raises(ConversionError, match="Aucune conversion"):
        Converter().convert(before, 3, 3, "transcoding")


_TEXTS = st.one_of(
    st.text(st.characters(codec="utf-8", exclude_categories=["C", "Zl", "Zp"]), max_size=90),
    st.from_regex(r"[+0-9A-Za-zé' ,.()/_:-]{0,50}", fullmatch=True),
    st.sampled_from(["yes", "Null", "012", "+33199000000", "1.5", "2026-01-02", "=", "~", "1:20"]),
)
_TREES = st.recursive(
    _TEXTS,
    lambda below: st.one_of(
        st.dictionaries(st.sampled_from(["code", "label", "contact", "detail"]), below, max_size=3),
        st.lists(below, max_size=3),
    ),
    max_leaves=8,
)


@given(_TREES)
def test_a_note_is_written_as_yaml_writes_it(value: Any) -> None:
    assert as_text(value, {}) == yaml.dump(value, allow_unicode=True)


def test_what_is_kept_of_cases_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(CaseStore, "CASES", 2)
    monkeypatch.setattr(CaseStore, "MESSAGES", 2)
    store = CaseStore()
    for number in range(3):
        store.keep("RS-RI", f"a{number}", {"caseId": "a"})
    assert [one.distribution_id for one in store.of("a", "RS-RI")] == ["a1", "a2"]
    store.keep("RS-RI", "b0", {"caseId": "b"})
    store.keep("RS-RI", "c0", {"caseId": "c"})
    assert (store.of("a", "RS-RI"), len(store.of("c", "RS-RI"))) == ([], 1)


def fire_list(*held: tuple[str, str, str]) -> dict[str, Any]:
    """Of each vehicle its id, name and status."""
    told = resources(*((one, "SIS", status) for one, _, status in held))
    for vehicle, (_, name, status) in zip(told["resource"], held, strict=True):
        vehicle |= {"name": name, "state": {"datetime": "2026-01-02T03:00:00+01:00", "status": status}}
    return told


def test_what_changes_besides_a_status_is_told_as_lost() -> None:
    converter = Converter()
    lists = (fire_list(("F1", "VSAV 1", "DEPART")), fire_list(("F1", "VSAV 2", "ARRIVEE")))
    for number, told in enumerate(lists):
        sent = document("RC-RI", 3, told, sender=FIRE, to=SAMU) | {"distributionID": f"{FIRE}_{number}"}
        converted = converter.convert(sent, 3, 3, "transcoding")
    assert [(one.path, one.kind) for one in converted.losses] == [("$.resource[0].name", "perdu")]


def test_a_status_that_is_older_than_the_list_is_told_as_lost() -> None:
    converter = Converter()
    converter.convert(
        document("RS-RI", 3, resources(("R1", "SMUR.AR", "ARRIVEE")), to=FIRE), 3, 3, "transcoding"
    )
    told = {"datetime": "2026-01-02T02:00:00+01:00", "status": "DEPART"}
    late = {"caseId": CASE, "resourceId": f"{SAMU}.resource.R1", "state": told}
    converted = converter.convert(document("RS-SR", 3, late, to=FIRE), 3, 3, "transcoding")
    assert [(one.path, one.kind) for one in converted.losses] == [
        ("$.state", "perdu"),
        ("$.resource", "ajouté"),
    ]
    assert "plus récent" in converted.losses[0].remark


def test_dates_are_compared_as_texts_and_that_is_remarked() -> None:
    told = resources(("R1", "SMUR.AR", "DEPART"))
    later = {"datetime": "2026-01-02T02:30:00+00:00", "status": "ARRIVEE"}
    told["resource"][0]["state"].append(later)
    converted = Converter().convert(document("RS-RI", 3, told, to=FIRE), 3, 3, "transcoding")
    assert contents(converted)[0]["resourcesInfoCisu"]["resource"][0]["state"]["status"] == "DEPART"
    lost = next(one for one in converted.losses if one.kind == "perdu")
    assert "le texte des dates" in lost.remark


def test_a_list_that_loses_all_it_held_stays_and_is_told() -> None:
    case = example(model("RS-EDA", 3), "minimal") | {"owner": SAMU}
    externals = [{"source": "AUTRE", "value": "fictif"}]
    case["patient"] = [{"patientId": f"{SAMU}.patient.P1", "administrativeFile": {"externalId": externals}}]
    converted = Converter().convert(document("RS-EDA", 3, case), 3, 2, "version")
    told = [(one.path, one.kind) for one in converted.losses]
    assert ("$.patient[0].administrativeFile.externalId", "ajouté") in told


SHAPES: tuple[tuple[str, int, int, dict[str, Any]], ...] = (
    ("RS-SR", 1, 2, {"state": "ici", "status": "DEPART"}),
    ("RS-EDA", 3, 2, {"medicalNote": 3, "decision": [{"destination": {"freetext": "fictif"}}]}),
    ("GEO-POS", 2, 3, {"position": [{"coord": []}]}),
    ("RS-RI", 3, 2, {"resource": [{"patientId": "P1", "freetext": "fictif"}]}),
)


@pytest.mark.parametrize(("name", "source", "target", "content"), SHAPES)
def test_a_form_that_no_model_has_is_the_service_s_failure(
    name: str, source: int, target: int, content: dict[str, Any]
) -> None:
    told = document(name, source, {"caseId": CASE, "owner": SAMU, **content})
    with pytest.raises(ConversionError) as refused:
        Converter().convert(told, source, target, "version")
    assert refused.value.status == 500


def test_what_goes_into_the_first_note_is_told_once() -> None:
    case = example(model("RC-EDA", 3), "maximal")
    converted = Converter().convert(document("RC-EDA", 3, case, sender=FIRE, to=SAMU), 3, 3, "transcoding")
    told = [(one.path, one.kind) for one in converted.losses]
    for path in ("$.initialAlert.attachment", "$.initialAlert.callTaker", "$.freetext", "$.newAlert"):
        assert [kind for where, kind in told if where == path] == ["noté"]
    notes = [one for one in case["initialAlert"]["notes"] if "freetext" in one]
    assert [kind for where, kind in told if where == "$.initialAlert.notes[*].freetext"] == ["noté"] * len(
        notes
    )

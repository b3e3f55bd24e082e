"""Identifiers that must differ, within a message, a play and a campaign, and those that may well stay."""

from __future__ import annotations

import copy
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest

from recette.judge.rules.ids import another_s
from recette.judge.view import View
from recette.messages.roles import Role
from recette.scenario.model import Casting
from tests.judge.journal_builder import Content, JournalBuilder, by, found, inside

GENERATIONS = pytest.mark.parametrize("generation", [1, 2, 3])


def content(document: Content) -> Any:
    message = inside(document)
    return message[next(reversed(message))]


def patient_of(generation: int) -> str:
    return "idPat" if generation == 1 else "patientId"


@GENERATIONS
def test_a_second_patient_under_the_first_one_s_id(generation: int) -> None:
    play = JournalBuilder(f"15-15-partage-simple.g{generation}@origine").open("second-patient")
    first = play.last("RS-EDA").content["patient"][0][patient_of(generation)]

    def same(document: Content) -> None:
        for block in ("patient", "medicalNote"):
            for item in content(document).get(block, []):
                item[patient_of(generation)] = first

    play.editor_says(play.due("second-patient"), change=same)
    result = play.close().rest().judged()
    assert found(result) == [("CI-40", "fail")]
    assert "Deux patients" in result.findings[0].explanation


@GENERATIONS
def test_a_replacement_vehicle_under_a_used_id(generation: int) -> None:
    play = JournalBuilder(f"15-15-ressource-engagee-annulee.g{generation}@sollicite").open("remplacement")
    block = "mobilizedResource" if generation == 1 else "resource"
    used = play.last("RS-RI").content[block][0]["resourceId"]
    play.editor_says(
        play.due("remplacement"), change=lambda document: content(document)[block][0].update(resourceId=used)
    )
    assert ("CI-40", "fail") in found(play.close().rest().judged())


def test_two_vehicles_of_one_engagement_under_one_id() -> None:
    play = JournalBuilder("15-15-ressource-acceptee.g3@sollicite").open("engagement")

    def doubled(document: Content) -> None:
        resource = content(document)["resource"]
        resource.append({**resource[0], "name": "Une autre VLM fictive"})

    play.editor_says(play.due("engagement"), change=doubled)
    result = play.close().rest().judged()
    assert found(result) == [("CI-40", "fail")]
    assert result.findings[0].path.endswith("resource[1].resourceId")


def test_what_is_said_twice_is_not_two_things() -> None:
    play = JournalBuilder("15-15-ressource-acceptee.g3@sollicite").open("engagement")

    def repeated(document: Content) -> None:
        resource = content(document)["resource"]
        resource.append(dict(resource[0]))

    play.editor_says(play.due("engagement"), change=repeated)
    result = play.close().rest().judged()
    assert result.verdict == "pass"
    assert by(result, "CI-40") == []


def of_two_cases(
    name: str, step: str, model: str, place: str, generation: int, second: str = ""
) -> JournalBuilder:
    """The first case's identifier at a dotted place, in the second case too."""
    play = JournalBuilder(f"{name}.g{generation}@origine").rest()
    first = at(play.last(model).content, place)
    play.then(f"{second or name}.g{generation}@origine").open(step)

    def kept(document: Content) -> None:
        *above, last = place.split(".")
        at(content(document), ".".join(above))[last] = first

    play.editor_says(play.due(step), change=kept)
    return play.close()


def at(node: Any, place: str) -> Any:
    for name in filter(None, place.split(".")):
        node = node[int(name)] if isinstance(node, list) else node[name]
    return node


@GENERATIONS
def test_one_request_id_in_two_cases(generation: int) -> None:
    play = of_two_cases(
        "15-15-ressource-acceptee",
        "demande",
        "RS-DR",
        "request.requestId",
        generation,
        "15-15-ressource-differee",
    )
    result = play.rest().judged()
    assert found(result) == [("CI-41", "fail")]
    assert "15-15-ressource-acceptee" in result.findings[0].explanation


@GENERATIONS
def test_one_note_id_in_two_cases(generation: int) -> None:
    name = "idObs" if generation == 1 else "medicalNoteId"
    play = of_two_cases(
        "15-15-ressource-acceptee",
        "partage",
        "RS-EDA",
        f"medicalNote.0.{name}",
        generation,
        "15-15-ressource-differee",
    )
    assert found(play.rest().judged()) == [("CI-41", "fail")]


def keeping_patient(generation: int, **traits: str) -> JournalBuilder:
    play = JournalBuilder(f"15-15-ressource-acceptee.g{generation}@origine").rest()
    first = play.last("RS-EDA").content["patient"][0][patient_of(generation)]
    play.then(f"15-15-ressource-differee.g{generation}@origine").open("partage")

    def kept(document: Content) -> None:
        for item in (*content(document)["patient"], *content(document)["medicalNote"]):
            item[patient_of(generation)] = first
        content(document)["patient"][0]["identity"]["strictFeatures"].update(traits)

    play.editor_says(play.due("partage"), change=kept)
    return play.close()


@GENERATIONS
def test_a_person_may_keep_an_id_over_two_cases(generation: int) -> None:
    result = keeping_patient(generation).rest().judged()
    assert result.verdict == "pass"
    assert found(result) == []


def test_another_person_may_not_have_it() -> None:
    result = keeping_patient(3, birthDate="1999-12-31").rest().judged()
    assert ("CI-41", "fail") in found(result)


def test_a_vehicle_keeps_its_id_over_two_cases() -> None:
    play = JournalBuilder("15-15-ressource-acceptee.g3@sollicite").rest()
    mine = play.last("RS-RI").content["resource"][0]["resourceId"]
    play.then("15-15-ressource-differee.g3@sollicite").rest()
    play.then("15-15-ressource-engagee-annulee.g3@sollicite").open("engagement")
    play.editor_says(
        play.due("engagement"),
        change=lambda document: content(document)["resource"][0].update(resourceId=mine),
    )
    play.case.resources[:] = [mine]
    result = play.close().rest().judged()
    assert result.verdict == "pass"
    assert found(result) == []


@GENERATIONS
def test_the_partner_s_own_number_of_the_case(generation: int) -> None:
    play = JournalBuilder(f"15-15-limitrophe-accepte.g{generation}@voisin").until("transfert")
    number = (play.progress.case_id or "").rpartition(".")[2]
    play.open("suite")
    play.editor_says(play.due("suite"), change=lambda document: content(document).update(senderCaseId=number))
    assert found(play.close().rest().judged()) == [("CI-43", "fail")]


def test_one_number_for_two_cases() -> None:
    play = of_two_cases(
        "15-15-ressource-acceptee", "partage", "RS-EDA", "senderCaseId", 3, "15-15-ressource-differee"
    )
    assert found(play.rest().judged()) == [("CI-43", "fail")]


@GENERATIONS
@pytest.mark.parametrize(("organisation", "verdict"), [("samu777", "remark"), ("samu992", "fail")])
def test_an_id_made_in_another_organisation_s_name(generation: int, organisation: str, verdict: str) -> None:
    """That one's organisation is one's client id is deduced; that the partner's is not one's own is not."""
    play = JournalBuilder(f"15-15-partage-simple.g{generation}@origine").open("partage")

    def foreign(document: Content) -> None:
        for item in (*content(document)["patient"], *content(document)["medicalNote"]):
            item[patient_of(generation)] = f"fr.health.{organisation}.patient.77"

    play.editor_says(play.due("partage"), change=foreign)
    assert found(play.close().rest().judged()) == [("CI-42", verdict)]


@pytest.mark.parametrize(("organisation", "verdict"), [("samu777", "remark"), ("samu992", "fail")])
def test_a_vehicle_of_neither_its_holder_nor_its_sender(organisation: str, verdict: str) -> None:
    play = JournalBuilder("15-15-partage-ressources-engagees.g3@origine")
    step = next(one.id for one in play.casting.messages if one.models == "RS-RI")
    play.open(step)

    def foreign(document: Content) -> None:
        for item in content(document)["resource"]:
            item["orgId"], item["resourceId"] = (
                play.casting.editor_client,
                f"fr.health.{organisation}.resource.7",
            )

    play.editor_says(play.due(step), change=foreign)
    assert {one.verdict for one in by(play.close().rest().judged(), "DA-12")} == {verdict}


@pytest.mark.parametrize(("number", "verdict"), [(None, "remark"), (7, "fail")])
def test_a_vehicle_keeps_the_id_that_the_partner_gave_it(number: int | None, verdict: str) -> None:
    """Told of again, as held by a hospital."""
    play = JournalBuilder("15-15-ressource-acceptee.g3@origine").until("depart")
    published = [one.message for one in play.progress.published.values()]
    told = next(dict(one.content or {}) for one in published if one.model == "RS-RI")
    told["resource"] = copy.deepcopy(told["resource"])
    vehicle = told["resource"][0]
    vehicle["orgId"] = "fr.health.hopital"
    if number is not None:
        vehicle["resourceId"] = f"fr.health.samu992.resource.{number}"
    play.editor_says(play.message("RS-RI", told, "sollicite"))
    assert {one.verdict for one in by(play.rest().judged(), "DA-12")} == {verdict}


@pytest.mark.parametrize(
    ("editor", "partner", "space", "certain"),
    [
        ("fr.health.samu991", "fr.health.samu992", "fr.health.samu992", True),
        ("fr.health.samu991", "fr.health.samu992", "fr.health.samu777", False),
        ("fr.health.samu991.lrm", "fr.health.samu991", "fr.health.samu991.1", False),
    ],
)
def test_a_client_of_one_s_own_organisation_is_nobody_else(
    editor: str, partner: str, space: str, certain: bool
) -> None:
    casting = JournalBuilder("15-15-partage-simple.g3@origine").casting
    assert another_s(_view(casting, editor, partner), space) == certain


@pytest.mark.parametrize(("role", "perimeter"), [("SMUR", "15-15"), ("PORTAIL", "15-15"), ("LRM", "15-smur")])
def test_a_system_that_may_be_of_its_samu_is_not_surely_another(role: Role, perimeter: str) -> None:
    casting = JournalBuilder("15-15-partage-simple.g3@origine").casting
    scenario = casting.scenario
    actors = {**scenario.actors, next(one for one in casting.clients if one != casting.editor): role}
    casting = replace(casting, scenario=replace(scenario, actors=actors, perimeter=perimeter))
    assert not another_s(_view(casting, "fr.health.samu991", "fr.health.samu992"), "fr.health.samu992")


def _view(casting: Casting, editor: str, partner: str) -> View:
    clients = {one: editor if one == casting.editor else partner for one in casting.clients}
    told = SimpleNamespace(casting=replace(casting, clients=clients), editor=editor)
    return cast("View", told)


@GENERATIONS
def test_one_person_under_two_ids(generation: int) -> None:
    name, play = patient_of(generation), JournalBuilder(f"15-15-partage-simple.g{generation}@origine")
    play.open("partage")

    def twice(document: Content) -> None:
        first = content(document)["patient"][0]
        content(document)["patient"].append({**first, name: f"{first[name]}bis"})

    play.editor_says(play.due("partage"), change=twice)
    result = play.close().rest().judged()
    assert found(result) == [("CI-45", "fail")]
    assert result.findings[0].path.endswith(f"patient[1].{name}")


def test_one_person_under_another_id_in_an_update() -> None:
    play = JournalBuilder("15-15-partage-simple.g3@origine").open("second-patient")
    first = copy.deepcopy(play.last("RS-EDA").content["patient"][0])
    first["patientId"] += "bis"
    play.editor_says(
        play.due("second-patient"), change=lambda document: content(document)["patient"].insert(0, first)
    )
    assert found(play.close().rest().judged()) == [("CI-45", "fail")]


def test_another_person_of_the_same_name_is_somebody_else() -> None:
    play = JournalBuilder("15-15-partage-simple.g3@origine").open("partage")

    def another(document: Content) -> None:
        one = copy.deepcopy(content(document)["patient"][0])
        one["patientId"] += "bis"
        one["identity"].setdefault("strictFeatures", {})["birthDate"] = "2001-01-01"
        content(document)["patient"].append(one)

    play.editor_says(play.due("partage"), change=another)
    assert found(play.close().rest().judged()) == [("DA-24", "remark")]


def test_an_organisation_below_the_client_is_its_own() -> None:
    play = JournalBuilder("15-15-partage-simple.g3@origine").open("partage")

    def below(document: Content) -> None:
        for item in (*content(document)["patient"], *content(document)["medicalNote"]):
            item["patientId"] = "fr.health.samu991.DRFR1599100001.patient.1"

    play.editor_says(play.due("partage"), change=below)
    result = play.close().rest().judged()
    assert by(result, "CI-42") == []
    assert [one.verdict for one in result.steps] == ["pass"] * len(result.steps)


@GENERATIONS
def test_a_note_told_twice_word_for_word_is_a_remark(generation: int) -> None:
    play = JournalBuilder(f"15-15-partage-simple.g{generation}@origine").open("partage")

    def doubled(document: Content) -> None:
        content(document)["medicalNote"].append(dict(content(document)["medicalNote"][0]))

    play.editor_says(play.due("partage"), change=doubled)
    result = play.close().rest().judged()
    assert ("CI-40", "remark") in found(result)
    assert result.verdict == "pass"


@GENERATIONS
def test_a_note_s_id_of_another_organisation(generation: int) -> None:
    name = "idObs" if generation == 1 else "medicalNoteId"
    play = JournalBuilder(f"15-15-partage-simple.g{generation}@origine").open("partage")

    def elsewhere(document: Content) -> None:
        content(document)["medicalNote"][0][name] = "fr.health.samu777.medicalNote.1"

    play.editor_says(play.due("partage"), change=elsewhere)
    assert ("CI-42", "remark") in found(play.close().rest().judged())


@GENERATIONS
def test_a_case_keeps_its_number(generation: int) -> None:
    play = JournalBuilder(f"15-15-partage-simple.g{generation}@origine")
    for step, number in (("partage", "N1"), ("second-patient", "N2")):
        play.open(step)
        play.editor_says(
            play.due(step),
            change=lambda document, number=number: content(document).update(senderCaseId=number),  # type: ignore[misc]
        )
        play.close()
    assert found(play.rest().judged()) == [("CI-43", "fail")]


def test_a_note_whose_id_is_a_list_fails_no_rule() -> None:
    play = JournalBuilder("15-15-partage-simple.g3@origine").open("partage")

    def listed(document: Content) -> None:
        for note in inside(document)["createCaseHealth"]["medicalNote"]:
            note["medicalNoteId"] = [note["medicalNoteId"]]

    play.editor_says(play.due("partage"), change=listed)
    judged = play.close().rest().judged()
    assert ("DA-01", "fail") in found(judged)
    assert [one for one in judged.findings if one.attributed_to == "harness"] == []

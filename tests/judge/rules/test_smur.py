"""A SMUR's intervention: what the rules of CI-22 to CI-26, DA-11 and DA-12 say, and whom they leave alone."""

from __future__ import annotations

from datetime import timedelta

import pytest

from recette.messages.building import new_distribution_id
from recette.messages.hub_saw import HubSaw
from recette.sandbox.editor import Outgoing, ReferenceEditor
from tests.judge.journal_builder import Change, Content, JournalBuilder, by, inside
from tests.judge.playing import Play, only, rules


def elsewhere(editor: ReferenceEditor, out: Outgoing, to: str) -> Outgoing:
    """The same content to somebody else."""
    return editor.outgoing(out.model, out.content, to)


def test_a_record_that_goes_to_the_lrm_too_is_a_remark_with_both_readings(play: Play) -> None:
    def both(editor: ReferenceEditor, out: Outgoing) -> list[Outgoing]:
        if out.model != "RS-RPIS":
            return [out]
        return [out, elsewhere(editor, out, out.content["context"]["orgId"])]

    result = play("15-rpis-un-patient.g2@tablette", both)
    assert result.verdict == "pass"
    assert rules(result) == [("CI-25", "remark")]
    assert "Deux lectures" in only(result).explanation


def test_a_record_to_the_lrm_first_is_a_remark_all_the_same(play: Play) -> None:
    def lrm_first(editor: ReferenceEditor, out: Outgoing) -> list[Outgoing]:
        if out.model != "RS-RPIS":
            return [out]
        return [elsewhere(editor, out, out.content["context"]["orgId"]), out]

    result = play("15-rpis-un-patient.g3@tablette", lrm_first)
    assert (result.verdict, rules(result)) == ("pass", [("CI-25", "remark")])


def test_a_record_of_another_organisation_is_a_remark(play: Play) -> None:
    def other(_: ReferenceEditor, out: Outgoing) -> list[Outgoing]:
        if out.model == "RPIS":
            out.content["event"]["samuId"] = "fr.health.samu990"
        return [out]

    result = play("15-rpis-un-patient.g1@tablette", other)
    assert (result.verdict, rules(result)) == ("pass", [("CI-25", "remark")])
    assert only(result).actual == "fr.health.samu990"


def test_an_engagement_of_two_resources_answers_the_request(play: Play) -> None:
    def two(editor: ReferenceEditor, out: Outgoing) -> list[Outgoing]:
        if out.model == "RS-RI":
            (resource,) = out.content["resource"]
            out.content["resource"] = [
                resource,
                {**resource, "resourceId": editor.identifiers.make("resource"), "name": "VLM fictive 8"},
            ]
        return [out]

    result = play("15-smur-engagement-du-smur.g2@tablette", two)
    assert (result.verdict, rules(result)) == ("pass", [])


def test_without_a_request_no_engagement_is_missed(play: Play) -> None:
    """The first generation has no RS-ER: nothing can be left unanswered."""

    def silent(_: ReferenceEditor, out: Outgoing) -> list[Outgoing]:
        return [] if out.model == "RS-RI" else [out]

    assert rules(play("15-smur-engagement-du-smur.g1@tablette", silent)) == [("SC-01", "fail")]


def test_a_structure_of_the_holder_may_name_the_resource(play: Play) -> None:
    def structured(editor: ReferenceEditor, out: Outgoing) -> list[Outgoing]:
        if out.model == "RS-RI":
            out.content["resource"][0]["orgId"] = f"{editor.client}.smur2.umh"
        return [out]

    result = play("15-smur-engagement-du-smur.g2@tablette", structured)
    assert (result.verdict, rules(result)) == ("pass", [])


def test_a_resource_of_another_may_be_in_the_namespace_of_who_engages_it(play: Play) -> None:
    def private(_: ReferenceEditor, out: Outgoing) -> list[Outgoing]:
        if out.model == "RS-RI":
            out.content["resource"][0]["orgId"] = "fr.health.AmbulancesFictives"
        return [out]

    result = play("15-smur-engagement-du-smur.g3@tablette", private)
    assert (result.verdict, rules(result)) == ("pass", [])


def test_a_status_on_another_announced_resource_is_told(play: Play) -> None:
    """Both are announced, so CI-20 holds; the status is not that of the vehicle that left."""

    def mixed_up(editor: ReferenceEditor, out: Outgoing) -> list[Outgoing]:
        if out.model == "RS-RI":
            (resource,) = out.content["resource"]
            second = {**resource, "resourceId": f"{editor.client}.resource.second", "name": "VLM fictive 8"}
            out.content["resource"] = [resource, second]
        if out.model == "RS-SR":
            out.content["resourceId"] = f"{editor.client}.resource.second"
        return [out]

    result = play("15-smur-engagement-du-smur.g2@tablette", mixed_up)
    assert {one.rule for one in result.findings} == {"DA-05"}
    assert all(one.path.endswith("resourcesStatus.resourceId") for one in result.findings)


def test_a_note_on_a_patient_of_an_earlier_message_is_no_stranger(play: Play) -> None:
    result = play("15-smur-mise-a-jour-et-cloture.g3@regulation", lambda _, out: [out])
    assert (result.verdict, rules(result)) == ("pass", [])


def test_a_note_in_the_first_message_on_nobody_is_a_stranger(play: Play) -> None:
    def stranger(editor: ReferenceEditor, out: Outgoing) -> list[Outgoing]:
        if out.model == "RS-EDA":
            out.content["medicalNote"][0]["idPat"] = f"{editor.client}.patient.nul"
        return [out]

    result = play("15-smur-mise-a-jour-et-cloture.g1@regulation", stranger)
    found = only(result)
    assert (found.rule, found.verdict) == ("DA-11", "fail")
    assert found.path.endswith("createCaseHealth.medicalNote[0].idPat")


def test_a_decision_on_the_wrong_patient_of_the_case_is_a_wrong_value(play: Play) -> None:
    """He is known, so DA-11 has nothing to say; but it is not what was decided."""

    def swapped(_: ReferenceEditor, out: Outgoing) -> list[Outgoing]:
        decisions = out.content.get("decision", []) if out.model == "RS-EDA-MAJ" else []
        if len(decisions) == 2:
            first, second = decisions
            first["patientId"], second["patientId"] = second["patientId"], first["patientId"]
        return [out]

    result = play("15-smur-intervention-complete.g2@regulation", swapped)
    assert {one.rule for one in result.findings} == {"DA-05"}


def test_a_document_without_its_patient_is_told_once(play: Play) -> None:
    def nobody(_: ReferenceEditor, out: Outgoing) -> list[Outgoing]:
        if out.model == "RS-URL":
            out.content.pop("patientId", None)
        return [out]

    result = play("15-smur-documents-de-deux-patients.g2@tablette", nobody)
    assert rules(result) == [("CI-23", "remark")] * 2
    assert {one.actual for one in result.findings} == {"absent"}


def test_a_document_that_nobody_asked_for_is_held_to_the_case_too(play: Play) -> None:
    def extra(editor: ReferenceEditor, out: Outgoing) -> list[Outgoing]:
        if out.model != "RS-URL" or len(out.content["document"]) == 1:
            return [out]
        again = out.twin()
        again.document["distributionID"] = again.message["messageId"] = new_distribution_id(editor.client)
        again.content["patientId"] = f"{editor.client}.patient.autre"
        return [out, again]

    result = play("15-smur-documents-du-patient.g2@tablette", extra)
    assert sorted(rules(result)) == [("CI-23", "fail"), ("SC-02", "remark")]


def test_a_closing_with_more_than_the_status_is_a_closing(play: Play) -> None:
    def fuller(_: ReferenceEditor, out: Outgoing) -> list[Outgoing]:
        details = out.content.get("qualification", {}).get("details", {})
        if details.get("status") == "CLOTURE":
            out.content["freetext"] = "Dossier clos en fin d'intervention"
        return [out]

    result = play("15-smur-mise-a-jour-et-cloture.g2@regulation", fuller)
    assert (result.verdict, rules(result)) == ("pass", [])


@pytest.mark.parametrize("emptied", ["qualification", "details"])
def test_a_closing_without_its_status_is_told_once(play: Play, emptied: str) -> None:
    def without(_: ReferenceEditor, out: Outgoing) -> list[Outgoing]:
        details = out.content.get("qualification", {}).get("details", {})
        if details.get("status") == "CLOTURE":
            holder = out.content if emptied == "qualification" else out.content["qualification"]
            del holder[emptied]
        return [out]

    result = play("15-smur-mise-a-jour-et-cloture.g3@regulation", without)
    assert rules(result) == [("CI-26", "fail")]


DOCUMENTS = ("document-du-premier", "document-du-second")


@pytest.mark.parametrize("observed", [True, False])
def test_documents_of_two_patients_each_under_the_other_s_name(observed: bool) -> None:
    """Each does to the letter for the other's step, and was sent when the other one was asked for."""
    play = JournalBuilder("15-smur-documents-de-deux-patients.g3@tablette", observed=observed)
    for step, other in zip(DOCUMENTS, reversed(DOCUMENTS), strict=True):
        play.open(step)
        play.editor_says(play.due(other), change=link(other))
        play.close()
    (finding,) = by(play.rest().judged(), "CI-23")
    assert (finding.verdict, finding.step) == ("fail", "document-du-premier")


def test_documents_that_are_ready_before_they_are_asked_for() -> None:
    play = JournalBuilder("15-smur-documents-de-deux-patients.g3@tablette").open(DOCUMENTS[0])
    for step in reversed(DOCUMENTS):
        play.editor_says(play.due(step), change=link(step))
    result = play.close().open(DOCUMENTS[1]).close().rest().judged()
    assert by(result, "CI-23") == []


def test_documents_that_the_hub_turned_round() -> None:
    """It had them in the order in which they were asked for, both before the second one was."""
    play = JournalBuilder("15-smur-documents-de-deux-patients.g3@tablette").open(DOCUMENTS[0])
    two = [play.due(step) for step in DOCUMENTS]
    for one, step in zip(two, DOCUMENTS, strict=True):
        link(step)(one.document)
        seen = HubSaw(
            vhost="15-smur_v1.7",
            client=play.casting.editor_client,
            action="forwarded",
            recipient=f"{one.to}.message",
            distribution_id=str(one.document["distributionID"]),
        )
        play.write(seen)
    for one in reversed(two):
        play.editor_says(one, change=as_it_left(one.document))
        if one is two[1]:
            play.close().open(DOCUMENTS[1])
    assert by(play.close().rest().judged(), "CI-23") == []


@pytest.mark.parametrize(("seconds", "told"), [(0, "inconc"), (1, "fail")])
def test_documents_crossed_where_their_dates_alone_tell(seconds: int, told: str) -> None:
    play = JournalBuilder("15-smur-documents-de-deux-patients.g3@tablette", observed=False)
    dates = []
    for step, other in zip(DOCUMENTS, reversed(DOCUMENTS), strict=True):
        play.open(step)

        def change(document: Content, other: str = other) -> None:
            link(other)(document)
            dates.append(document["dateTimeSent"])
            document["dateTimeSent"] = dates[0] if not seconds else document["dateTimeSent"]
            inside(document)["sentAt"] = document["dateTimeSent"]

        play.at += timedelta(seconds=seconds)
        play.editor_says(play.due(other), change=change)
        play.close()
    assert [one.verdict for one in by(play.rest().judged(), "CI-23")] == [told]


def as_it_left(document: Content) -> Change:
    def change(later: Content) -> None:
        later.update(document)

    return change


def link(name: str) -> Change:
    def change(document: Content) -> None:
        inside(document)["documentLink"]["document"][0]["url"] = f"https://documents.invalid/{name}"

    return change


def test_one_link_for_the_documents_of_two_patients_is_a_remark() -> None:
    play = JournalBuilder("15-smur-documents-de-deux-patients.g3@tablette")
    for step in DOCUMENTS:
        play.open(step)
        play.editor_says(play.due(step), change=link("la-meme"))
        play.close()
    assert [one.verdict for one in by(play.rest().judged(), "CI-23")] == ["remark"]

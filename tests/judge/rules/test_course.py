"""The course of requests, answers, engagements, states and updates: what contradicts itself, and what may well be."""

from __future__ import annotations

import copy
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.judge.journal_builder import Content, JournalBuilder, by, found, inside

GENERATIONS = pytest.mark.parametrize("generation", [1, 2, 3])


def content(document: Content) -> Any:
    message = inside(document)
    return message[next(reversed(message))]


def state_of(document: Content) -> Any:
    told = content(document)
    return told.get("state", told)


def answering(answer: str) -> Any:
    def change(document: Content) -> None:
        content(document)["response"].update(answer=answer, freetext="Fictif", deadline="DEL0")

    return change


def played(name: str, generation: int, *, observed: bool = True) -> JournalBuilder:
    scenario, _, actor = name.partition("@")
    return JournalBuilder(f"{scenario}.g{generation}@{actor}", observed=observed)


@GENERATIONS
def test_a_request_keyed_once_under_two_ids(generation: int) -> None:
    play = played("15-15-ressource-acceptee@origine", generation).until("demande")

    def renumbered(document: Content) -> None:
        content(document)["request"]["requestId"] += "bis"

    play.editor_says(play.last("RS-DR"), change=renumbered)
    assert found(play.rest().judged()) == [("CI-33", "fail")]


def test_two_requests_that_were_keyed_are_two() -> None:
    play = played("15-15-ressource-acceptee@origine", 3).until("demande")

    def another(document: Content) -> None:
        content(document)["request"].update(requestId="fr.health.samu991.request.autre", freetext="Une autre")

    play.editor_says(play.last("RS-DR"), change=another)
    result = play.rest().judged()
    assert by(result, "CI-33") == []
    assert found(result) == [("SC-02", "remark")]


@GENERATIONS
@pytest.mark.parametrize("answer", ["REFUSEE"])
def test_opposite_answers(generation: int, answer: str) -> None:
    play = played("15-15-ressource-acceptee@sollicite", generation).until("reponse")
    play.editor_says(play.last("RS-RR"), change=answering(answer))
    result = play.rest().judged()
    assert {("CI-34", "fail"), ("CI-18", "fail")} == set(found(result))
    assert "ACCEPTEE" in by(result, "CI-34")[0].expected


def test_a_partial_answer_that_becomes_whole_is_no_contradiction() -> None:
    play = played("15-15-ressource-acceptee@sollicite", 3).open("reponse")
    due = play.due("reponse")
    play.editor_says(due, change=answering("PARTIELLE"))
    play.editor_says(due)
    result = play.close().rest().judged()
    assert by(result, "CI-34") == []
    assert [one.verdict for one in result.steps] == ["pass"] * len(result.steps)


@pytest.mark.parametrize("answer", ["PARTIELLE", "DIFFEREE"])
def test_an_answer_that_gives_less_than_the_one_before_is_a_remark(answer: str) -> None:
    play = played("15-15-ressource-acceptee@sollicite", 3).until("reponse")
    play.editor_says(play.last("RS-RR"), change=answering(answer))
    (finding,) = play.rest().judged().findings
    assert (finding.rule, finding.verdict) == ("CI-34", "remark")
    assert f"ACCEPTEE, puis {answer}" in finding.explanation
    assert "Ce n'est qu'une remarque : " in finding.explanation


def cancelling(document: Content) -> None:
    content(document)["status"] = "ANNULEE"


@GENERATIONS
@pytest.mark.parametrize("observed", [True, False])
def test_a_cancellation_before_its_request(generation: int, observed: bool) -> None:
    play = played("15-15-ressource-acceptee@origine", generation, observed=observed).open("demande")
    due = play.due("demande")
    play.editor_says(due, change=cancelling)
    play.editor_says(due)
    assert found(play.close().rest().judged()) == [("CI-16", "fail")]


def test_a_cancellation_told_twice_is_a_remark() -> None:
    play = played("15-15-ressource-annulee@origine", 3).until("annulation")
    play.editor_says(play.last("RS-DR"))
    assert found(play.rest().judged()) == [("CI-16", "remark")]


def test_an_engagement_before_the_answer_is_a_remark() -> None:
    play = played("15-15-ressource-acceptee@sollicite", 3).open("reponse")
    play.case.answer_given = "ACCEPTEE"
    answer, engagement = play.due("reponse"), play.due("engagement")

    def dated(document: Content) -> None:
        for resource in content(document)["resource"]:
            resource["datetime"] = resource["state"][0]["datetime"] = document["dateTimeSent"]

    play.editor_says(engagement, change=dated)
    play.editor_says(answer)
    result = play.close().open("engagement").close().rest().judged()
    assert found(result) == [("CI-35", "remark")]


def test_an_engagement_told_twice_is_a_remark() -> None:
    play = played("15-15-ressource-acceptee@sollicite", 3).until("engagement")
    play.editor_says(play.last("RS-RI"))
    assert found(play.rest().judged()) == [("CI-35", "remark")]


def test_an_answer_to_a_request_that_nobody_made_is_a_remark() -> None:
    play = played("15-15-ressource-acceptee@sollicite", 3).until("reponse")

    def stray(document: Content) -> None:
        content(document)["requestId"] = "fr.health.samu992.request.jamais"

    play.editor_says(play.last("RS-RR"), change=stray)
    assert found(play.rest().judged()) == [("CI-36", "remark")]


def going_back(document: Content) -> None:
    state_of(document)["status"] = "DEPART"


@GENERATIONS
@pytest.mark.parametrize("observed", [True, False])
def test_a_state_that_goes_back(generation: int, observed: bool) -> None:
    play = played("15-15-ressource-acceptee@sollicite", generation, observed=observed).until("arrivee")

    def back(document: Content) -> None:
        going_back(document)
        state_of(document)["datetime"] = document["dateTimeSent"]

    play.editor_says(play.last("RS-SR"), change=back)
    assert found(play.rest().judged()) == [("CI-37", "fail")]


def test_a_past_state_that_is_told_late_with_its_date_is_a_remark() -> None:
    play = played("15-15-ressource-acceptee@sollicite", 3).until("arrivee")

    def late(document: Content) -> None:
        going_back(document)
        earlier = datetime.fromisoformat(state_of(document)["datetime"]) - timedelta(seconds=1)
        state_of(document)["datetime"] = earlier.isoformat()

    play.editor_says(play.last("RS-SR"), change=late)
    assert found(play.rest().judged()) == [("CI-37", "remark")]


def test_states_in_between_and_a_second_mission_are_no_step_back() -> None:
    play = played("15-15-ressource-acceptee@sollicite", 3).until("engagement")
    engagement = play.last("RS-RI")
    play.until("depart")
    depart = play.last("RS-SR")

    def being(status: str) -> Any:
        def change(document: Content) -> None:
            state_of(document).update(status=status, datetime=document["dateTimeSent"])

        return change

    play.rest()
    for status in ("PEC", "TRANSP", "DESTIN", "RET-BASE", "DECLENCHE", "DEPART"):
        play.editor_says(depart, change=being(status))
    assert engagement.content["resource"][0]["resourceId"] == depart.content["resourceId"]
    result = play.judged()
    assert by(result, "CI-37") == []
    assert by(result, "DA-23") == []
    assert [one.verdict for one in result.steps] == ["pass"] * len(result.steps)


def test_an_arrival_undone_by_the_engagement_told_again() -> None:
    play = played("15-15-ressource-acceptee@sollicite", 3).rest()

    def renamed(document: Content) -> None:
        content(document)["resource"][0]["name"] = "VLM fictive 3, complétée"

    play.editor_says(play.last("RS-RI"), change=renamed)
    assert found(play.judged()) == [("CI-37", "fail")]


@GENERATIONS
def test_an_update_after_closing(generation: int) -> None:
    play = played("15-15-cloture@origine", generation).rest()
    case = play.last("RS-EDA").content["caseId"]
    update = play.message("RS-EDA-MAJ", {"caseId": case, "freetext": "Encore un mot"}, "destinataire")
    play.editor_says(update)
    assert found(play.judged()) == [("CI-38", "fail")]


def test_an_update_that_opens_the_case_again_may_follow() -> None:
    play = played("15-15-cloture@origine", 3).rest()
    case = play.last("RS-EDA").content["caseId"]
    details = {"details": {"status": "EN_COURS"}}
    reopened = {"caseId": case, "qualification": details}
    play.editor_says(play.message("RS-EDA-MAJ", copy.deepcopy(reopened), "destinataire"))
    assert by(play.judged(), "CI-38") == []


def test_what_came_from_the_partner_is_not_to_be_sent_back() -> None:
    play = played("15-15-partage-simple@destinataire", 3).until("partage")
    (publication,) = play.progress.published.values()
    echo = dict(publication.message.content or {})
    play.editor_says(play.message("RS-EDA", echo, "origine"))
    assert found(play.rest().judged()) == [("CI-39", "remark")]


@GENERATIONS
def test_a_cancellation_under_a_new_id(generation: int) -> None:
    play = played("15-15-ressource-annulee@origine", generation).open("annulation")

    def renumbered(document: Content) -> None:
        content(document)["request"]["requestId"] += "bis"

    play.editor_says(play.due("annulation"), change=renumbered)
    assert found(play.close().rest().judged()) == [("CI-16", "fail")]


@GENERATIONS
def test_a_cancellation_without_its_status_is_told_by_what_it_lacks(generation: int) -> None:
    play = played("15-15-ressource-annulee@origine", generation).open("annulation")
    play.editor_says(play.due("annulation"), change=lambda document: content(document).pop("status"))
    result = play.close().rest().judged()
    assert found(result) == [("CI-16", "fail")]
    (finding,) = result.findings
    assert "ANNULEE" in finding.expected
    assert "requestId nouveau" not in finding.expected


@GENERATIONS
@pytest.mark.parametrize(("status", "verdict"), [("ANNULE", "fail"), ("RET-BASE", "remark")])
def test_a_vehicle_that_is_over_sets_out_no_more(generation: int, status: str, verdict: str) -> None:
    play = JournalBuilder(f"15-15-ressource-acceptee.g{generation}@sollicite").until("depart")

    def ends(document: Content) -> None:
        content(document).get("state", content(document))["status"] = status

    play.editor_says(play.last("RS-SR"), change=ends)
    result = play.rest().judged()
    assert ("CI-37", verdict) in found(result)


def test_a_vehicle_that_is_engaged_again_may_set_out() -> None:
    play = JournalBuilder("15-15-ressource-acceptee.g3@sollicite").until("depart")
    engagement = play.last("RS-RI")
    play.editor_says(
        play.last("RS-SR"), change=lambda document: content(document)["state"].update(status="ANNULE")
    )
    play.editor_says(engagement)
    assert "CI-37" not in {rule for rule, _ in found(play.rest().judged())}


@GENERATIONS
def test_a_share_after_closing(generation: int) -> None:
    play = JournalBuilder(f"15-15-cloture.g{generation}@origine").until("cloture")
    play.editor_says(play.last("RS-EDA"))
    assert ("CI-38", "fail") in found(play.rest().judged())


def test_an_arrival_told_before_its_departure_and_again_after_it() -> None:
    """Each step has its message; what was said too early is a state that the departure takes back."""
    play = played("15-15-ressource-acceptee@sollicite", 3).open("depart")
    departure, arrival = play.due("depart"), play.due("arrivee")

    def dated(document: Content) -> None:
        state_of(document)["datetime"] = document["dateTimeSent"]

    play.editor_says(arrival, change=dated)
    play.close().open("arrivee")
    play.editor_says(departure, change=dated)
    play.editor_says(arrival, change=dated)
    result = play.close().rest().judged()
    assert [(one.rule, one.verdict) for one in result.findings if one.rule != "DA-23"] == [("CI-37", "fail")]


@pytest.mark.parametrize(
    ("name", "rules"), [(None, [("CI-33", "fail")]), ("#DEMANDE_CONCOURS#Autre (fictif)#Z.02.00.00#", [])]
)
def test_support_that_is_asked_for_twice_under_two_ids(
    name: str | None, rules: list[tuple[str, str]]
) -> None:
    """Another kind of support is another request."""
    play = JournalBuilder("15-nexsis-concours-accepte.g3@samu").open("demande")
    asked = play.editor_says(play.due("demande"))

    def change(document: Content) -> None:
        emsi = inside(document)["emsi"]
        emsi["CONTEXT"].update(ID=emsi["CONTEXT"]["ID"] + "bis", MSGTYPE="UPDATE")
        emsi["MISSION"][0]["ID"] += "bis"
        emsi["MISSION"][0]["NAME"] = name or emsi["MISSION"][0]["NAME"]

    play.editor_says(asked, change=change)
    result = play.close().rest().judged()
    assert [(one.rule, one.verdict) for one in by(result, "CI-33")] == rules


def test_support_asked_for_by_thousands_of_missions_is_looked_at_in_one_go() -> None:
    play = JournalBuilder("15-nexsis-concours-accepte.g3@samu").open("demande")

    def many(document: Content) -> None:
        missions = inside(document)["emsi"]["MISSION"]
        missions += [
            {**missions[0], "ID": f"{missions[0]['ID']}{number}", "FREETEXT": str(number)}
            for number in range(5000)
        ]

    play.editor_says(play.due("demande"), change=many)
    assert found(play.close().rest().judged()) == []

"""An editor tells more than a scenario asks, or in its own order: each message is read as what it is.

Each way to behave that is held against nobody has a twin without the excuse, in which the fault is found.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from recette.campaign.campaign import play_at_home
from recette.campaign.options import Options
from recette.judge.verdicts import Judgement, ScenarioResult
from recette.play.target import Deadlines
from recette.sandbox.editor import Misbehaviour, Outgoing, ReferenceEditor
from recette.sandbox.faults.seeding import Sending
from recette.sandbox.habits import (
    a_change_in_parts,
    a_list_in_parts,
    an_update_of_its_own,
    each_state,
    once_more,
    one_id_a_person,
    several_states_at_once,
    state_of,
    two_vehicles,
)
from tests.cahier import cahier
from tests.judge.journal_builder import Content, JournalBuilder, found, inside

SCENARIOS = cahier()


HURRIED = Deadlines(ack=3.0, answer=1.5, quiet=0.15)
"""Where what is awaited does not come."""


def played(
    plays: tuple[str, ...], sends: Sending, folder: Path, jobs: int = 1, deadlines: Deadlines | None = None
) -> Judgement:
    wanted = {play.partition("@")[0]: play.partition("@")[2] for play in plays}
    chosen = [replace(one, testable=(wanted[one.edition],)) for one in SCENARIOS if one.edition in wanted]
    assert len(chosen) == len(plays)
    options = Options(misbehaviour=Misbehaviour(sends), jobs=jobs, deadlines=deadlines)
    return play_at_home(chosen, (), folder / "journal.jsonl", options)


def result_of(play: str, sends: Sending, folder: Path, deadlines: Deadlines | None = None) -> ScenarioResult:
    (result,) = played((play,), sends, folder, deadlines=deadlines).scenarios
    return result


def rules(result: ScenarioResult) -> set[tuple[str, str]]:
    return {(one.rule, one.verdict) for one in result.findings}


def never_leaves(editor: ReferenceEditor, out: Outgoing) -> list[Outgoing]:
    """The vehicle is said to be told to leave, and never to have left."""
    if out.model == "RS-SR" and state_of(out)["status"] == "DEPART":
        state_of(out)["status"] = "DECLENCHE"
    return [out]


ACCEPTED = "15-15-ressource-acceptee.{g}@sollicite"


@pytest.mark.parametrize(
    "play",
    [
        *(ACCEPTED.format(g=one) for one in ("g1", "g2", "g3")),
        "15-smur-engagement-du-smur.g2@tablette",
        "15-15-limitrophe-et-ressources.g1@origine",
    ],
)
def test_a_state_on_the_way_accuses_nobody(play: str, tmp_path: Path) -> None:
    found = result_of(play, each_state(), tmp_path)
    assert (found.verdict, found.findings) == ("pass", ())
    assert len(found.steps) > 2


def test_a_state_that_never_came_is_missed(tmp_path: Path) -> None:
    found = result_of(ACCEPTED.format(g="g2"), never_leaves, tmp_path, HURRIED)
    assert found.verdict == "fail"
    assert {one.step for one in found.findings if one.verdict == "fail"} == {"depart"}


def in_parts_but(lost: str) -> Sending:
    """A change is told in parts, one of which goes nowhere."""
    parts = a_change_in_parts()

    def send(editor: ReferenceEditor, out: Outgoing) -> list[Outgoing]:
        if out.model == "RS-EDA-MAJ":
            out.content.pop(lost)
        return parts(editor, out)

    return send


SHARE = "15-15-partage-simple.g2@origine"


@pytest.mark.parametrize("play", [SHARE, SHARE.replace("g2", "g1"), SHARE.replace("g2", "g3")])
def test_a_change_may_be_told_in_several_updates(play: str, tmp_path: Path) -> None:
    found = result_of(play, a_change_in_parts(), tmp_path)
    assert (found.verdict, found.findings) == ("pass", ())


@pytest.mark.parametrize("lost", ["patient", "qualification"])
def test_what_none_of_several_updates_says_is_missed(lost: str, tmp_path: Path) -> None:
    found = result_of(SHARE, in_parts_but(lost), tmp_path, HURRIED)
    assert ("DA-05", "fail") in rules(found)
    assert all(lost in one.path for one in found.findings if one.rule == "DA-05" and one.verdict == "fail")


def an_update_says(details: dict[str, str]) -> Sending:
    """Before a change goes an update of the editor's own, which says this."""

    def send(editor: ReferenceEditor, out: Outgoing) -> list[Outgoing]:
        if out.model != "RS-EDA-MAJ":
            return [out]
        content = {"caseId": out.content["caseId"], "qualification": {"details": details}}
        return [once_more(editor, out, content), out]

    return send


@pytest.mark.parametrize(
    ("play", "sends"),
    [
        (SHARE, an_update_says({"priority": "P1", "careLevel": "R2"})),
        ("15-15-limitrophe-accepte.g1@origine", an_update_of_its_own()),
    ],
)
def test_an_update_that_repeats_what_is_known_accuses_nobody(
    play: str, sends: Sending, tmp_path: Path
) -> None:
    found = result_of(play, sends, tmp_path)
    assert (found.verdict, found.findings) == ("pass", ())


def test_an_update_that_nobody_keyed_is_a_remark_and_no_fault_of_the_next(tmp_path: Path) -> None:
    found = result_of(SHARE, an_update_says({"priority": "P3"}), tmp_path)
    assert (found.verdict, rules(found)) == ("pass", {("SC-02", "remark")})


def only_the_second_vehicle() -> Sending:
    """Two vehicles are engaged, and nothing is told of the first one's course."""
    both = two_vehicles()

    def send(editor: ReferenceEditor, out: Outgoing) -> list[Outgoing]:
        return both(editor, out)[:1]

    return send


@pytest.mark.parametrize("generation", ["g1", "g2", "g3"])
def test_the_statuses_of_two_vehicles_are_told_apart(generation: str, tmp_path: Path) -> None:
    found = result_of(ACCEPTED.format(g=generation), two_vehicles(), tmp_path)
    assert (found.verdict, found.findings) == ("pass", ())


@pytest.mark.parametrize("generation", ["g1", "g3"])
def test_an_engagement_may_tell_several_states(generation: str, tmp_path: Path) -> None:
    found = result_of(ACCEPTED.format(g=generation), several_states_at_once(), tmp_path)
    assert (found.verdict, found.findings) == ("pass", ())


def test_the_status_of_another_vehicle_is_not_that_of_the_first(tmp_path: Path) -> None:
    found = result_of(ACCEPTED.format(g="g2"), only_the_second_vehicle(), tmp_path, HURRIED)
    assert found.verdict == "fail"
    assert {one.step for one in found.findings if one.verdict == "fail"} >= {"depart"}


IN_A_ROW = (
    "15-15-ressource-acceptee.g2@origine",
    "15-15-ressource-refusee.g2@origine",
    "15-15-ressource-partielle.g2@origine",
)


@pytest.mark.parametrize("jobs", [1, 3])
def test_a_person_may_keep_an_id_over_several_cases(jobs: int, tmp_path: Path) -> None:
    found = played(IN_A_ROW, one_id_a_person(), tmp_path, jobs)
    assert {one.id: (one.verdict, rules(one)) for one in found.scenarios} == {
        name: ("pass", set()) for name in IN_A_ROW
    }
    assert (found.unclaimed, found.findings) == (0, ())


def one_case() -> Sending:
    """Every new case gets the first one's caseId."""
    first: list[str] = []

    def send(_: ReferenceEditor, out: Outgoing) -> list[Outgoing]:
        if isinstance(out.content, dict) and "caseId" in out.content:
            first.append(out.content["caseId"])
            out.content["caseId"] = first[0]
        return [out]

    return send


def test_a_case_id_that_was_used_before_is_named(tmp_path: Path) -> None:
    found = played(IN_A_ROW[:2], one_case(), tmp_path)
    first, second = found.scenarios
    assert (first.verdict, rules(first)) == ("pass", set())
    (taken,) = [one for one in second.findings if one.rule == "CI-44"]
    assert taken.verdict == "fail"
    assert taken.step == "partage"
    assert first.id in taken.explanation
    assert not any(one.rule == "SC-01" for one in second.findings)


def unshared_update() -> Sending:
    """With its first message the editor sends the partner an update of a case that it never shared."""
    sent: list[str] = []

    def send(editor: ReferenceEditor, out: Outgoing) -> list[Outgoing]:
        if out.model != "RS-EDA" or sent:
            return [out]
        sent.append(out.model)
        content = {
            "caseId": f"{editor.client}.DRFR150009999",
            "qualification": {"details": {"priority": "P2"}},
        }
        to = out.document["descriptor"]["explicitAddress"]["explicitAddressValue"]
        return [out, editor.outgoing("RS-EDA-MAJ", content, to)]

    return send


def test_an_update_of_a_case_that_nobody_shared_is_the_campaigns(tmp_path: Path) -> None:
    found = played((IN_A_ROW[0],), unshared_update(), tmp_path)
    assert [(one.verdict, rules(one)) for one in found.scenarios] == [("pass", set())]
    (leak,) = found.findings
    assert (leak.rule, leak.verdict, leak.attributed_to) == ("SC-06", "fail", "editor")
    assert "DRFR150009999" in leak.actual
    assert found.verdict == "fail"


LISTS = (
    "15-gps-positions-de-deux-ressources.g1@fournisseur",
    "15-gps-details-demandes.g3@fournisseur",
    "15-smur-ressources-sur-les-lieux.g2@regulation",
)


@pytest.mark.parametrize("play", LISTS)
def test_the_items_of_a_list_may_go_one_by_one(play: str, tmp_path: Path) -> None:
    judged = played((play,), a_list_in_parts(), tmp_path)
    (result,) = judged.scenarios
    assert (result.verdict, result.findings, judged.findings) == ("pass", (), ())


@pytest.mark.parametrize("play", [LISTS[0], LISTS[2]])
def test_one_of_them_that_does_not_go_is_missed(play: str, tmp_path: Path) -> None:
    apart = a_list_in_parts()
    found = result_of(play, lambda editor, out: apart(editor, out)[:1], tmp_path, HURRIED)
    assert rules(found) == {("DA-05", "fail")}
    assert all(one.path.endswith("[1]") for one in found.findings)


def test_what_is_wrong_twice_alike_came_twice(tmp_path: Path) -> None:
    """What the second step asks is what the first one asked: said again, it is no repetition."""

    def elsewhere(_: ReferenceEditor, out: Outgoing) -> list[Outgoing]:
        if out.model == "GEO-RES":
            out.content["resource"][0]["nature"] = "BASE"
        return [out]

    found = result_of(LISTS[1], elsewhere, tmp_path)
    assert [(one.rule, one.step) for one in found.findings] == [("DA-05", "parc"), ("DA-05", "reponse")]


@pytest.mark.parametrize("generation", [1, 2, 3])
def test_parts_that_come_ahead_of_their_step_are_taken_together(generation: int) -> None:
    """Software answers at once; the step that awaits its answer opens after."""
    play = JournalBuilder(f"15-gps-details-demandes.g{generation}@fournisseur").until("demande")
    whole = play.last("GEO-RES")
    for place in (0, 1):

        def one(document: Content, place: int = place) -> None:
            told = inside(document)["geoResourcesDetails"]
            told["resource"] = [told["resource"][place]]

        play.editor_says(whole, change=one)
    assert found(play.open("reponse").close().rest().judged()) == []


@pytest.mark.parametrize("generation", [1, 2, 3])
@pytest.mark.parametrize("place", [0, 1])
def test_a_part_that_goes_wrong_before_it_goes_right_is_a_remark_of_its_play(
    generation: int, place: int
) -> None:
    """Nothing says that it is the step's: the vehicle may have been there. No play but this one awaits it."""
    play = JournalBuilder(f"15-gps-positions-de-deux-ressources.g{generation}@fournisseur").open("positions")
    whole = play.due("positions")

    def part(which: int, *, wrong: bool = False) -> None:
        def only(document: Content) -> None:
            told = inside(document)["geoPositionsUpdate"]
            told["position"] = [told["position"][which]]
            if wrong:
                told["position"][0]["speed"] = 12

        play.editor_says(whole, change=only)

    part(1 - place)
    part(place, wrong=True)
    part(place)
    judgement = play.close().rest().judgement()
    assert found(judgement.scenarios[-1]) == [("SC-02", "remark")]
    assert (judgement.findings, judgement.unclaimed) == ((), 0)


def test_a_position_told_wrong_and_then_right_was_told_wrong() -> None:
    """What comes in parts goes on; nothing says that a part takes another one back."""
    play = JournalBuilder(LISTS[0]).open("positions")
    whole = play.due("positions")

    def astray(document: Content) -> None:
        inside(document)["geoPositionsUpdate"]["position"][1]["coord"][0]["lat"] = 12.0

    def one(document: Content) -> None:
        del inside(document)["geoPositionsUpdate"]["position"][0]

    play.editor_says(whole, change=astray)
    play.editor_says(whole, change=one)
    result = play.close().rest().judged()
    assert found(result) == [("DA-05", "fail"), ("SC-02", "remark")]
    assert result.findings[0].path.endswith("position[1].coord[0].lat")


def corrected(generation: int, before: object, after: str) -> JournalBuilder:
    """A change goes in two updates: all of it, with that priority, then the priority alone."""
    play = JournalBuilder(f"15-15-partage-simple.g{generation}@origine").open("second-patient")
    whole = play.due("second-patient")

    def first(document: Content) -> None:
        details(document)["priority"] = before

    def second(document: Content) -> None:
        update = inside(document)["createCaseHealthUpdate"]
        for name in update.keys() - {"caseId", "qualification"}:
            del update[name]
        details(document).clear()
        details(document)["priority"] = after

    play.editor_says(whole, change=first)
    play.editor_says(whole, change=second)
    return play.close().rest()


def details(document: Content) -> Content:
    update = inside(document)["createCaseHealthUpdate"]
    found: Content = update.setdefault("qualification", {}).setdefault("details", {})
    return found


@pytest.mark.parametrize("generation", [1, 2, 3])
def test_an_update_told_wrong_and_then_right_is_a_remark_with_both_places(generation: int) -> None:
    right, known = "P0", "P1"
    result = corrected(generation, "P3", right).judged()
    assert found(result) == [("DA-05", "remark")]
    (told,) = result.findings
    second = [one for one in result.findings[0].explanation.split() if one.rstrip(",").isdigit()]
    assert int(second[0].rstrip(",")) > told.event
    assert told.path.endswith("qualification.details.priority")
    assert (told.expected, told.actual) == (right, "P3")
    assert found(corrected(generation, known, right).judged()) == []


@pytest.mark.parametrize("before", [{"P": 3}, ["P3"], [], None])
def test_one_that_tells_no_value_at_all_first_fails_no_rule(before: object) -> None:
    assert ("DA-05", "remark") in found(corrected(3, before, "P0").judged())

"""A message that is a play's own but for its case, which is another play's: its cause, and not that nothing came."""

from __future__ import annotations

import pytest

from recette.messages.hub_saw import HubSaw
from tests.judge.journal_builder import Content, JournalBuilder, found, inside

GENERATIONS = pytest.mark.parametrize("generation", [1, 2, 3])
VHOSTS = {1: "15-15_v1.5", 2: "15-15_v2.0", 3: "15-15_v2.1"}
EDITOR = "fr.health.samu991"
BEFORE, AFTER = "15-15-ressource-acceptee", "15-15-ressource-refusee"


def answered_in_the_case_before(generation: int, *meanwhile: str) -> JournalBuilder:
    """The refusal goes to the case of the play before; the editor is cut off and back where `meanwhile` says so."""
    play = JournalBuilder(f"{BEFORE}.g{generation}@sollicite").rest()
    before = play.last("RS-RR").content["caseId"]
    play.then(f"{AFTER}.g{generation}@sollicite").open("refus")

    def change(document: Content) -> None:
        inside(document)["resourcesResponse"]["caseId"] = before

    for action in meanwhile:
        play.write(HubSaw(vhost=VHOSTS[generation], client=EDITOR, action=action, distribution_id=None))
    play.editor_says(play.due("refus"), change=change)
    play.misses()
    return play.close().rest()


@GENERATIONS
def test_it_is_told_where_it_went(generation: int) -> None:
    result = answered_in_the_case_before(generation).judged()
    assert found(result) == [("CI-03", "fail")]
    assert f"celui de {BEFORE}.g{generation}@sollicite" in result.findings[0].explanation


def test_what_explains_that_nothing_came_explains_this_too() -> None:
    result = answered_in_the_case_before(3, "disconnected", "connected").judged()
    assert found(result) == [("SC-01", "inconc")]


def test_that_the_right_one_came_late_is_said_too() -> None:
    """The wrong one, in another case, excuses no delay."""
    play = JournalBuilder(f"{BEFORE}.g3@sollicite").rest()
    before = play.last("RS-RR").content["caseId"]
    play.then(f"{AFTER}.g3@sollicite").open("refus")

    def change(document: Content) -> None:
        inside(document)["resourcesResponse"]["caseId"] = before

    play.editor_says(play.due("refus"), change=change)
    play.misses()
    play.editor_says(play.due("refus"))
    assert found(play.close().rest().judged()) == [("SC-01", "fail")]


def test_what_another_case_is_told_of_its_own_is_no_answer() -> None:
    """A late word on the case before, of another model than the one that is awaited."""
    play = JournalBuilder(f"{BEFORE}.g3@sollicite").rest()
    late = play.last("RS-SR")
    play.then(f"{AFTER}.g3@sollicite").open("refus")
    play.editor_says(late)
    play.misses()
    assert found(play.close().rest().judged()) == [("SC-01", "fail")]

"""How a play stands while it goes on: what is called lasting is found at its end too, what is open may go."""

from __future__ import annotations

import pytest

from recette.journal.events import Attested, StepClosed
from recette.judge.replay import Replay
from recette.judge.standing import SoFar, Standing
from tests.judge.journal_builder import Change, Content, JournalBuilder, inside

SHARED = "15-15-partage-simple.g3@origine"


def stands(play: JournalBuilder) -> list[SoFar]:
    """How it stood as each of its steps was over."""
    header = play.entries[0].event
    replay, standing, found = Replay(header), Standing(header), []  # type: ignore[arg-type]
    for entry in play.entries:
        for record in replay.take(entry):
            standing.complete(record)
        if isinstance(entry.event, StepClosed):
            found.append(standing.of(replay.running(entry.event.scenario)))
    return found


def named(document: Content) -> None:
    inside(document)["sender"]["name"] = "quelqu'un"


def numbered(document: Content) -> None:
    document["distributionID"] = "sans préfixe"


def invalid(document: Content) -> None:
    inside(document)["createCaseHealth"]["qualification"]["details"]["priority"] = "P9"


@pytest.mark.parametrize(("change", "rule"), [(named, "HD-02"), (numbered, "EN-03"), (invalid, "DA-03")])
def test_what_is_wrong_with_a_message_is_told_at_its_step_and_stays(change: Change, rule: str) -> None:
    play = JournalBuilder(SHARED)
    play.open("partage")
    play.editor_says(play.due("partage"), change=change)
    play.close()
    play.rest()
    first = stands(play)[0]
    assert rule in {one.rule for one in first.lasting if one.verdict == "fail"}
    assert {one.step for one in first.lasting} == {"partage"}
    in_the_end = play.judged().findings
    assert all(one in in_the_end for so_far in stands(play) for one in so_far.lasting)


def test_what_a_better_message_may_take_over_is_open_until_the_end() -> None:
    play = JournalBuilder(SHARED)
    play.open("partage")
    whole = play.due("partage")

    def without_place(document: Content) -> None:
        del inside(document)["createCaseHealth"]["location"]["name"]

    play.editor_says(whole, change=without_place)
    play.close()
    before = stands(play)
    play.editor_says(whole)
    play.rest()
    assert "DA-05" in {one.rule for one in before[0].open}
    assert before[0].lasting == ()
    assert "DA-05" not in {one.rule for one in play.judged().findings}


def test_what_a_person_said_stays() -> None:
    play = JournalBuilder("ecran-dossier-recu.g3@destinataire")
    play.until("partage")
    play.open("dossier-cree")
    said = Attested(scenario=play.casting.name, step="dossier-cree", answer="non-conforme", comment="rien")
    play.write(said)
    play.close()
    play.rest()
    told = stands(play)[1].lasting
    assert [(one.rule, one.step, one.verdict) for one in told] == [("CI-06", "dossier-cree", "fail")]
    assert set(told) <= set(play.judged().findings)


def test_a_faultless_play_stands_without_a_word() -> None:
    play = JournalBuilder(SHARED).rest()
    assert {(one.lasting, one.open) for one in stands(play)} == {((), ())}

"""A run as its page shows it while it is played: what each step comes to before its play is over."""

from __future__ import annotations

import html

import pytest

from recette.console import live
from recette.console.live import RunView
from recette.console.pages.run import Drawing, Shown, run_parts
from recette.journal.events import ScenarioEnded
from tests.judge.journal_builder import Content, JournalBuilder, inside

PLAY = "15-15-partage-simple.g3@origine"


def seen(play: JournalBuilder) -> RunView:
    view = RunView()
    for entry in play.entries:
        view.take(entry)
    return view


def page(view: RunView) -> str:
    return html.unescape(run_parts(Shown("x", view), PLAY, Drawing())["passage"].text)


def without_place(document: Content) -> None:
    del inside(document)["createCaseHealth"]["location"]["name"]


def wrongly_named(document: Content) -> None:
    inside(document)["sender"]["name"] = "quelqu'un"


def test_what_may_still_change_is_shown_apart_with_its_place_in_the_message() -> None:
    play = JournalBuilder(PLAY)
    play.open("partage")
    play.editor_says(play.due("partage"), change=without_place)
    told = page(seen(play.close()))
    assert "ÉCART À CE STADE" in told
    assert "À ce stade, tant qu'aucun autre message ne vient (1)" in told
    assert "DA-05" in told
    assert "Attendu" in told
    assert "Dans le message" in told
    assert "badge fail" not in told.partition("findings")[0]


def test_what_nothing_takes_back_is_the_verdict_of_its_step() -> None:
    play = JournalBuilder(PLAY)
    play.open("partage")
    play.editor_says(play.due("partage"), change=wrongly_named)
    before, after = page(seen(play)), page(seen(play.close()))
    assert "NON CONFORME" not in before
    assert "EN COURS" in before
    assert "NON CONFORME" in after.partition("findings")[0]
    assert "À ce stade" not in after
    assert "HD-02" in after


def test_messages_too_large_to_be_judged_in_passing_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "_JUDGED_LIVE", 100)
    play = JournalBuilder(PLAY)
    play.open("partage")
    play.editor_says(play.due("partage"), change=wrongly_named)
    told = page(seen(play.close()))
    assert "FINIE, À JUGER" in told
    assert "NON CONFORME" not in told


def test_plays_that_go_by_fast_are_not_looked_at_all_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "_SPARED", 0.0)
    monkeypatch.setattr(live, "_AT_ONCE", 0.0)
    play = JournalBuilder(PLAY)
    play.open("partage")
    play.editor_says(play.due("partage"), change=wrongly_named)
    view = seen(play.close())
    told = len(play.entries)
    assert "NON CONFORME" in page(view)
    play.open("second-patient")
    play.editor_says(play.due("second-patient"), change=wrongly_named)
    for entry in play.close().entries[told:]:
        view.take(entry)
    assert len(view.plays[PLAY].stands().lasting) == 1
    monkeypatch.setattr(live, "_SPARED", 1e9)
    assert len(view.plays[PLAY].stands().lasting) == 2


def test_a_play_that_was_cut_off_awaits_nothing_more() -> None:
    play = JournalBuilder(PLAY).open("partage")
    before = page(seen(play))
    play.write(ScenarioEnded(scenario=play.casting.name, reason="Arrêté."))
    after = page(seen(play))
    assert "En attente" in before
    assert "En attente" not in after

"""What only the edition of the models decides: inconclusive where nobody said which one the hub serves."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from recette.journal.events import RunStarted
from recette.judge.verdicts import Finding, ScenarioResult
from tests.judge.journal_builder import Content, JournalBuilder, by

PLAY = "15-nexsis-ressources-cisu.g3@samu"
VHOST = "15-nexsis_v1.9.1"
ALL = ["3.3.0", "3.3.2", "3.4.0", "3.4.1", "main"]


def of_type(kind: str) -> Any:
    def change(document: Content) -> None:
        message = document["content"][0]["jsonContent"]["embeddedJsonContent"]["message"]
        for one in message["resourcesInfoCisu"]["resource"]:
            one["vehicleType"] = kind

    return change


def judged(kind: str, models: dict[str, Any]) -> ScenarioResult:
    play = JournalBuilder(PLAY)
    first = play.entries[0]
    assert isinstance(first.event, RunStarted)
    play.entries[0] = replace(first, event=replace(first.event, models={"source": "dictionnaire", **models}))
    play.open("ressources-du-samu")
    play.editor_says(play.due("ressources-du-samu"), change=of_type(kind))
    play.close().rest()
    return play.judged()


def about_the_type(result: ScenarioResult) -> list[Finding]:
    return [one for one in by(result, "DA-03") if one.path.endswith("vehicleType")]


def test_nobody_named_the_edition_and_another_takes_it() -> None:
    (found,) = about_the_type(judged("SMUR", {"editions": {VHOST: "3.4.1"}, "served": {VHOST: ALL}}))
    assert found.verdict == "inconc"
    assert found.attributed_to == "operator"
    assert "3.3.0, 3.3.2, 3.4.0, main" in found.explanation
    assert "3.4.1" in found.explanation


def test_the_edition_was_named() -> None:
    (found,) = about_the_type(judged("SMUR", {"editions": {VHOST: "3.4.1"}}))
    assert (found.verdict, found.attributed_to) == ("fail", "editor")
    assert about_the_type(judged("SMUR", {"editions": {VHOST: "3.4.0"}})) == []


def test_no_edition_takes_it() -> None:
    (found,) = about_the_type(judged("CHARRETTE", {"editions": {VHOST: "3.4.1"}, "served": {VHOST: ALL}}))
    assert found.verdict == "fail"


@pytest.mark.parametrize("kind", ["SMUR", "CHARRETTE"])
def test_a_journal_that_names_none_was_judged_by_the_default_one(kind: str) -> None:
    (found,) = about_the_type(judged(kind, {}))
    assert found.verdict == "fail"

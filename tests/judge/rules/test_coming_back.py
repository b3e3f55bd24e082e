"""TR-15 on journals of a play whose link was broken off: each way to fail is named, and what is no fault is not."""

from __future__ import annotations

import copy
from typing import Any

from recette.journal.events import DeadlinePassed, DriverAnswered, RunEnded, ScenarioEnded, StepOpened
from recette.journal.link_events import EditorReturned, Lagged, LinkDisturbed
from recette.journal.reader import Journal
from recette.judge.judging import judge
from recette.judge.verdicts import Finding, Judgement
from recette.messages.hub_saw import HubSaw
from tests.judge.journal_builder import JournalBuilder

PLAY, VHOST = "robustesse-liaison-rompue.g2@origine", "15-15_v2.0"


def remarks(builder: JournalBuilder) -> list[Finding]:
    return [one for one in builder.judged().findings if one.rule == "TR-15"]


def gone(seconds: float, *before: Any) -> JournalBuilder:
    """The link is broken off, and the editor stays away."""
    builder = JournalBuilder(PLAY).until("partage")
    told: dict[str, Any] = {"scenario": builder.casting.name, "step": "coupure"}
    builder.write(StepOpened(**told, values={}))
    builder.write(
        LinkDisturbed(**told, client=builder.casting.editor_client, incident="redemarrage", seconds=0.5)
    )
    for event in before:
        builder.write(event)
    builder.write(DeadlinePassed(**told, waiting_for="return", seconds=seconds))
    return builder


def test_one_that_a_silence_drove_away_is_named() -> None:
    builder = JournalBuilder("robustesse-liaison-muette.g3@origine").until("calme")
    told: dict[str, Any] = {"scenario": builder.casting.name, "step": "mutisme"}
    builder.write(StepOpened(**told, values={}))
    builder.write(
        LinkDisturbed(**told, client=builder.casting.editor_client, incident="silence", seconds=0.5)
    )
    builder.write(DeadlinePassed(**told, waiting_for="return", seconds=120.0))
    (finding,) = remarks(builder)
    assert "après que sa liaison s'est tue" in finding.explanation


def test_a_slow_link_proves_nothing_of_coming_back() -> None:
    judgement = JournalBuilder("robustesse-liaison-lente.g3@origine").rest().judgement()
    assert judgement.scenarios[-1].verdict == "pass"
    assert "TR-15" in {one.requirement for one in judgement.not_observed}


def test_one_that_comes_back_has_nothing_held_against_it() -> None:
    assert JournalBuilder(PLAY).rest().judged().verdict == "pass"


def test_one_that_stays_away_is_named_and_the_rest_is_not_judged() -> None:
    result = gone(120.0).judged()
    assert [(one.rule, one.verdict, one.step) for one in result.findings] == [("TR-15", "remark", "coupure")]
    assert result.verdict == "inconc"


def stopped(builder: JournalBuilder, reason: str) -> Judgement:
    builder.write(ScenarioEnded(scenario=builder.casting.name, reason=reason))
    builder.write(RunEnded(events=len(builder.entries)))
    return judge(Journal(tuple(builder.entries)))


def test_a_link_that_the_recette_does_not_see_is_told_as_what_stopped_the_play() -> None:
    builder = JournalBuilder(PLAY).until("partage")
    builder.write(StepOpened(scenario=builder.casting.name, step="coupure", values={}))
    (result,) = stopped(builder, "L'éditeur ne lit pas sa file .message à travers le relais.").scenarios
    (finding,) = result.findings
    assert (finding.rule, finding.verdict, finding.attributed_to) == ("TR-15", "inconc", "harness")
    assert "l'éditeur ne lit pas sa file .message à travers le relais." in finding.explanation
    assert "adresse que donne le relais" in finding.advice
    assert [one.verdict for one in result.steps[:2]] == ["pass", "none"]


def test_an_incident_that_found_no_message_to_happen_to_broke_nothing_off() -> None:
    builder = JournalBuilder("robustesse-remis-a-nouveau.g3@origine").open("coupure")
    told = {"scenario": builder.casting.name, "step": "coupure", "client": builder.casting.editor_client}
    builder.write(LinkDisturbed(**told, incident="deux-fois", seconds=0.0))
    builder.arrives(builder.last("RS-EDA"))
    judgement = stopped(builder, "L'incident « deux-fois » n'a pas eu lieu.")
    (finding,) = (one for one in judgement.scenarios[0].findings if one.rule == "TR-15")
    assert (finding.verdict, finding.attributed_to) == ("inconc", "harness")
    assert "l'incident « deux-fois » n'a pas eu lieu." in finding.explanation
    assert "TR-15" in {one.requirement for one in judgement.not_observed}


def test_a_step_that_was_cut_off_once_it_had_begun_is_not_said_to_be_unplayed() -> None:
    result = gone(120.0).judged()
    builder = JournalBuilder(PLAY).until("coupure").open("attente")
    builder._partner_says(builder.scenario.message("attente"))
    cut = stopped(builder, "Arrêté.").scenarios[0]
    assert {one.id: one.verdict for one in cut.steps}["attente"] == "inconc"
    assert {one.id: one.verdict for one in result.steps}["coupure"] == "inconc"
    assert (result.verdict, cut.verdict) == ("inconc", "inconc")


def test_a_machine_that_stood_still_meanwhile_excuses_it() -> None:
    (finding,) = remarks(gone(5.0, Lagged(where="harness", seconds=5.0, over=5.0)))
    assert (finding.verdict, finding.attributed_to) == ("inconc", "harness")


def test_what_waited_and_was_not_acknowledged_is_named_beside_the_ack() -> None:
    builder = JournalBuilder(PLAY).until("coupure")
    builder.unanswered("attente")
    found = {(one.rule, one.verdict) for one in builder.close().rest().judged().findings}
    assert found == {("TR-15", "remark"), ("AC-01", "fail")}


def test_what_could_not_leave_and_never_came_is_a_remark() -> None:
    builder = JournalBuilder(PLAY).until("attente").open("envoi")
    builder.write(DriverAnswered(scenario=builder.casting.name, step="envoi", accepted=True, attempts=1))
    builder.misses()
    result = builder.close().rest().judged()
    assert [(one.rule, one.verdict, one.step) for one in result.findings] == [("TR-15", "remark", "envoi")]
    assert result.verdict == "pass"


def test_what_had_no_confirmation_may_come_twice_and_what_had_one_may_not() -> None:
    """Sent while the link broke: the hub had it, the editor could not know."""
    builder = JournalBuilder(PLAY).until("partage")
    told: dict[str, Any] = {"scenario": builder.casting.name, "step": "coupure"}
    builder.write(StepOpened(**told, values={}))
    client = builder.casting.editor_client
    builder.write(LinkDisturbed(**told, client=client, incident="redemarrage", seconds=0.5))
    builder.write(StepOpened(scenario=builder.casting.name, step="envoi", values={}))
    builder.progress.open("envoi", "")
    unsure = builder.due("envoi")
    builder.editor_says(unsure, change=lambda document: document.update(distributionID=f"{client}_unsur"))
    builder.write(EditorReturned(**told, client=client, seconds=1.0))
    builder.editor_says(unsure, change=lambda document: document.update(distributionID=f"{client}_unsur"))
    assert "EN-04" not in {one.rule for one in copy.deepcopy(builder).judged().findings}
    builder.editor_says(unsure, change=lambda document: document.update(distributionID=f"{client}_unsur"))
    assert "EN-04" in {one.rule for one in builder.judged().findings}
    builder = JournalBuilder(PLAY).until("envoi")
    shared = builder.last("RS-EDA")
    same = str(shared.document["distributionID"])
    builder.editor_says(shared, change=lambda document: document.update(distributionID=same))
    assert {"EN-04", "TR-15"} <= {one.rule for one in builder.judged().findings}


def test_what_left_over_the_link_that_was_back_was_confirmed_there() -> None:
    """However long it takes until the play hears that the editor is back."""
    builder = JournalBuilder(PLAY).until("partage")
    told: dict[str, Any] = {"scenario": builder.casting.name, "step": "coupure"}
    builder.write(StepOpened(**told, values={}))
    client = builder.casting.editor_client
    builder.write(LinkDisturbed(**told, client=client, incident="redemarrage", seconds=0.5))
    builder.write(StepOpened(scenario=builder.casting.name, step="envoi", values={}))
    builder.progress.open("envoi", "")
    for action in ("disconnected", "connected"):
        builder.write(HubSaw(vhost=VHOST, client=client, action=action, distribution_id=None, connection=2))
    waited = builder.due("envoi")
    builder.editor_says(waited, change=lambda document: document.update(distributionID=f"{client}_une"))
    builder.write(EditorReturned(**told, client=client, seconds=1.0))
    builder.editor_says(waited, change=lambda document: document.update(distributionID=f"{client}_une"))
    assert "EN-04" in {one.rule for one in builder.judged().findings}


def test_a_break_on_purpose_excuses_no_second_copy_of_what_was_confirmed_before() -> None:
    builder = JournalBuilder(PLAY).until("partage")
    told: dict[str, Any] = {"scenario": builder.casting.name, "step": "coupure"}
    client = builder.casting.editor_client
    builder.write(StepOpened(**told, values={}))
    builder.write(LinkDisturbed(**told, client=client, incident="redemarrage", seconds=0.5))
    for action in ("disconnected", "connected"):
        builder.write(HubSaw(vhost=VHOST, client=client, action=action, distribution_id=None))
    builder.write(EditorReturned(**told, client=client, seconds=1.0))
    builder.arrives(builder.last("RS-EDA"))
    assert [one.verdict for one in builder.judged().findings if one.rule == "EN-04"] == ["fail"]

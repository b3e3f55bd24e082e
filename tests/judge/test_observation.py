"""What was not observed is not passed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from recette.journal.events import Event, Received, RunStarted
from recette.journal.facts import HubFacts
from recette.judge.judging import judge
from recette.judge.verdicts import Judgement
from recette.messages.hub_saw import HubSaw
from tests.judge.recorded import renumbered, rewritten, run_of, unseen

ANS = HubFacts(environment="integration", title="intégration de l'ANS")
OTHER = HubFacts(environment="autre", title="hub tiers")


def on_hub(events: list[Event], hub: HubFacts) -> list[Event]:
    """The same run on a hub whose side is not seen."""
    return [replace(one, played_on=hub) if isinstance(one, RunStarted) else one for one in unseen(events)]


def without_acts(events: list[Event]) -> list[Event]:
    """The same run on a broker that does not tell what its clients do."""
    acts = {
        "connected",
        "declared",
        "consuming",
        "consuming-unacked",
        "acknowledging",
        "publishing",
        "looping",
        "disconnected",
    }
    return [
        replace(one, action="received") if isinstance(one, HubSaw) and one.action in acts else one
        for one in events
    ]


def because(judgement: Judgement) -> dict[str, str]:
    return {one.requirement: one.because for one in judgement.not_observed}


def test_what_a_scenario_exists_for_and_nobody_saw_is_inconclusive(
    tmp_path: Path, scenarios_folder: Path
) -> None:
    play, fault = "palier-2-acquittement-technique.g1@editeur", "lit-en-acquittement-automatique"
    events = run_of(play, fault, scenarios_folder, tmp_path)
    seen = judge(rewritten(events, tmp_path / "seen.jsonl"))
    assert {one.rule for one in seen.scenarios[0].findings} == {"TR-13"}
    found = judge(rewritten(on_hub(events, ANS), tmp_path / "unseen.jsonl"))
    assert found.verdict == "inconc"
    (finding,) = found.scenarios[0].findings
    assert (finding.rule, finding.verdict, finding.attributed_to) == ("TR-13", "inconc", "harness")
    assert "broker: home" in finding.advice
    assert "TR-13" in because(found)


def test_passing_on_proves_one_requirement_of_a_scenario_and_not_the_other(
    tmp_path: Path, scenarios_folder: Path
) -> None:
    events = run_of("palier-1-message-persistant.g1@editeur", "", scenarios_folder, tmp_path)
    found = judge(rewritten(on_hub(events, ANS), tmp_path / "unseen.jsonl"))
    assert [(one.rule, one.verdict) for one in found.scenarios[0].findings] == [("TR-16", "inconc")]
    assert "TR-10" in found.proven_by_passage


def test_a_broker_that_tells_nothing_leaves_open_what_only_it_sees(
    tmp_path: Path, scenarios_folder: Path
) -> None:
    events = run_of("palier-2-acquittement-technique.g1@editeur", "", scenarios_folder, tmp_path)
    found = judge(rewritten(without_acts(events), tmp_path / "j.jsonl"))
    assert set(because(found)) == {"TR-07", "TR-12", "TR-13", "TR-14", "TR-15"}
    (finding,) = found.scenarios[0].findings
    assert (finding.rule, finding.verdict) == ("TR-13", "inconc")
    assert "--broker embedded" in finding.advice


def test_what_a_hub_passes_on_proves_what_it_would_refuse(tmp_path: Path, scenarios_folder: Path) -> None:
    events = run_of("15-15-partage-simple.g1@origine", "", scenarios_folder, tmp_path)
    found = judge(rewritten(on_hub(events, ANS), tmp_path / "ans.jsonl"))
    assert found.verdict == "pass"
    assert found.proven_by_passage == ("TR-09", "TR-10", "TR-11")
    assert {"TR-07", "TR-12", "TR-13", "TR-14", "TR-15", "TR-16"} == set(because(found))
    other = judge(rewritten(on_hub(events, OTHER), tmp_path / "other.jsonl"))
    assert other.proven_by_passage == ()
    assert "rien ne dit que ce hub refuse le contraire" in because(other)["TR-10"]


def test_what_the_fire_side_sends_or_gets_is_not_looked_at_in_full(
    tmp_path: Path, scenarios_folder: Path
) -> None:
    """A hub looks at persistence and content type where a health actor sends, and not surely on the way to others."""
    for play in ("15-nexsis-ressources-cisu.g3@samu", "15-nexsis-ressources-cisu.g3@pompiers"):
        events = run_of(play, "", scenarios_folder, tmp_path / play)
        found = judge(rewritten(on_hub(events, ANS), tmp_path / f"{play}.jsonl"))
        assert found.proven_by_passage == ("TR-09",)
        assert "entre acteurs de santé" in because(found)["TR-10"]


def test_an_editor_of_whom_nothing_came_proves_nothing_by_passage(
    tmp_path: Path, scenarios_folder: Path
) -> None:
    events = run_of("15-15-partage-simple.g1@origine", "", scenarios_folder, tmp_path)
    unheard = on_hub(events, ANS)
    silent = renumbered(unheard, [one for one in unheard if not isinstance(one, Received)])
    found = judge(rewritten(silent, tmp_path / "j.jsonl"))
    assert "aucun message de l'éditeur n'a été transmis" in because(found)["TR-10"]

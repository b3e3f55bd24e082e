"""Every play there is, with an editor that does all as the scenario says, is conformant to the judge alone."""

from __future__ import annotations

import pytest

from recette.scenario.steps import MessageStep
from tests.judge.journal_builder import JournalBuilder, found, scenarios

PLAYS = [
    f"{edition}@{actor}"
    for edition, one in scenarios().items()
    if not one.partners_on  # what a hub converts is played on a hub
    for actor in one.testable
]


def _refused_of_a_partner(step: MessageStep, actor: str) -> bool:
    return step.refused is not None and step.sender != actor


@pytest.mark.parametrize("observed", [True, False], ids=["hub seen", "hub not seen"])
def test_a_faultless_play_is_conformant(observed: bool) -> None:
    accused, played = {}, 0
    for name in PLAYS:
        edition, _, actor = name.partition("@")
        steps = scenarios()[edition].messages
        if any(_refused_of_a_partner(one, actor) for one in steps):
            continue  # what a hub answers a partner is played on a hub
        proves = scenarios()[edition].proves
        if not observed and (proves or any(one.refused is not None for one in steps)):
            continue  # what the play exists for may be what only the hub sees
        result = JournalBuilder(name, observed=observed).rest().judged()
        assert [one.verdict for one in result.steps] == ["pass"] * len(result.steps)
        played += 1
        if result.verdict != "pass" or result.findings:
            accused[name] = found(result)
    assert accused == {}
    assert played > 0.9 * len(PLAYS)


def test_a_play_that_is_cut_off_is_inconclusive() -> None:
    play = JournalBuilder("15-15-ressource-acceptee.g3@sollicite").until("reponse")
    result = play.judged()
    assert result.verdict == "inconc"
    assert [one.id for one in result.steps if one.verdict == "pass"] == ["partage", "demande", "reponse"]

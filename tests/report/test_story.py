"""A judged journal, sorted into plays."""

from __future__ import annotations

from recette.report.story import tell
from tests.report.conftest import Recorded


def test_each_play_is_shown_with_its_own_scenario_whatever_the_order_they_began_in(
    conformant: Recorded,
) -> None:
    story = tell(conformant.judgement, conformant.journal)
    assert len({one.vhost for one in story.plays}) > 1
    for place, play in enumerate(story.plays):
        assert play.scenario is not None
        assert play.result == conformant.judgement.scenarios[place]
        assert play.result.id == f"{play.scenario.edition}@{play.actor}"
        assert [one.id for one in play.result.steps] == list(play.opened or ())
        assert play.anchor == f"p{place + 1}"

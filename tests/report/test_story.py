"""A judged journal, sorted into plays."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from recette.campaign.campaign import play_at_home
from recette.campaign.options import Options
from recette.journal.events import Sent
from recette.journal.reader import Journal, read_journal
from recette.report.story import tell
from recette.scenario.selection import select
from tests.report.conftest import Recorded


def test_each_play_is_shown_with_its_own_scenario_whatever_the_order_they_began_in(
    conformant: Recorded,
) -> None:
    story = tell(conformant.journal)
    assert len({one.vhost for one in story.plays}) > 1
    for place, play in enumerate(story.plays):
        assert play.scenario is not None
        assert play.result == conformant.judgement.scenarios[place]
        assert play.result.id == f"{play.scenario.edition}@{play.actor}"
        assert [one.id for one in play.result.steps] == list(play.opened or ())
        assert play.anchor == f"p{place + 1}"


def test_an_error_that_the_partner_answers_with_is_called_one_in_older_journals_too(
    tmp_path: Path, scenarios_folder: Path
) -> None:
    scenarios = select(("robustesse-erreur-du-partenaire",), scenarios_folder).scenarios
    path = tmp_path / "journal.jsonl"
    judgement = play_at_home(scenarios, (), path, Options())
    assert judgement.verdict == "pass"
    journal = read_journal(path)
    purposes = [one.event.purpose for one in journal.entries if isinstance(one.event, Sent)]
    assert purposes.count("error") == len(judgement.scenarios)
    older = Journal(
        tuple(
            replace(one, event=replace(one.event, purpose="ack"))
            if isinstance(one.event, Sent) and one.event.purpose == "error"
            else one
            for one in journal.entries
        )
    )
    for told in (tell(journal), tell(older)):
        for play in told.plays:
            answers = [
                one for one in play.exchanges if one.sender == "fr.health.samu992" and one.label != "message"
            ]
            assert [(one.label, one.kind) for one in answers] == [("RS-ERROR", "ack"), ("RC-REF", "ack")]

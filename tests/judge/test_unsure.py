"""What the broker never confirmed, and a partner who heard nothing, in recorded runs of editors that are at fault."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from recette.journal.events import Confirmed, DeadlinePassed, Event
from tests.judge.recorded import result, run_of, told, unseen


@pytest.fixture
def recorded(tmp_path: Path, scenarios_folder: Path, request: pytest.FixtureRequest) -> list[Event]:
    """A run of one scenario against an editor with one fault, without its footer."""
    wanted, actor, fault = request.param
    return run_of(f"{wanted}@{actor}", fault, scenarios_folder, tmp_path)


def unconfirmed(events: list[Event]) -> list[Event]:
    return [replace(one, status="unknown") if isinstance(one, Confirmed) else one for one in events]


MUTE = ("15-15-partage-simple.g1", "destinataire", "sans-acquittement")


@pytest.mark.parametrize("recorded", [MUTE], indirect=True)
def test_a_hub_that_passed_it_on_proves_that_it_had_left(recorded: list[Event], tmp_path: Path) -> None:
    found = result(unconfirmed(recorded), tmp_path / "journal.jsonl")
    assert set(told(found)) == {("AC-01", "fail", "editor")}


@pytest.mark.parametrize("recorded", [MUTE], indirect=True)
def test_an_ack_of_what_may_never_have_left_is_not_owed(recorded: list[Event], tmp_path: Path) -> None:
    found = result(unconfirmed(unseen(recorded)), tmp_path / "journal.jsonl")
    assert (found.verdict, set(told(found))) == ("inconc", {("HUB-01", "inconc", "hub")})


@pytest.mark.parametrize(
    "recorded", [("15-15-partage-plusieurs-partenaires.g1", "origine", "un-seul-partenaire-prevenu")],
    indirect=True,
)  # fmt: skip
def test_a_change_that_a_deaf_partner_could_not_get_is_not_untold(
    recorded: list[Event], tmp_path: Path
) -> None:
    """When the deadline came, the broker did not even say what lay in the queues."""
    assert told(result(recorded, tmp_path / "heard.jsonl")) == [("CI-07", "fail", "editor")]
    deaf = [replace(one, queues={}) if isinstance(one, DeadlinePassed) else one for one in recorded]
    found = result(deaf, tmp_path / "journal.jsonl")
    assert (found.verdict, told(found)) == ("inconc", [("SC-01", "inconc", "hub")])

"""Fixtures of the judging tests."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from recette.campaign.campaign import play_at_home
from recette.campaign.options import Options
from recette.judge.verdicts import ScenarioResult
from recette.sandbox.editor import Misbehaviour
from recette.scenario.selection import in_edition
from tests.cahier import cahier
from tests.judge.playing import Play, Sending


@pytest.fixture
def play(tmp_path: Path) -> Play:
    """Plays one edition with an editor that sends in its own way."""
    scenarios = cahier()

    def played(name: str, sends: Sending) -> ScenarioResult:
        edition, _, actor = name.partition("@")
        found = (in_edition(one, edition) for one in scenarios)
        chosen = [replace(one, testable=(actor,)) for one in found if one is not None]
        options = Options(misbehaviour=Misbehaviour(on_sending=sends))
        (result,) = play_at_home(chosen, (), tmp_path / "journal.jsonl", options).scenarios
        return result

    return played

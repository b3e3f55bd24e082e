"""An editor whose link the recette breaks off: who comes back conforms, however slowly; who does not is named."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from recette.campaign.campaign import plan_on_target, play_at_home
from recette.campaign.home import disturbed_targets
from recette.campaign.options import Options
from recette.hub.backoff import Backoff
from recette.journal.link_events import EditorReturned, LinkDisturbed
from recette.journal.reader import read_journal
from recette.judge.judging import judge
from recette.messages.hub_saw import HubSaw
from recette.play.face_to_face import only_played
from recette.play.target import HomeHub
from recette.sandbox import editor
from recette.scenario.model import Scenario
from recette.scenario.selection import select

ROOT = Path(__file__).parents[2]
PLAY = "robustesse-liaison-rompue.g2@origine"


@pytest.fixture(scope="module")
def broken() -> tuple[Scenario, ...]:
    return tuple(select([PLAY], ROOT / "scenarios").scenarios)


def test_one_that_comes_back_slowly_conforms(
    broken: tuple[Scenario, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It tries again after more than a second, declares nothing, and reads its queues: nothing is held against it."""
    monkeypatch.setattr(editor, "AT_HOME", Backoff(first=2.5, ceiling=2.5))
    path = tmp_path / "journal.jsonl"
    judgement = play_at_home(broken, (), path, Options())
    assert [(one.verdict, one.findings) for one in judgement.scenarios] == [("pass", ())]
    assert "TR-15" not in {one.requirement for one in judgement.not_observed}
    journal = read_journal(path)
    assert judge(journal) == judgement
    told = [one.event for one in journal.entries if isinstance(one.event, LinkDisturbed | EditorReturned)]
    assert [type(one) for one in told] == [LinkDisturbed, EditorReturned]
    assert told[1].seconds > 1.0


def test_an_editor_survives_what_else_a_link_may_do(tmp_path: Path) -> None:
    """Of these incidents, one breaks the link off."""
    names = ("remis-a-nouveau", "liaison-muette", "liaison-lente", "deux-messages-en-desordre")
    chosen = tuple(select([f"robustesse-{one}" for one in names], ROOT / "scenarios").scenarios)
    path = tmp_path / "journal.jsonl"
    judgement = play_at_home(chosen, (), path, Options())
    assert [(one.verdict, one.reason) for one in judgement.scenarios] == [("pass", "")] * 4
    told = [one.event for one in read_journal(path).entries]
    assert {one.incident for one in told if isinstance(one, LinkDisturbed)} == {
        "deux-fois",
        "silence",
        "lenteur",
        "desordre",
    }
    assert [one.action for one in told if isinstance(one, HubSaw)].count("disconnected") == 1


def test_no_link_is_broken_on_the_hub_of_others(broken: tuple[Scenario, ...], tmp_path: Path) -> None:
    (on_g2,) = (one for one in disturbed_targets() if one.vhost.name == "15-15_v2.0")
    elsewhere = replace(on_g2, disturbed=None)
    cast, left = plan_on_target(elsewhere, broken, Options())
    assert not cast
    assert "ce hub n'est pas celui de la recette" in left[0].reason
    with_certificates = replace(elsewhere, home=HomeHub(tls=tmp_path))
    cast, left = plan_on_target(with_certificates, broken, Options())
    assert not cast
    assert "certificat" in left[0].reason
    cast, left = plan_on_target(replace(elsewhere, home=HomeHub()), broken, Options())
    assert [one.name for one in cast] == [PLAY]
    assert left == ()


def test_between_two_editors_no_link_is_broken(broken: tuple[Scenario, ...]) -> None:
    assert "rompt la liaison" in only_played(broken[0])

"""A target reached over AMQP and driven over HTTP, as an editor's own team has it."""

from __future__ import annotations

from pathlib import Path

import pytest

from recette.campaign.campaign import play_on_target
from recette.campaign.options import Options
from recette.journal.events import DriverAsked
from recette.journal.reader import read_journal
from recette.play.target import Target
from recette.play.target_error import TargetError
from recette.play.target_file import load_target
from recette.scenario.selection import select
from tests.play.conftest import Served, target_file


def played(target: Target, journal: Path, scenarios_folder: Path, *names: str) -> tuple[str, list[str]]:
    judgement = play_on_target(target, select(names, scenarios_folder).scenarios, (), journal, Options())
    return judgement.verdict, [one.rule for result in judgement.scenarios for one in result.findings]


def test_an_editor_over_http_passes(
    served: Served, tmp_path: Path, scenarios_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MDP", served.password)
    target = load_target(target_file(tmp_path, served))
    journal = tmp_path / "journal.jsonl"
    assert played(target, journal, scenarios_folder, "15-15-ressource-acceptee") == ("pass", [])
    asked = [one.event.request for one in read_journal(journal).entries if isinstance(one.event, DriverAsked)]
    wanted = {"run", "scenario", "step", "action", "model", "vhost", "from", "to", "caseId", "format", "data"}
    assert all(set(one) == wanted for one in asked)
    assert asked[0]["caseId"] is None
    assert served.password not in journal.read_text(encoding="utf-8")


def test_what_only_the_hub_sees_is_inconclusive_on_a_foreign_hub(
    served: Served, tmp_path: Path, scenarios_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MDP", served.password)
    target = load_target(target_file(tmp_path, served))
    verdict, rules = played(target, tmp_path / "j.jsonl", scenarios_folder, "15-15-destinataire-inconnu")
    assert verdict == "inconc"
    assert set(rules) == {"SC-04"}


def test_a_driver_that_fails_is_never_the_editors_fault(
    served: Served, tmp_path: Path, scenarios_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MDP", served.password)
    target = load_target(target_file(tmp_path, served, "/ailleurs"))
    verdict, rules = played(target, tmp_path / "j.jsonl", scenarios_folder, "15-15-partage-simple")
    assert verdict == "error"
    assert set(rules) == {"PIL-01"}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("15-15_v1.5", "15-15_v1.6", "cible.yaml:2:1"),
        ("role: LRM}\npartners", "role: LRN}\npartners", "cible.yaml:3:33"),
        ("kind: http", "kind: fax", "cible.yaml:6:1"),
        ("ack: 5", "ack: vite", "cible.yaml:7:13"),
        ("MDP", "ABSENTE_DE_L_ENVIRONNEMENT", "ABSENTE_DE_L_ENVIRONNEMENT"),
    ],
)
def test_a_bad_target_points(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, old: str, new: str, said: str
) -> None:
    monkeypatch.setenv("MDP", "x")
    path = target_file(tmp_path, Served(1, 1, ""))
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(TargetError) as caught:
        load_target(path)
    assert said in str(caught.value)

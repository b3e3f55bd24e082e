"""Software of others on a hub that the run is: everything that a reference editor is judged on is judged on it."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from recette.campaign.arrivals import EditorAbsentError
from recette.campaign.campaign import play_on_target
from recette.campaign.options import Options
from recette.cli import main
from recette.hub.address import BrokerAddress
from recette.journal.reader import read_journal
from recette.judge.judging import judge
from recette.judge.verdicts import Judgement
from recette.play.target import Target
from recette.play.target_error import TargetError
from recette.play.target_file import load_target
from recette.report.audience import Audience
from recette.sandbox.editor import Misbehaviour, ReferenceEditor
from recette.sandbox.faults import FAULTS
from recette.sandbox.hook import Hook
from recette.sandbox.hub import BrokerKind
from recette.scenario.selection import select
from tests.ports import port_to_come
from tests.served_hub import EDITOR, LIMIT, PARTNER, VHOST

PASSWORD = "mot-de-passe-d-essai"


class Software:
    """An editor in a thread of its own, as a vendor's would be in a process of its own: told where the hub is, it comes."""

    def __init__(self, misbehaviour: Misbehaviour | None) -> None:
        self._misbehaviour = misbehaviour
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self.hook = port_to_come()
        self._editor: ReferenceEditor | None = None
        self._hook: Hook | None = None

    def come(self, lines: list[str]) -> None:
        """Connect to the hub that the run has told of."""
        place = next(one for one in lines if "amqp://" in one).split("amqp://")[1].split(",")[0]
        host, _, port = place.partition(":")
        address = BrokerAddress(host, int(port), VHOST, EDITOR, PASSWORD)
        asyncio.run_coroutine_threadsafe(self._connect(address), self._loop)

    async def _connect(self, address: BrokerAddress) -> None:
        self._editor = await ReferenceEditor.start(address, EDITOR, "LRM", self._misbehaviour)
        self._hook = await Hook.open(self._editor, self.hook)

    async def _leave(self) -> None:
        if self._hook is not None:
            await self._hook.close()
        if self._editor is not None:
            await self._editor.close()

    def leave(self) -> None:
        asyncio.run_coroutine_threadsafe(self._leave(), self._loop).result(LIMIT)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(LIMIT)
        self._loop.close()


@contextmanager
def software(fault: str = "") -> Iterator[Software]:
    one = Software(FAULTS[fault].misbehaviour if fault else None)
    try:
        yield one
    finally:
        one.leave()


def target_at_home(folder: Path, hook: int, extra: str = "") -> Target:
    path = folder / "cible.yaml"
    path.write_text(
        f"""broker: home
home: {{wait: 120}}
vhost: {VHOST}
editor: {{id: {EDITOR}, role: LRM, password_env: MDP}}
partners: [{{id: {PARTNER}, role: LRM}}]
driver: {{kind: http, url: "http://127.0.0.1:{hook}/agir", retries: 5}}
deadlines: {{ack: 5, answer: 5, quiet: 0.2}}
{extra}""",
        encoding="utf-8",
    )
    return load_target(path)


def played(
    folder: Path, scenarios: Path, names: list[str], fault: str = "", broker: BrokerKind = "embedded"
) -> Judgement:
    with software(fault) as vendor:
        target = target_at_home(folder, vendor.hook)
        audience = Audience(ready=lambda lines: vendor.come(list(lines)))
        chosen = select(names, scenarios).scenarios
        return play_on_target(target, chosen, (), folder / "j.jsonl", Options(broker=broker), audience)


@pytest.fixture(autouse=True)
def _password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MDP", PASSWORD)


def test_a_faultless_editor_is_seen_and_passes(tmp_path: Path, scenarios_folder: Path) -> None:
    names = ["15-15-partage-simple", "palier-2-acquittement-technique", "palier-1-message-persistant"]
    found = played(tmp_path, scenarios_folder, names)
    assert found.verdict == "pass"
    assert {one.requirement for one in found.not_observed} == {"TR-15"}
    journal = read_journal(tmp_path / "j.jsonl")
    assert judge(journal) == found
    assert journal.header.hub_observed
    assert PASSWORD not in (tmp_path / "j.jsonl").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("fault", "play", "rule"),
    [
        ("lit-en-acquittement-automatique", "palier-2-acquittement-technique", "TR-13"),
        ("declare-sa-file", "palier-2-acquittement-technique", "TR-07"),
    ],
)
def test_what_only_the_broker_sees_is_found(
    fault: str, play: str, rule: str, tmp_path: Path, scenarios_folder: Path
) -> None:
    found = played(tmp_path, scenarios_folder, [play], fault)
    assert rule in {finding.rule for one in found.scenarios for finding in one.findings}


@pytest.mark.usefixtures("lent_rabbitmq")
def test_on_rabbitmq_what_the_hub_sees_is_seen(tmp_path: Path, scenarios_folder: Path) -> None:
    found = played(tmp_path, scenarios_folder, ["15-15-partage-simple"], broker="rabbitmq")
    assert found.verdict == "pass"
    assert {one.requirement for one in found.not_observed} == {"TR-07", "TR-12", "TR-13", "TR-14", "TR-15"}


def test_software_that_does_not_come_is_said_to_be_absent(tmp_path: Path, scenarios_folder: Path) -> None:
    target = target_at_home(tmp_path, 1)
    assert target.home is not None
    hurried = replace(target, home=replace(target.home, wait=0.2))
    chosen = select(["15-15-partage-simple"], scenarios_folder).scenarios
    with pytest.raises(EditorAbsentError, match=r"Aucun logiciel ne lit fr\.health\.samu991\.message"):
        play_on_target(hurried, chosen, (), tmp_path / "j.jsonl", Options())


def test_a_play_for_which_partners_are_missing_is_not_played_and_says_so(
    tmp_path: Path, scenarios_folder: Path
) -> None:
    names = ["15-15-partage-plusieurs-partenaires", "15-15-partage-simple"]
    found = played(tmp_path, scenarios_folder, names)
    assert found.verdict == "pass"
    unplayed = {one.id: one.reason for one in found.scenarios if one.verdict == "none"}
    assert "15-15-partage-plusieurs-partenaires.g1@premier" in unplayed
    assert all("demande 2 partenaires LRM, et la cible en a 1" in one for one in unplayed.values())


def test_alone_it_is_not_played_either_and_no_hub_is_waited_on(
    tmp_path: Path, scenarios_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target_at_home(tmp_path, 1)
    asked = ["15-15-partage-plusieurs-partenaires.g1", "--scenarios", str(scenarios_folder)]
    told = ["--target", str(tmp_path / "cible.yaml"), "--report", str(tmp_path / "r"), "--reports", "junit"]
    assert main(["run", *asked, *told]) == 3
    found = json.loads((tmp_path / "r" / "results.json").read_text(encoding="utf-8"))
    assert found["verdict"] == "none"
    assert len(found["scenarios"]) == 2
    assert all("demande 2 partenaires LRM" in one["reason"] for one in found["scenarios"])
    assert {one["because"] for one in found["not_observed"]} == {"rien n'a été joué"}
    assert "NON JOUÉ : 2 passages" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("extra", "said"),
    [
        ("environment: integration\n", "la recette est le hub : ôtez « environment »"),
        ("tls: {authority: ac.pem}\n", "écrivez home: {tls: <dossier>}"),
        ("identity: {level: editeur-editeur}\n", "met face à face deux logiciels"),
    ],
)
def test_what_does_not_go_with_a_hub_at_home_is_refused(tmp_path: Path, extra: str, said: str) -> None:
    with pytest.raises(TargetError) as caught:
        target_at_home(tmp_path, 1, extra)
    assert said in str(caught.value)

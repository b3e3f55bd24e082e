"""What only a hub's operator sees is judged on a hub that tells nothing, through a relay before it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from recette.campaign.campaign import play_on_target
from recette.campaign.options import Options
from recette.commands.relay import teller
from recette.hub.address import BrokerAddress
from recette.hub.observing import ObservationError, ObservationServer
from recette.judge.verdicts import Judgement
from recette.relay.obeying import obey
from recette.relay.observation import FILE, RelayPlace, read_place, write_place
from recette.relay.recording import Recording
from recette.relay.relay import Relay
from recette.report.audience import Audience
from recette.sandbox.editor import ReferenceEditor
from recette.sandbox.faults import FAULTS
from recette.sandbox.hook import Hook
from recette.sandbox.returning import CameBack
from recette.scenario.loader import load
from tests.sandbox.troubled import EDITOR, Hub, embedded, scenario

ASKED, SHARED = ("15-15-partage-simple.g1", "origine"), ("15-15-partage-simple.g1", "destinataire")
BY_RELAY = ("TR-07", "TR-09", "TR-12", "TR-13", "TR-14", "TR-16")


@pytest.fixture(scope="module")
def hub() -> Iterator[Hub]:
    with embedded() as engine:
        found = Hub.on(engine)
        yield found
        found.close()


@contextmanager
def relayed(
    hub: Hub, folder: Path, fault: str | None, *, obeys: bool = False
) -> Iterator[tuple[str, RelayPlace]]:
    """A reference editor behind a relay; where it takes orders, and where the relay tells."""

    recording = Recording(folder, pytest.fail)

    async def open_all() -> tuple[Relay, ObservationServer]:
        observers = await ObservationServer.open("mot")
        tell = teller(recording, observers)
        address = BrokerAddress("127.0.0.1", hub.port, "", "nobody")
        return await Relay.open(address, tell, pytest.fail, turns=obeys), observers

    with ExitStack() as stack:
        relay, observers = hub.run(open_all())
        stack.callback(recording.close)
        stack.callback(lambda: hub.run(observers.close()))
        stack.callback(lambda: hub.run(relay.close()))
        if obeys:
            observers.disturb = partial(obey, relay)
        misbehaviour = FAULTS[fault].misbehaviour if fault else None
        through = replace(hub.address(EDITOR), port=relay.port)
        stays_away = misbehaviour is not None and misbehaviour.stays_away
        watcher = CameBack() if obeys and not stays_away else None
        editor = hub.run(ReferenceEditor.start(through, EDITOR, "LRM", misbehaviour, watcher=watcher))
        stack.callback(lambda: hub.run(editor.close()))
        hook = hub.run(Hook.open(editor))
        stack.callback(lambda: hub.run(hook.close()))
        yield hook.url, RelayPlace(observers.port, observers.password, obeys)


def play(hub: Hub, folder: Path, which: tuple[str, str], fault: str | None) -> Judgement:
    with relayed(hub, folder / "relais", fault) as (url, place):
        target = hub.target(url, ack=2.0, answer=2.0)
        options = Options(observed_by=place)
        return play_on_target(target, [scenario(*which)], (), folder / "journal.jsonl", options, Audience())


@pytest.mark.parametrize("which", [ASKED, SHARED])
def test_a_faultless_editor_is_seen_and_not_accused(hub: Hub, tmp_path: Path, which: tuple[str, str]) -> None:
    result = play(hub, tmp_path, which, None)
    assert result.verdict == "pass"
    assert not {one.requirement for one in result.not_observed} & set(BY_RELAY)


@pytest.mark.parametrize(
    ("fault", "which", "rule"),
    [
        ("declare-sa-file", ASKED, "TR-07"),
        ("cle-d-un-autre", ASKED, "TR-09"),
        ("info-non-lue", ASKED, "TR-12"),
        ("lit-la-file-d-un-autre", SHARED, "TR-12"),
        ("lie-sa-file", SHARED, "TR-07"),
        ("vide-sa-file", SHARED, "TR-13"),
        ("lit-en-acquittement-automatique", SHARED, "TR-13"),
        ("rend-sans-cesse", SHARED, "TR-14"),
        ("fixe-une-duree-de-vie", ASKED, "TR-16"),
    ],
)
def test_what_the_relay_sees_is_named(
    hub: Hub, tmp_path: Path, fault: str, which: tuple[str, str], rule: str
) -> None:
    result = play(hub, tmp_path, which, fault)
    assert rule in {
        one.rule for found in result.scenarios for one in found.findings if one.attributed_to == "editor"
    }


@pytest.mark.parametrize(
    ("fault", "rule"),
    [("non-persistant", "TR-10"), ("expire-avant-envoi", "EN-06"), ("sans-prefixe", "EN-03")],
)
def test_the_hub_s_report_gives_the_reason(hub: Hub, tmp_path: Path, fault: str, rule: str) -> None:
    """On a hub whose own side nobody sees, the relay reads the report: nothing is left for SC-01 to say."""
    result = play(hub, tmp_path, ASKED, fault)
    assert {one.rule for found in result.scenarios for one in found.findings} == {rule}
    assert result.verdict == "fail"


def test_without_the_relay_nothing_of_it_is_claimed(hub: Hub, tmp_path: Path) -> None:
    with hub.editor() as url:
        target = hub.target(url, ack=2.0, answer=2.0)
        result = play_on_target(
            target, [scenario(*ASKED)], (), tmp_path / "journal.jsonl", Options(), Audience()
        )
    assert {"TR-07", "TR-12", "TR-13", "TR-14", "TR-16"} <= {one.requirement for one in result.not_observed}


def test_where_a_relay_tells_is_for_its_owner(tmp_path: Path) -> None:
    (tmp_path / FILE).touch(mode=0o666)  # of somebody who wants to read along
    write_place(tmp_path, RelayPlace(1234, "mot"))
    assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o600
    assert read_place(tmp_path) == RelayPlace(1234, "mot")
    assert "mot" not in repr(RelayPlace(1, "mot"))


@pytest.mark.parametrize("text", [None, "", "[]", '{"port": "x"}'])
def test_a_folder_that_is_no_relays(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        (tmp_path / FILE).write_text(text, encoding="utf-8")
    with pytest.raises(ObservationError, match="recette relay"):
        read_place(tmp_path)


@pytest.mark.parametrize(
    ("fault", "verdict", "found"),
    [
        (None, "pass", set()),
        ("ne-revient-pas", "inconc", {"TR-15"}),
        ("oublie-ce-qui-attendait", "fail", {"AC-01", "TR-15"}),
    ],
)
def test_a_relay_that_obeys_breaks_the_link_off_on_the_hub_of_others(
    hub: Hub, tmp_path: Path, fault: str | None, verdict: str, found: set[str]
) -> None:
    with relayed(hub, tmp_path / "relais", fault, obeys=True) as (url, place):
        target = hub.target(url, ack=3.0, answer=3.0)
        options = Options(observed_by=place, allow_harmful=True)
        chosen = [scenario("robustesse-liaison-rompue.g1", "origine")]
        result = play_on_target(target, chosen, (), tmp_path / "journal.jsonl", options, Audience())
    assert result.verdict == verdict, result
    assert {one.rule for one in result.scenarios[0].findings} == found
    assert "TR-15" not in {one.requirement for one in result.not_observed}


def test_a_relay_that_obeys_does_whatever_a_scenario_asks(hub: Hub, tmp_path: Path) -> None:
    """On a hub that tells nothing: the run knows from the relay alone when each incident is over."""
    names = ("remis-a-nouveau", "liaison-muette", "liaison-lente", "deux-messages-en-desordre")
    chosen = []
    for name in names:
        one = scenario(f"robustesse-{name}.g3", "origine")
        anew = {file: text.replace("generations: 3-\n", "") for file, text in one.sources.items()}
        chosen.append(load(one.file, anew, 1))
    with relayed(hub, tmp_path / "relais", None, obeys=True) as (url, place):
        options = Options(observed_by=place, allow_harmful=True)
        target = hub.target(url, ack=5.0, answer=5.0)
        result = play_on_target(target, chosen, (), tmp_path / "journal.jsonl", options, Audience())
    assert [(one.verdict, one.reason) for one in result.scenarios] == [("pass", "")] * 4, result.scenarios


def test_a_relay_that_was_not_told_to_breaks_nothing_off(hub: Hub, tmp_path: Path) -> None:
    with relayed(hub, tmp_path / "relais", None) as (url, place):
        options = Options(observed_by=place, allow_harmful=True)
        chosen = [scenario("robustesse-liaison-rompue.g1", "origine")]
        result = play_on_target(hub.target(url), chosen, (), tmp_path / "journal.jsonl", options, Audience())
    assert [one.verdict for one in result.scenarios] == ["none"]
    assert "--on-demand" in result.scenarios[0].reason

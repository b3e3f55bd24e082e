"""The editor's own connection is cut, as the hub at home sees it: one that comes back is not accused, one that does not
is told so.
"""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from recette.campaign.campaign import play_at_home
from recette.campaign.options import Options
from recette.hub.address import BrokerAddress
from recette.hub.backoff import Backoff
from recette.hub.lasting import LastingConnection
from recette.hub.wire import PERSISTENT, Delivery, Properties, PublishOutcome
from recette.journal.events import DeadlinePassed, ScenarioEnded, Sent
from recette.journal.reader import read_journal
from recette.judge.judging import judge
from recette.judge.verdicts import Judgement
from recette.messages.building import serialise
from recette.messages.dictionary.examples import RECIPIENT, SENDER, example_message
from recette.messages.dictionary.generations import edition_of
from recette.messages.dictionary.models import model
from recette.messages.hub_saw import HubSaw
from recette.messages.reading import JSON_TYPE
from recette.play.target import Deadlines
from recette.report.audience import Audience
from recette.sandbox import editor
from recette.sandbox.editor import Misbehaviour, ReferenceEditor
from recette.scenario.loader import load
from recette.scenario.model import Scenario
from tests.proxy import Proxy
from tests.sandbox.test_lasting import Seen
from tests.sandbox.test_troubles import REPORT
from tests.sandbox.troubled import VHOST, Listener, findings, once, scenario

RECEIVES = scenario("15-15-partage-simple.g1", "destinataire")
ANOTHER = scenario("15-15-cloture.g1", "destinataire")
REPORTED = load("e.yaml", {"e.yaml": REPORT}, 1)
DEADLINES = Deadlines(ack=1.0, answer=1.0, quiet=1.0)


class Through:
    """The reference editor's link, over a network that can be cut: it comes back as soon as it may."""

    ways: list[Proxy]

    def __init__(self, link: LastingConnection, way: AbstractAsyncContextManager[Proxy]) -> None:
        self._way = way
        self.address, self.publish, self.consume = link.address, link.publish, link.consume
        self._link = link

    @classmethod
    async def open(cls, address: BrokerAddress, *, name: str) -> Through:
        way = Proxy.before(address.port)
        proxy = await way.__aenter__()
        cls.ways.append(proxy)
        link = await LastingConnection.open(
            replace(address, port=proxy.port),
            name=name,
            watcher=Seen(),
            backoff=Backoff(first=0.02, ceiling=0.05),
            patience=math.inf,
        )
        return cls(link, way)

    async def close(self) -> None:
        await self._link.close()
        await self._way.__aexit__(None, None, None)


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[Proxy], None]], None]:
    """Does something to the editor's way to the hub."""
    monkeypatch.setattr(Through, "ways", [], raising=False)
    monkeypatch.setattr(editor, "HubConnection", Through)

    def act(what: Callable[[Proxy], None]) -> None:
        for way in Through.ways:
            what(way)

    return act


def played(journal: Path, listeners: list[Listener], *scenarios: Scenario) -> Judgement:
    def listen(entry: Any) -> None:
        for one in listeners:
            one(entry)

    found = play_at_home(scenarios, (), journal, Options(deadlines=DEADLINES), Audience(listen))
    recorded = read_journal(journal)
    acts = [one.event.action for one in recorded.entries if isinstance(one.event, HubSaw)]
    assert "disconnected" in acts
    assert judge(recorded) == found
    return found


def report(event: Sent) -> bool:
    return b'"error"' in event.body


@pytest.mark.parametrize(("wanted", "when"), [(RECEIVES, lambda _: True), (REPORTED, report)])
def test_an_editor_that_was_cut_off_and_comes_back_is_not_accused(
    network: Any, tmp_path: Path, wanted: Scenario, when: Callable[[Sent], bool]
) -> None:
    cut = once(Sent, lambda: network(Proxy.refuse), when)
    back = once(DeadlinePassed, lambda: network(Proxy.accept))
    found = played(tmp_path / "journal.jsonl", [cut, back], wanted)
    assert (found.verdict, findings(found)) == ("inconc", [("AC-01", "inconc", "hub")])
    assert "il est revenu" in found.scenarios[0].findings[0].explanation


def test_one_that_comes_back_in_a_later_play_is_not_accused_in_the_first(
    network: Any, tmp_path: Path
) -> None:
    cut = once(Sent, lambda: network(Proxy.refuse))
    back = once(ScenarioEnded, lambda: network(Proxy.accept))
    found = played(tmp_path / "journal.jsonl", [cut, back], RECEIVES, ANOTHER)
    assert ("AC-01", "inconc", "hub") in findings(found)
    assert not [one for one in findings(found) if one[1] == "fail"]


@pytest.mark.parametrize(
    ("wanted", "when", "rules"),
    [(RECEIVES, lambda _: True, {"AC-01"}), (REPORTED, report, {"AC-01", "ER-03"})],
)
def test_an_editor_that_goes_deaf_for_good_is_told_so(
    network: Any, tmp_path: Path, wanted: Scenario, when: Callable[[Sent], bool], rules: set[str]
) -> None:
    found = played(tmp_path / "journal.jsonl", [once(Sent, lambda: network(Proxy.refuse), when)], wanted)
    assert found.verdict == "fail"
    assert set(findings(found)) == {(rule, "fail", "editor") for rule in rules}


class Down:
    """A link that is broken: what is published leaves once it is `back`."""

    def __init__(self) -> None:
        self.address = type("Address", (), {"vhost": VHOST})()
        self.asked, self.back = asyncio.Event(), asyncio.Event()
        self.left: list[str] = []

    async def publish(self, to: str, key: str, body: bytes, properties: Properties) -> PublishOutcome:
        self.asked.set()
        await self.back.wait()
        self.left.append(json.loads(body)["distributionKind"])
        return PublishOutcome("confirmed")

    async def close(self) -> None: ...


async def test_the_ack_that_a_cut_holds_up_leaves_once_when_the_link_is_back() -> None:
    """The client library ends who handles a delivery with its channel; the broker hands it over again."""
    body = serialise(example_message(model("RS-EDA", edition_of(1)), "minimal"))
    link = Down()
    software = ReferenceEditor(link, RECIPIENT, "LRM", Misbehaviour())  # type: ignore[arg-type]

    def handed(*, again: bool) -> Delivery:
        said = Properties(JSON_TYPE, PERSISTENT)
        return Delivery(f"{RECIPIENT}.message", "", SENDER, again, said, body)

    handling = asyncio.create_task(software.receive(handed(again=False)))
    await link.asked.wait()
    handling.cancel()
    with pytest.raises(asyncio.CancelledError):
        await handling
    again = asyncio.create_task(software.receive(handed(again=True)))
    link.back.set()
    assert await again
    await software.close()
    assert link.left == ["Ack"]

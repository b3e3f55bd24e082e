"""A message of the partner that is on its way when the broker dies: it is never sent twice, and what cannot be known of
it is never held against the editor.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from recette.journal.events import Confirmed, Entry, Received, Sent
from recette.journal.link_events import LinkLost
from recette.journal.reader import read_journal
from recette.judge.judging import judge
from recette.judge.verdicts import Judgement
from recette.sandbox.rabbitmq import RabbitMqNode
from recette.scenario.model import Scenario
from tests.proxy import Proxy
from tests.sandbox.node_control import start_app, stop_app
from tests.sandbox.troubled import LIMIT, PARTNER, Hub, findings, played, scenario

RECEIVES = scenario("15-15-partage-simple.g1", "destinataire")
IS_ASKED = scenario("15-15-ressource-refusee.g1", "sollicite")
Dies = Callable[[Proxy, Callable[[], None]], None]


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return tmp_path / "journal.jsonl"


@pytest.fixture
def dies(hub: Hub, request: pytest.FixtureRequest) -> Dies:
    """The broker dies and comes back, with what was durable; of the embedded one only the partner's link does."""
    if request.node.callspec.params["hub"] == "embedded":
        return lambda way, _: hub.does(way.cut)
    node: RabbitMqNode = request.getfixturevalue("rabbitmq_node")

    def stop_and_start(way: Proxy, anew: Callable[[], None]) -> None:
        hub.run(stop_app(node))
        hub.does(way.refuse)
        hub.run(start_app(node))
        hub.revive()
        anew()
        hub.does(way.accept)  # the partner comes back last: whoever it talks to is there

    return stop_and_start


def cut_off(hub: Hub, dies: Dies, wanted: Scenario, journal: Path, *, lost: bool, ack: float) -> Judgement:
    """Play with a broker that dies once the first message of the partner is on its way; `lost` before it gets there."""
    died: list[Future[None]] = []
    with hub.mortal() as (url, anew), hub.way() as way, ThreadPoolExecutor(1) as thread:

        def die(name: str) -> None:
            hub.run(way.passed(name.encode()))
            if not lost:
                hub.run(hub.answered(name))
            dies(way, anew)

        def listen(entry: Entry) -> None:
            if isinstance(entry.event, Sent) and not died:
                name = json.loads(entry.event.body)["distributionID"]
                hub.does(lambda: way.at(name.encode(), way.lose_requests if lost else way.stall_answers))
                died.append(thread.submit(die, name))

        address = replace(hub.address(PARTNER), port=way.port)
        target = replace(hub.target(url, ack=ack), addresses={PARTNER: address})
        found = played(target, wanted, journal, listen)
        died[0].result(120)
    recorded = read_journal(journal)
    events = [one.event for one in recorded.entries]
    assert recorded.complete
    assert next(one.status for one in events if isinstance(one, Confirmed)) == "unknown"
    assert any(isinstance(one, LinkLost) for one in events)
    assert judge(recorded) == found
    return found


def sent(journal: Path) -> list[bytes]:
    events = [one.event for one in read_journal(journal).entries]
    return [one.body for one in events if isinstance(one, Sent) and one.purpose == "message"]


@pytest.mark.parametrize("wanted", [RECEIVES, IS_ASKED], ids=["partage", "demande"])
def test_what_got_there_is_proven_by_its_ack(hub: Hub, dies: Dies, journal: Path, wanted: Scenario) -> None:
    """The play goes on with what follows, and the verdict is the true one."""
    found = cut_off(hub, dies, wanted, journal, lost=False, ack=LIMIT)
    assert (found.verdict, findings(found)) == ("pass", []), "\n".join(
        str(one)[:400] for one in read_journal(journal).entries
    )
    assert len(sent(journal)) == len(set(sent(journal)))
    events = [one.event for one in read_journal(journal).entries]
    acks = {one.body for one in events if isinstance(one, Received) and one.queue == f"{PARTNER}.ack"}
    assert len(acks) == len(sent(journal))  # one each: the editor got each message once


@pytest.mark.parametrize("wanted", [RECEIVES, IS_ASKED], ids=["partage", "demande"])
def test_what_was_lost_is_inconclusive_and_not_sent_again(
    hub: Hub, dies: Dies, journal: Path, wanted: Scenario
) -> None:
    found = cut_off(hub, dies, wanted, journal, lost=True, ack=0.5)
    assert (found.verdict, findings(found)) == ("inconc", [("HUB-01", "inconc", "hub")])
    assert "n'a pas été envoyé une seconde fois" in found.scenarios[0].findings[0].explanation
    assert re.search(
        "connexion (coupée net|fermée par le broker, 320)", found.scenarios[0].findings[0].explanation
    )
    assert "Rien ne prouve" in found.scenarios[0].reason
    assert len(sent(journal)) == 1

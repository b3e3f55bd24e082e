"""A hub that turns bursts round delivers everything once, in another order; no rule accuses for it."""

from __future__ import annotations

from pathlib import Path

from recette.campaign.campaign import play_at_home
from recette.campaign.options import Options
from recette.hub import topology
from recette.hub.connection import HubConnection
from recette.messages.building import serialise
from recette.sandbox.hub import Sandbox
from recette.sandbox.settings import hub_settings
from recette.sandbox.turned_round import MOST
from recette.scenario.selection import select
from tests.sandbox.test_dispatcher import GOOD, VHOST, A, B, Client, document

SCENARIOS = Path(__file__).parents[2] / "scenarios"


async def test_a_burst_comes_whole_in_another_order() -> None:
    sandbox = await Sandbox.start([VHOST], [A, B], settings=hub_settings(reorder=MOST))
    async with (
        await HubConnection.open(sandbox.address(A, VHOST), name=A) as sender,
        await HubConnection.open(sandbox.address(B, VHOST), name=B) as reader,
    ):
        client = Client(reader, B)
        await client.listen("message")
        sent = [document() for _ in range(60)]
        for one in sent:
            await sender.publish(topology.CLIENT_EXCHANGE, A, serialise(one), GOOD)
        came = [(await client.next("message"))[1].distribution_id for _ in sent]
    await sandbox.stop()
    order = [one["distributionID"] for one in sent]
    assert sorted(order) == sorted(map(str, came))
    moved = [abs(order.index(str(one)) - place) for place, one in enumerate(came)]
    assert 0 < max(moved) <= MOST


def test_no_rule_about_order_accuses_for_it(tmp_path: Path) -> None:
    wanted = [
        "15-15-ressource-acceptee",
        "15-smur-engagement-du-smur",
        "robustesse-rafale-de-200",
        "15-nexsis-concours-avant-le-partage",
        "conversion-engins-dits-a-un-samu",
    ]
    scenarios = select(wanted, SCENARIOS).scenarios
    found = play_at_home(scenarios, (), tmp_path / "journal.jsonl", Options(reorder=MOST, jobs=8))
    assert len(found.scenarios) > len(wanted)
    assert not [one for play in found.scenarios for one in play.findings if one.verdict == "fail"]

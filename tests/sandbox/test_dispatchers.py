"""Several dispatchers on one vHost: they share the work, keep each sender's order, and change no verdict."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from recette.campaign.campaign import play_at_home
from recette.campaign.options import Options
from recette.hub.connection import HubConnection
from recette.hub.wire import Delivery
from recette.messages.hub_saw import HubSaw
from recette.messages.reading import JSON_TYPE, read
from recette.messages.vhosts import vhost
from recette.preflight.exchange import publish
from recette.preflight.probes import Probes
from recette.sandbox import hub
from recette.sandbox.dispatcher import Dispatcher
from recette.sandbox.faults import FAULTS
from recette.sandbox.hub import BrokerKind, Sandbox
from recette.scenario.selection import select
from tests.served_hub import EDITOR, PARTNER, VHOST

FOUR, MESSAGES = 4, 60


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> Counter[tuple[str, int]]:
    """What each dispatcher told: by vHost and number of the dispatcher."""
    told: Counter[tuple[str, int]] = Counter()
    started: Counter[str] = Counter()

    class Watched(Dispatcher):
        @classmethod
        async def start(cls, address: Any, observer: Any, *more: Any) -> Any:
            started[address.vhost] += 1
            name = (address.vhost, started[address.vhost])

            def observe(seen: HubSaw) -> None:
                told[name] += 1
                observer(seen)

            return await super().start(address, observe, *more)

    monkeypatch.setattr(hub, "Dispatcher", Watched)
    return told


def verdicts(folder: Path, scenarios_folder: Path, **options: Any) -> list[tuple[str, str, set[str]]]:
    folder.mkdir()
    chosen = select(["15-15-partage-simple", "15-15-ressource-acceptee"], scenarios_folder).scenarios
    judgement = play_at_home(chosen, (), folder / "journal.jsonl", Options(vhost=VHOST, **options))
    return [(one.id, one.verdict, {finding.rule for finding in one.findings}) for one in judgement.scenarios]


def test_four_dispatchers_change_no_verdict(
    broker_kind: BrokerKind, work: Counter[tuple[str, int]], tmp_path: Path, scenarios_folder: Path
) -> None:
    alone = verdicts(tmp_path / "alone", scenarios_folder)
    work.clear()
    shared = verdicts(tmp_path / "shared", scenarios_folder, broker=broker_kind, dispatchers=FOUR)
    assert shared == alone
    assert {verdict for _, verdict, _ in shared} == {"pass"}
    assert {name for (at, name), count in work.items() if at == VHOST and count} == {2, 3, 4, 5}


def test_four_dispatchers_hide_no_fault(tmp_path: Path, scenarios_folder: Path) -> None:
    fault = FAULTS["valeur-changee"].misbehaviour
    alone = verdicts(tmp_path / "alone", scenarios_folder, misbehaviour=fault)
    assert "fail" in {verdict for _, verdict, _ in alone}
    assert verdicts(tmp_path / "shared", scenarios_folder, misbehaviour=fault, dispatchers=FOUR) == alone


async def test_a_senders_order_is_kept(broker_kind: BrokerKind) -> None:
    """For a sender that waits for the broker's confirm, as the next message comes after it."""
    sandbox = await Sandbox.start([VHOST], [EDITOR, PARTNER], broker=broker_kind, dispatchers=FOUR)
    got: list[str | None] = []
    all_here = asyncio.Event()

    async def take(delivery: Delivery) -> bool:
        got.append(read(delivery.body, delivery.properties.content_type, 1).distribution_id)
        if len(got) == MESSAGES:
            all_here.set()
        return True

    try:
        async with (
            await HubConnection.open(sandbox.address(EDITOR, VHOST), name="test") as sender,
            await HubConnection.open(sandbox.address(PARTNER, VHOST), name="test") as receiver,
        ):
            await receiver.consume(f"{PARTNER}.ack", take)
            probes = Probes(vhost(VHOST), EDITOR, JSON_TYPE)
            sent = [probes.reference(PARTNER) for _ in range(MESSAGES)]
            for probe in sent:
                assert (await publish(sender, EDITOR, probe)).status == "confirmed"
            async with asyncio.timeout(30):
                await all_here.wait()
    finally:
        await sandbox.stop()
    assert got == [probe.id for probe in sent]

"""What one hub or another says to a check, each on an embedded sandbox made for it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from recette.hub.address import BrokerAddress
from recette.hub.connection import HubConnection
from recette.hub.wire import Delivery
from recette.messages.dictionary.generations import edition_of
from recette.messages.json.schemas import SchemaSet
from recette.messages.profile.reader import PROFILES, profile
from recette.messages.profile.supported import supported
from recette.messages.reading import JSON_TYPE
from recette.messages.vhosts import KNOWN_VHOSTS, vhost
from recette.play.driver_choice import DriverChoice
from recette.play.target import Deadlines, Target
from recette.preflight.checks import verdict_of
from recette.preflight.exchange import publish
from recette.preflight.inbox import Inbox
from recette.preflight.preflight import preflight
from recette.preflight.probes import Probe, Probes
from recette.sandbox.broker import EmbeddedBroker
from recette.sandbox.clients_file import ClientSettings
from recette.sandbox.definitions import DISPATCHER, definitions
from recette.sandbox.dispatcher import Dispatcher
from recette.sandbox.hub import Sandbox
from recette.sandbox.settings import HubSettings, hub_settings
from tests.preflight.conftest import found
from tests.served_hub import EDITOR, PARTNER, VHOST


@pytest.mark.parametrize("name", [one.name for one in KNOWN_VHOSTS])
def test_each_generation_has_a_message_of_its_own(name: str) -> None:
    assert next(Probes(vhost(name), EDITOR, JSON_TYPE).of_this_generation_alone(), None) is not None


@pytest.mark.parametrize("hub", PROFILES)
@pytest.mark.parametrize("on", ["15-nexsis_v1.8", "15-nexsis_v1.9", "15-nexsis_v1.9.1"])
async def test_a_partner_that_is_no_health_actor(on: str, hub: str) -> None:
    """It speaks XML with the hub, nothing goes from it to itself, and the hub of 2026 reports nothing to it."""
    fire = "fr.fire.nexsis.sdis992"
    async with at_home(on, hub_settings(hub), EDITOR, fire) as sandbox:
        addresses = {name: sandbox.address(name, on) for name in (fire, EDITOR)}
        target = replace(
            alone_on(on, {}), partners={"NEXSIS": (fire,)}, addresses={fire: addresses[fire]}, hub=hub
        )
        alone = await preflight(target, lambda _: None)
        heard = "go" if hub == "2025-03" else "unsure"
        assert found(alone, "dispatcher").status == heard
        assert found(alone, "round-trip").status == "skipped"
        both = await preflight(replace(target, editor_address=addresses[EDITOR]), lambda _: None)
        assert found(both, "generation").status == "go"
        assert found(both, "round-trip").status == "go"
        assert verdict_of(both) == "go"


async def test_what_an_earlier_check_left_is_known_as_its_own_and_taken() -> None:
    """An editor's acknowledgment of somebody else's message beside it stays where it is."""
    async with at_home(VHOST, hub_settings(), PARTNER, EDITOR) as sandbox:
        target = alone_on(VHOST, {PARTNER: sandbox.address(PARTNER, VHOST)})
        async with await HubConnection.open(sandbox.address(PARTNER, VHOST), name="before") as hub:
            probes = Probes(vhost(VHOST), PARTNER, JSON_TYPE)
            await left(hub, PARTNER, probes.expired(), f"{PARTNER}.info")
        checks = await preflight(target, lambda _: None)
        check = found(checks, "leftovers")
        assert (check.status, "retiré" in check.detail) == ("go", True)
        assert verdict_of(checks) == "go"
        async with await HubConnection.open(sandbox.address(PARTNER, VHOST), name="before") as hub:
            await left(hub, PARTNER, probes.expired(), f"{PARTNER}.info")
            other = probes.reference(PARTNER)
            other = replace(other, body=other.body.replace(b"_sonde-", b"_autre-"))
            await left(hub, PARTNER, other, f"{PARTNER}.ack")
        for _ in range(2):
            check = found(await preflight(target, lambda _: None), "leftovers")
            assert (check.status, check.detail) == ("no-go", f"1 sur {PARTNER}.ack")


async def left(hub: HubConnection, client: str, probe: Probe, queue: str) -> None:
    """Publish, and go on once what comes of it lies in a queue that nobody reads."""
    arrived = asyncio.Event()

    async def hold(_: Delivery) -> None:
        arrived.set()

    cancel = await hub.consume(queue, hold)
    await publish(hub, client, probe)
    async with asyncio.timeout(60):
        await arrived.wait()
    await cancel()


@asynccontextmanager
async def at_home(on: str, settings: HubSettings, *clients: str, **more: Any) -> AsyncIterator[Sandbox]:
    sandbox = await Sandbox.start([on], clients, settings=settings, **more)
    yield sandbox
    await sandbox.stop()


def alone_on(on: str, addresses: dict[str, BrokerAddress]) -> Target:
    return Target(
        "x", vhost(on), EDITOR, "LRM", {"LRM": (PARTNER,)}, DriverChoice("operator"), Deadlines(ack=0.5), addresses,
    )  # fmt: skip


async def test_a_vhost_that_is_out_of_service_is_said_to_be_and_used() -> None:
    async with at_home("15-15_v2.0", hub_settings(), PARTNER) as sandbox:
        target = alone_on("15-15_v2.0", {PARTNER: sandbox.address(PARTNER, "15-15_v2.0")})
        checks = await preflight(target, lambda _: None)
    assert "décommissionné" in found(checks, "vhost").advice
    assert verdict_of(checks) == "go"


async def test_a_class_that_the_vhost_does_not_carry() -> None:
    """Told by name; where the profile has it, it is what the link lacks."""
    little = supported(
        {"common": ["Reference", "Error"], VHOST: ["CreateCaseHealth", "ResourcesInfo"]}, "essai"
    )
    async with at_home(VHOST, hub_settings(supported=little), PARTNER) as sandbox:
        target = alone_on(VHOST, {PARTNER: sandbox.address(PARTNER, VHOST)})
        checks = await preflight(target, lambda _: None)
        old = await preflight(replace(target, hub="2025-03", hub_named=True), lambda _: None)
    check = found(checks, "classes")
    assert check.status == "no-go"
    assert "RS-SR" in check.detail.partition("attend")[2]
    assert "RS-RI" in check.detail.partition(";")[0]
    assert found(old, "classes").status == "no-go"
    assert "hub: 2026" in found(old, "classes").advice


async def test_a_class_that_only_some_lists_have_stands_in_nobodys_way() -> None:
    """What a hub carries is not public: the agency's newest list has neither RS-ER nor GEO-POS on this vHost."""
    newest = supported(
        {"common": ["Reference", "Error"], VHOST: profile("2026").newest.classes[VHOST]},  # type: ignore[union-attr]
        "essai",
    )
    async with at_home(VHOST, hub_settings(supported=newest), PARTNER) as sandbox:
        checks = await preflight(alone_on(VHOST, {PARTNER: sandbox.address(PARTNER, VHOST)}), lambda _: None)
    check = found(checks, "classes")
    assert check.status == "go"
    assert "GEO-POS" in check.detail.partition("refuse")[2]
    assert check.advice
    assert verdict_of(checks) == "go"


async def test_another_edition_is_named_where_sources_disagree() -> None:
    on = "15-nexsis_v1.9"
    other = next(edition_of(one.generation) for one in vhost(on).served if one != vhost(on).edition)
    async with at_home(on, hub_settings(), PARTNER, schemas=SchemaSet.builtin(other)) as sandbox:
        target = alone_on(on, {PARTNER: sandbox.address(PARTNER, on)})
        checks = await preflight(target, lambda _: None)
    check = found(checks, "generation")
    assert (check.status, f"--models {other.tag}" in check.advice) == ("no-go", True)


async def test_a_client_that_is_declared_for_another_version() -> None:
    passwords = dict.fromkeys((EDITOR, PARTNER, DISPATCHER), "x")
    broker = await EmbeddedBroker.start(definitions([VHOST], passwords))
    at = {name: BrokerAddress("127.0.0.1", broker.port, VHOST, name, "x") for name in passwords}
    elsewhere = ClientSettings(perimeters={"15-15": ("2.1",)})
    dispatcher = await Dispatcher.start(
        at.pop(DISPATCHER), lambda _: None, hub_settings(clients={PARTNER: elsewhere})
    )
    checks = await preflight(alone_on(VHOST, at), lambda _: None)
    await dispatcher.close()
    await broker.stop()
    assert found(checks, "dispatcher", EDITOR).status == "go"
    deaf = found(checks, "dispatcher", PARTNER)
    assert (deaf.status, "déclaré pour une autre version" in deaf.advice) == ("no-go", True)


async def test_a_broker_that_accepts_no_publications(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bounded, and the alarm is named."""
    monkeypatch.setattr("recette.hub.connection.CONFIRM_TIMEOUT", 0.3)
    broker = await EmbeddedBroker.start(definitions([VHOST], {PARTNER: "x", DISPATCHER: "x"}))
    address = BrokerAddress("127.0.0.1", broker.port, VHOST, PARTNER, "x")
    broker.alarm("mémoire")
    async with asyncio.timeout(60):
        checks = await preflight(alone_on(VHOST, {PARTNER: address}), lambda _: None)
    check = found(checks, "publish")
    assert (check.status, "mémoire" in check.detail) == ("no-go", True)
    assert verdict_of(checks) == "no-go"
    broker.alarm(None)
    await broker.stop()


async def test_another_program_reads_the_editors_messages() -> None:
    async def hold(_: Delivery) -> None:
        return None

    async with at_home(VHOST, hub_settings(), EDITOR, PARTNER) as sandbox:
        addresses = {name: sandbox.address(name, VHOST) for name in (EDITOR, PARTNER)}
        target = replace(alone_on(VHOST, {PARTNER: addresses[PARTNER]}), editor_address=addresses[EDITOR])
        async with await HubConnection.open(addresses[EDITOR], name="other") as other:
            await other.consume(f"{EDITOR}.message", hold)
            checks = await preflight(target, lambda _: None)
    assert verdict_of(checks) == "unsure"


async def test_a_late_report_of_a_check_before_is_known_as_its_own() -> None:
    async with at_home(VHOST, hub_settings(), PARTNER) as sandbox:
        address = sandbox.address(PARTNER, VHOST)
        async with await HubConnection.open(address, name="x") as hub:
            inbox = Inbox(hub, PARTNER, 1, lambda: datetime.now(UTC))
            async with inbox:
                probes = Probes(vhost(VHOST), PARTNER, JSON_TYPE)
                await publish(hub, PARTNER, probes.expired())  # its report is awaited by nobody
                last = probes.expired()
                report = inbox.expect(last.id)
                await publish(hub, PARTNER, last)
                assert await report(10.0) is not None
            assert inbox.foreign == 0
        checks = await preflight(alone_on(VHOST, {PARTNER: address}), lambda _: None)
    assert found(checks, "leftovers").status == "go"

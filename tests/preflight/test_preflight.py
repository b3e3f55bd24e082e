"""Every check once go and once no-go, against both brokers with TLS, EXTERNAL and the hub's rights."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from recette.cli import main
from recette.hub import topology
from recette.hub.connection import HubConnection
from recette.hub.wire import Delivery
from recette.messages.reading import JSON_TYPE
from recette.messages.vhosts import vhost
from recette.play.environments import BAC_A_SABLE, PRODUCTION
from recette.preflight.checks import TITLES, verdict_of
from recette.preflight.exchange import publish
from recette.preflight.preflight import announcement, preflight
from recette.preflight.probes import Probes
from recette.sandbox.authority import Authority, Period
from tests.preflight.conftest import BOLD, MUTE, SILENT, UNBOUND, WRONG_MODELS, Ground, found, made
from tests.served_hub import EDITOR, PARTNER, VHOST

AGED = "fr.health.echu"

ON_ONE_VHOST = TITLES.keys() - {"conversion"}
"""What is looked at where nothing is converted."""


def test_all_go(ground: Ground) -> None:
    checks = made(ground.with_editor())
    assert {one.id: one.status for one in checks} == dict.fromkeys(ON_ONE_VHOST, "go")
    assert verdict_of(checks) == "go"
    assert "p95" in found(checks, "round-trip").detail
    again = made(ground.with_editor())
    assert verdict_of(again) == "go", "the first preflight left nothing behind"


def test_the_name_and_the_port(ground: Ground) -> None:
    address = ground.target().addresses[PARTNER]
    for change, name in (
        ({"host": "nulle-part.invalid"}, "name"),
        ({"port": 1}, "port"),
    ):
        moved = replace(address, **change)
        checks = made(ground.target(addresses={PARTNER: moved}))
        assert found(checks, name).status == "no-go"
        assert found(checks, "vhost").status == "skipped"
        assert {one.id for one in checks} == ON_ONE_VHOST
        assert verdict_of(checks) == "no-go"


def test_a_broker_of_another_authority(ground: Ground, tmp_path: Path) -> None:
    elsewhere = Authority.create(tmp_path)
    tls = replace(ground.hub, authority=elsewhere).address(elsewhere.client(PARTNER), user=PARTNER)
    checks = made(ground.target(addresses={PARTNER: tls}))
    assert "autorité connue" in found(checks, "tls").detail
    assert found(checks, "tls").status == "no-go"


def test_no_tls_is_for_the_sandbox_alone(ground: Ground) -> None:
    plain = replace(ground.target().addresses[PARTNER], tls=None, external=False)
    assert found(made(ground.target(addresses={PARTNER: plain})), "tls").status == "go"
    checks = made(ground.target(addresses={PARTNER: plain}, environment=BAC_A_SABLE))
    assert found(checks, "tls").status == "no-go"


@pytest.mark.parametrize(
    ("begin", "end", "status", "said"),
    [
        (-10, 30, "go", "bientôt"),
        (-10, 3, "no-go", "avant l'ouverture"),
        (-10, -1, "no-go", "renouveler"),
        (1, 10, "no-go", "horloge"),
    ],
)
def test_dates_of_certificates(ground: Ground, begin: int, end: int, status: str, said: str) -> None:
    now = datetime.now(UTC)
    issued = ground.hub.authority.client(
        AGED, Period(now + timedelta(days=begin), now + timedelta(days=end, hours=1))
    )
    checks = made(ground.target(addresses={AGED: ground.hub.address(issued, user=AGED)}))
    check = found(checks, "expiry", AGED)
    assert (check.status, said in check.advice) == (status, True)


def test_swapped_certificates(ground: Ground) -> None:
    swapped = ground.hub.address(user=PARTNER)
    target = ground.target(editor_address=swapped)
    check = found(made(target), "cn", EDITOR)
    assert (check.status, "intervertis" in check.advice) == ("no-go", True)


def test_another_vhost(ground: Ground) -> None:
    checks = made(ground.target("15-15_v2.0"))
    assert found(checks, "vhost").status == "no-go"
    assert found(checks, "queues").status == "skipped"


def test_queues_that_are_not_there(ground: Ground) -> None:
    address = ground.hub.address(user=PARTNER)
    check = found(made(ground.target(addresses={"fr.health.absent": address})), "queues")
    assert check.status == "no-go"
    assert "fr.health.absent.info" in check.detail


def test_anothers_queues_may_not_be_read(ground: Ground) -> None:
    checks = made(ground.target(addresses={PARTNER: ground.hub.address(user=EDITOR)}))
    assert found(checks, "cn").advice, "a CN that is no client id is told"
    assert found(checks, "read").status == "no-go"


def test_leftovers_stay(ground: Ground) -> None:
    async def leave() -> None:
        async with await HubConnection.open(ground.hub.address(), name="test") as hub:
            probe = Probes(vhost(VHOST), EDITOR, JSON_TYPE).reference(PARTNER)
            probe = replace(probe, body=probe.body.replace(b"_sonde-", b"_autre-"))
            arrived = asyncio.Event()

            async def hold(_: Delivery) -> None:
                arrived.set()

            async with await HubConnection.open(ground.hub.address(user=PARTNER), name="test") as other:
                cancel = await other.consume(f"{PARTNER}.ack", hold)
                await publish(hub, EDITOR, probe)
                async with asyncio.timeout(60):
                    await arrived.wait()
                await cancel()

    async def clean() -> None:
        taken = asyncio.Event()

        async def take(_: Delivery) -> bool:
            taken.set()
            return True

        async with await HubConnection.open(ground.hub.address(user=PARTNER), name="test") as hub:
            cancel = await hub.consume(f"{PARTNER}.ack", take)
            async with asyncio.timeout(60):
                await taken.wait()
            await cancel()

    asyncio.run(leave())
    for _ in range(2):
        checks = made(ground.target())
        check = found(checks, "leftovers")
        assert (check.status, check.detail) == ("no-go", f"1 sur {PARTNER}.ack")
        assert found(checks, "publish").status == "unsure"
    asyncio.run(clean())


async def _with_consumer(ground: Ground, client: str) -> list[object]:
    async def hold(_: Delivery) -> None:
        return None

    async with await HubConnection.open(ground.hub.address(user=client), name="test") as hub:
        for channel in topology.CHANNELS:
            await hub.consume(topology.queue(client, channel), hold)
        checks = await preflight(ground.with_editor(), lambda _: None)
    check = found(checks, "consumers", client)
    return [check.status, found(checks, "publish", client).status, verdict_of(checks)]


async def test_other_consumers(ground: Ground) -> None:
    assert await _with_consumer(ground, PARTNER) == ["no-go", "unsure", "no-go"]
    assert await _with_consumer(ground, EDITOR) == ["go", "unsure", "unsure"]


def test_who_may_not_publish(ground: Ground) -> None:
    checks = made(ground.target(addresses={MUTE: ground.hub.address(ground.mute, user=MUTE)}))
    assert found(checks, "publish").status == "no-go"
    assert found(checks, "dispatcher").status == "skipped"


def test_who_may_publish_as_anyone(ground: Ground) -> None:
    bold = ground.hub.address(ground.bold, user=BOLD)
    target = ground.target(addresses={BOLD: bold, PARTNER: ground.hub.address(user=PARTNER)})
    for _ in range(2):
        checks = made(target)
        assert found(checks, "usurpation", BOLD).status == "no-go"
        assert found(checks, "usurpation", PARTNER).status == "go"
        assert found(checks, "leftovers", PARTNER).status == "go", "its report was not left behind"


def test_nobody_dispatches(ground: Ground) -> None:
    checks = made(ground.target(SILENT))
    assert found(checks, "publish").status == "go"
    assert found(checks, "dispatcher").status == "no-go"
    assert found(checks, "round-trip").status == "skipped"


def test_other_models(ground: Ground) -> None:
    checks = made(ground.target(WRONG_MODELS))
    assert found(checks, "dispatcher").status == "go"
    assert found(checks, "generation").status == "no-go"


def test_a_clock_that_is_off(ground: Ground) -> None:
    for seconds, said in ((90, "retarde de"), (-90, "avance de")):
        shift = timedelta(seconds=seconds)
        checks = made(ground.target(), now=lambda shift=shift: datetime.now(UTC) + shift)
        check = found(checks, "clock")
        assert (check.status, said in check.detail) == ("no-go", True)


def test_messages_that_do_not_arrive(ground: Ground) -> None:
    checks = made(ground.with_editor(UNBOUND))
    assert found(checks, "generation").status == "go"
    assert found(checks, "round-trip").status == "no-go"


def test_production_is_only_looked_at(ground: Ground) -> None:
    before, acts = ground.hub.observed(), len(ground.hub.seen)
    checks = made(replace(ground.with_editor(), environment=PRODUCTION))
    assert ground.hub.observed() == before, "the dispatcher got nothing"
    assert "consuming" not in {one.action for one in ground.hub.seen[acts:]}
    published = {"publish", "usurpation", "dispatcher", "generation", "classes", "clock", "round-trip"}
    assert {one.id for one in checks if one.status == "skipped"} == published
    assert {one.status for one in checks if one.id not in published} == {"go"}
    assert verdict_of(checks) == "go"
    assert "Rien" in announcement(replace(ground.target(), environment=PRODUCTION))


def test_the_command(ground: Ground, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def files(name: str) -> str:
        issued = ground.hub.certificates[name]
        return f"{{certificate: {issued.certificate}, key: {issued.key}}}"

    path = tmp_path / "cible.yaml"
    text = (
        f"broker: amqps://localhost:{ground.hub.port}\nvhost: {VHOST}\n"
        f"tls: {{authority: {ground.hub.authority.file}}}\n"
        f"editor: {{id: {EDITOR}, role: LRM, tls: {files(EDITOR)}}}\n"
    )
    path.write_text(text, encoding="utf-8")
    assert main(["preflight", "--target", str(path), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["verdict"], told["environment"]) == ("go", "sandbox")
    assert {"id", "title", "subject", "status", "detail", "advice"} == set(told["checks"][0])
    assert main(["preflight", "--target", str(path), "--models", "3.4.0", "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["models"] == "3.4.0"
    (generation,) = [one for one in told["checks"] if one["id"] == "generation"]
    assert (generation["status"], "3.4.0" in generation["detail"]) == ("no-go", True)
    path.write_text(text.replace(str(ground.hub.port), "1"), encoding="utf-8")
    assert main(["preflight", "--target", str(path)]) == 1
    assert "NO-GO port [localhost:1] : injoignable" in capsys.readouterr().out
    assert main(["preflight", "--target", str(tmp_path / "absente.yaml")]) == 2

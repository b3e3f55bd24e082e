"""A RabbitMQ of one's own: definitions that it loads as it is, and dispatchers from outside."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from recette.cli import main
from recette.hub.address import BrokerAddress
from recette.hub.connection import HubConnection
from recette.hub.tls import TlsFiles, client_tls
from recette.messages.vhosts import vhost
from recette.play.driver_choice import DriverChoice
from recette.play.target import Deadlines, Target
from recette.preflight.checks import verdict_of
from recette.preflight.preflight import preflight
from recette.sandbox.broker import EmbeddedBroker
from recette.sandbox.definitions import DISPATCHER, definitions
from recette.sandbox.rabbitmq import NodeTls
from tests.sandbox.node_control import start_app, stop_app
from tests.served_hub import EDITOR, PARTNER, VHOST
from tests.session_node import Lodger, SessionNode

LIMIT = 120.0
CLIENTS = ("--client", EDITOR, PARTNER, "--vhost", VHOST)


@contextmanager
def dispatchers(*arguments: str, **environment: str) -> Iterator[subprocess.Popen[str]]:
    """`recette sandbox --broker …` in a process of its own, ready."""
    command = [sys.executable, "-m", "recette.cli", "sandbox", *arguments]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **environment},
    ) as process:
        assert process.stdout is not None
        try:
            ready = process.stdout.readline()
            assert "par vHost sur" in ready, process.stderr and process.stderr.read()
            yield process
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
                assert process.wait(LIMIT) == 0


async def went_well(addresses: dict[str, BrokerAddress]) -> str:
    target = Target(
        name="x", vhost=vhost(VHOST), editor="fr.health.autre", role="LRM",
        partners={"LRM": tuple(addresses)}, driver=DriverChoice("operator"), deadlines=Deadlines(),
        addresses=addresses,
    )  # fmt: skip
    return verdict_of(await preflight(target, lambda _: None))


async def test_rabbitmq_loads_the_definitions_when_it_starts(
    rabbitmq_node: SessionNode, tmp_path: Path
) -> None:
    """As a node whose own configuration names the file."""
    folder, file = tmp_path / "tls", tmp_path / "definitions.json"
    assert main(["sandbox", "--definitions", str(file), "--tls", str(folder), *CLIENTS]) == 0
    lodger = Lodger(rabbitmq_node)
    await lodger.claim(json.loads(file.read_bytes()))
    with rabbitmq_node.loading(file):
        await stop_app(rabbitmq_node)
        await start_app(rabbitmq_node)
    try:
        port = await lodger.open_tls(
            NodeTls(folder / "ac.pem", folder / "serveur.pem", folder / "serveur.key")
        )
        files = (f"{folder}/ac.pem", f"{folder}/{DISPATCHER}.pem", f"{folder}/{DISPATCHER}.key")
        words = [f"--broker=amqps://localhost:{port}", "--dispatchers", "4", "--vhost", VHOST]
        words += [
            f"--{name}={file}" for name, file in zip(("authority", "certificate", "key"), files, strict=True)
        ]
        addresses = {}
        for client in (EDITOR, PARTNER):
            tls = client_tls(TlsFiles(folder / "ac.pem", folder / f"{client}.pem", folder / f"{client}.key"))
            addresses[client] = BrokerAddress("localhost", port, VHOST, client, tls=tls, external=True)
        with dispatchers(*words):
            assert await went_well(addresses) == "go"
    finally:
        await lodger.stop()


async def test_rabbitmqctl_imports_the_definitions(
    rabbitmq_node: SessionNode,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("RECETTE_SANDBOX_PASSWORD", "essai")
    file = tmp_path / "definitions.json"
    assert main(["sandbox", "--definitions", str(file), "--quorum", *CLIENTS]) == 0
    told = capsys.readouterr().out
    secret = told.partition("dispatcher, mot de passe ")[2].partition("\n")[0]
    assert secret not in file.read_text(encoding="utf-8")
    lodger = Lodger(rabbitmq_node)
    await lodger.claim(json.loads(file.read_bytes()))
    environment = rabbitmq_node.environment
    control = ("/usr/lib/rabbitmq/bin/rabbitmqctl", "-n", environment["RABBITMQ_NODENAME"])
    process = await asyncio.create_subprocess_exec(*control, "import_definitions", str(file), env=environment)
    assert await process.wait() == 0
    addresses = {
        client: BrokerAddress("127.0.0.1", rabbitmq_node.port, VHOST, client, "essai")
        for client in (EDITOR, PARTNER)
    }
    await _imported(replace(addresses[EDITOR], user=DISPATCHER, password=secret))
    words = (f"--broker=amqp://127.0.0.1:{rabbitmq_node.port}", "--vhost", VHOST)
    with dispatchers(*words, RECETTE_SANDBOX_PASSWORD=secret):
        assert await went_well(addresses) == "go"
    await lodger.stop()


async def _imported(address: BrokerAddress) -> None:
    """The command returns before its work is done, and tells nobody when it is: the broker is asked, login by login."""
    from recette.hub.errors import HubError

    async with asyncio.timeout(LIMIT):
        while True:
            try:
                async with await HubConnection.open(address, name="test") as hub:
                    await hub.inspect("dispatch")
                    await hub.inspect(f"{PARTNER}.info")
            except HubError:
                continue
            return


async def test_dispatchers_come_back_with_their_broker() -> None:
    """Several on several vHosts: one line when the broker goes, one when all of them serve again."""
    wanted = definitions([VHOST, "15-smur_v1.5"], {EDITOR: "x", PARTNER: "x", DISPATCHER: "secret"})
    broker = await EmbeddedBroker.start(wanted)
    words = (f"--broker=amqp://127.0.0.1:{broker.port}", "--vhost", VHOST, "15-smur_v1.5", "--dispatchers=2")
    running = dispatchers(*words, RECETTE_SANDBOX_PASSWORD="secret")
    process = await asyncio.to_thread(running.__enter__)
    try:
        await broker.stop()
        assert "le broker est perdu" in await line(process)
        broker = await EmbeddedBroker.start(wanted, port=broker.port)
        assert "le broker est retrouvé" in await line(process)
        assert await went_well(logins(broker.port, "x")) == "go"
    finally:
        await asyncio.to_thread(running.__exit__, None, None, None)
        await broker.stop()


async def test_why_they_do_not_come_back_is_told_once() -> None:
    """The broker is there again, with another password for them: each reason is one line, however often it is met."""
    wanted = definitions([VHOST], {EDITOR: "x", PARTNER: "x", DISPATCHER: "secret"})
    changed = definitions([VHOST], {EDITOR: "x", PARTNER: "x", DISPATCHER: "autre"})
    broker = await EmbeddedBroker.start(wanted)
    words = (f"--broker=amqp://127.0.0.1:{broker.port}", "--vhost", VHOST)
    running = dispatchers(*words, RECETTE_SANDBOX_PASSWORD="secret")
    process = await asyncio.to_thread(running.__enter__)
    try:
        await broker.stop()
        assert "le broker est perdu" in await line(process)
        assert "est injoignable" in await line(process, why=True)
        broker = await EmbeddedBroker.start(changed, port=broker.port)
        assert "mot de passe" in await line(process, why=True)
        await broker.stop()
        broker = await EmbeddedBroker.start(wanted, port=broker.port)
        assert "le broker est retrouvé" in await line(process, why=True)
    finally:
        await asyncio.to_thread(running.__exit__, None, None, None)
        await broker.stop()


async def test_dispatchers_outlive_a_rabbitmq_that_restarts(rabbitmq_node: SessionNode) -> None:
    """What was published while they were away is served when they are back."""
    secrets = {EDITOR: "x", PARTNER: "x", DISPATCHER: "secret"}
    lodger = await Lodger.start(rabbitmq_node, definitions([VHOST], secrets))
    addresses = logins(rabbitmq_node.port, "x")
    words = (f"--broker=amqp://127.0.0.1:{rabbitmq_node.port}", "--vhost", VHOST)
    running = dispatchers(*words, RECETTE_SANDBOX_PASSWORD="secret")
    process = await asyncio.to_thread(running.__enter__)
    try:
        for _ in range(2):  # it comes back more than once
            await stop_app(rabbitmq_node)
            assert (
                "le broker est perdu (connexion fermée par le broker, 320 CONNECTION_FORCED)"
                in await line(process)
            )
            await start_app(rabbitmq_node)
            assert "le broker est retrouvé" in await line(process)
            assert await went_well(addresses) == "go"
    finally:
        await asyncio.to_thread(running.__exit__, None, None, None)
        await lodger.stop()


def logins(port: int, password: str) -> dict[str, BrokerAddress]:
    return {one: BrokerAddress("127.0.0.1", port, VHOST, one, password) for one in (EDITOR, PARTNER)}


async def line(process: subprocess.Popen[str], *, why: bool = False) -> str:
    """The next line of what it has to tell; why the broker is still away only where that is asked for."""
    assert process.stderr is not None
    while True:
        told = await asyncio.wait_for(asyncio.to_thread(process.stderr.readline), LIMIT)
        if why or "pas encore retrouvé" not in told:
            return told


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--broker", "amqp://127.0.0.1:1", "--tls"], "enlevez"),
        (["--definitions", "/nulle/part.json"], "ne peut pas être écrit"),
        (["--definitions", "d.json", "--tls"], "donnez à --tls le dossier"),
        (["--broker", "amqps://127.0.0.1:1", "--certificate", "/absent.pem"], "ne peut pas être lu"),
    ],
)
def test_what_does_not_go_together(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["sandbox", *arguments]) == 2
    assert said in capsys.readouterr().err

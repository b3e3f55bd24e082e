"""A RabbitMQ of one's own: definitions that it loads as it is, and dispatchers from outside."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

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
from recette.sandbox.rabbitmq import NodeTls, RabbitMqNode
from tests.served_hub import EDITOR, PARTNER, VHOST, need_rabbitmq

LIMIT = 60.0
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


class LoadingNode(RabbitMqNode):
    """A node whose own configuration loads a definitions file when it starts."""

    file: ClassVar[Path]

    def _write_configuration(self) -> None:
        super()._write_configuration()
        (self._folder / "none.json").write_bytes(self.file.read_bytes())


async def test_rabbitmq_loads_the_definitions_when_it_starts(tmp_path: Path) -> None:
    need_rabbitmq()
    folder = tmp_path / "tls"
    LoadingNode.file = tmp_path / "definitions.json"
    assert main(["sandbox", "--definitions", str(LoadingNode.file), "--tls", str(folder), *CLIENTS]) == 0
    node = await LoadingNode.start(
        {}, tls=NodeTls(folder / "ac.pem", folder / "serveur.pem", folder / "serveur.key")
    )
    try:
        files = (f"{folder}/ac.pem", f"{folder}/{DISPATCHER}.pem", f"{folder}/{DISPATCHER}.key")
        words = [f"--broker=amqps://localhost:{node.port}", "--dispatchers", "4"]
        words += [
            f"--{name}={file}" for name, file in zip(("authority", "certificate", "key"), files, strict=True)
        ]
        addresses = {}
        for client in (EDITOR, PARTNER):
            tls = client_tls(TlsFiles(folder / "ac.pem", folder / f"{client}.pem", folder / f"{client}.key"))
            addresses[client] = BrokerAddress("localhost", node.port, VHOST, client, tls=tls, external=True)
        with dispatchers(*words):
            assert await went_well(addresses) == "go"
    finally:
        await node.stop()


async def test_rabbitmqctl_imports_the_definitions(
    rabbitmq_node: RabbitMqNode,
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
    environment = rabbitmq_node._environment
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


async def test_a_lost_broker_ends_the_dispatchers(tmp_path: Path) -> None:
    broker = await EmbeddedBroker.start(definitions([VHOST], {EDITOR: "x", DISPATCHER: "secret"}))
    address = f"--broker=amqp://127.0.0.1:{broker.port}"
    running = dispatchers(address, "--vhost", VHOST, RECETTE_SANDBOX_PASSWORD="secret")
    process = await asyncio.to_thread(running.__enter__)
    await broker.stop()
    code = await asyncio.to_thread(process.wait, LIMIT)
    assert process.stderr is not None
    assert (code, "a perdu le broker" in process.stderr.read()) == (3, True)
    running.__exit__(None, None, None)


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

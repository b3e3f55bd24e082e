"""The private node: what it says when it cannot start, and that it leaves nothing behind."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from recette.sandbox import rabbitmq
from recette.sandbox.broker import PortTakenError
from recette.sandbox.rabbitmq import RabbitMqNode
from recette.sandbox.running_node import RabbitMqError

from .conftest import definitions

TIMEOUT = 60.0


@pytest.fixture
def node_folder(rabbitmq_node: RabbitMqNode, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where the nodes of this test make their folders; the test is skipped where RabbitMQ is not installed."""
    # A Unix socket's path is short, and pytest's folders are not.
    with tempfile.TemporaryDirectory(prefix="rt-") as folder:
        monkeypatch.setattr(tempfile, "tempdir", folder)
        yield Path(folder)


def contents(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def processes_of(folder: Path) -> list[int]:
    """Processes whose environment names the folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if str(folder).encode() in (process / "environ").read_bytes():
                found.append(int(process.name))
        except OSError:
            continue
    return [pid for pid in found if pid != os.getpid()]


async def gone(folder: Path) -> None:
    """Wait until none is left; one that is ending may still start another."""
    async with asyncio.timeout(TIMEOUT):
        while pids := processes_of(folder):
            for pid in pids:
                await ended(pid)


async def ended(pid: int) -> None:
    """Wait until a process ends, whosever child it is."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    over = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_reader(descriptor, over.set)
    try:
        await over.wait()
    finally:
        loop.remove_reader(descriptor)
        os.close(descriptor)


async def test_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rabbitmq, "_SERVER", Path("/nowhere/rabbitmq-server"))
    assert not RabbitMqNode.installed()
    with pytest.raises(RabbitMqError, match="installez le paquet rabbitmq-server"):
        await RabbitMqNode.start(definitions(["v"]))


async def test_port_taken(node_folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(
            PortTakenError, match=rf"Le port {port} est déjà pris : choisissez un autre --port\."
        ):
            await RabbitMqNode.start(definitions(["v"]), port=port)
    assert contents(node_folder) == []


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"queues": [{"vhost": "nowhere", "name": "q"}]}, "no_such_vhost"),
        (
            {"vhosts": [{"name": "v0"}], "exchanges": [{"vhost": "v0", "name": "e", "type": "odd"}]},
            "unknown exchange type 'odd'",
        ),
    ],
)
async def test_definitions_that_rabbitmq_refuses(
    rabbitmq_node: RabbitMqNode, more: dict[str, Any], said: str
) -> None:
    complete = {"durable": True, "auto_delete": False, "internal": False, "arguments": {}}
    document = {section: [{**complete, **record} for record in records] for section, records in more.items()}
    with pytest.raises(RabbitMqError, match=said) as caught:
        await rabbitmq_node.import_definitions(document)
    assert str(caught.value).startswith("Le nœud RabbitMQ refuse les définitions : ")


@pytest.mark.parametrize(("resource", "said"), [("memory", "low on memory"), ("disk", "low on disk")])
async def test_it_says_what_it_is_short_of(rabbitmq_node: RabbitMqNode, resource: str, said: str) -> None:
    assert await rabbitmq_node.shortage() is None
    limit = f"{{resource_limit, {resource}, node()}}"
    await rabbitmq_node.evaluate(f"rabbit_alarm:set_alarm({{{limit}, []}}).")
    try:
        assert await rabbitmq_node.shortage() == said
    finally:
        await rabbitmq_node.evaluate(f"rabbit_alarm:clear_alarm({limit}).")
    assert await rabbitmq_node.shortage() is None


async def test_a_start_that_is_cancelled_leaves_nothing(
    node_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spawn = RabbitMqNode._spawn
    running: asyncio.Queue[None] = asyncio.Queue()

    async def told(
        node: RabbitMqNode, command: tuple[str, ...], environment: dict[str, str]
    ) -> asyncio.subprocess.Process:
        process = await spawn(node, command, environment)
        running.put_nowait(None)
        return process

    monkeypatch.setattr(RabbitMqNode, "_spawn", told)
    starting = asyncio.create_task(RabbitMqNode.start(definitions(["v"])))
    async with asyncio.timeout(TIMEOUT):
        for _ in ("epmd", "server"):
            await running.get()
    assert processes_of(node_folder)
    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting
    await gone(node_folder)
    assert contents(node_folder) == []


async def test_a_server_that_ends_at_once_is_explained(
    node_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = node_folder / "server"
    wrong.write_text("#!/bin/sh\necho 'no room here' >&2\nexit 3\n")
    wrong.chmod(0o755)
    monkeypatch.setattr(rabbitmq, "_SERVER", wrong)
    with pytest.raises(RabbitMqError, match=r"n'a pas démarré : le serveur s'est arrêté \(no room here\)\.$"):
        await RabbitMqNode.start(definitions(["v"]))
    await gone(node_folder)
    assert contents(node_folder) == ["server"]


async def test_the_node_ends_with_its_parent(node_folder: Path) -> None:
    """Even with one that is killed: nothing runs on, only the folder stays."""
    program = (
        "import asyncio\n"
        "from recette.sandbox.rabbitmq import RabbitMqNode\n"
        "async def main():\n"
        "    await RabbitMqNode.start({'vhosts': [{'name': 'v'}]})\n"
        "    print('ready', flush=True)\n"
        "    await asyncio.Event().wait()\n"
        "asyncio.run(main())\n"
    )
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program,
        stdout=asyncio.subprocess.PIPE, env={**os.environ, "TMPDIR": str(node_folder)}, cwd=Path.cwd(),
    )  # fmt: skip
    assert parent.stdout is not None
    async with asyncio.timeout(TIMEOUT):
        assert await parent.stdout.readline() == b"ready\n"
        assert len(processes_of(node_folder)) > 2
        parent.send_signal(signal.SIGKILL)
        await parent.wait()
    await gone(node_folder)

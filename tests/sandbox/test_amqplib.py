"""An editor written with Node's amqplib, on the embedded broker and on RabbitMQ, played and judged."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Literal
from urllib.parse import quote

import pytest

from recette.campaign import Options, play_on_target
from recette.judge.verdicts import Judgement
from recette.messages.vhosts import vhost
from recette.play.driver_choice import DriverChoice
from recette.play.target import Deadlines, Target
from recette.sandbox.hub import Sandbox
from recette.sandbox.rabbitmq import RabbitMqNode
from recette.scenario.selection import select

AMQPLIB = "amqplib@2.3.1"
VHOST, EDITOR, PARTNER = "15-15_v1.5", "fr.health.samu991", "fr.health.samu992"
SCRIPT = Path(__file__).with_name("amqplib_editor.mjs")


@pytest.fixture(scope="session")
def modules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which amqplib is installed."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        if os.environ.get("CI"):
            pytest.fail("Node.js and npm are not installed, and in CI they have to be")
        pytest.skip("Node.js and npm are not installed")
    folder = tmp_path_factory.mktemp("amqplib")
    (folder / "package.json").write_text('{"private": true}', encoding="utf-8")
    command = [npm, "install", "--no-audit", "--no-fund", "--no-package-lock", "--silent", AMQPLIB]
    installed = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120)
    assert installed.returncode == 0, installed.stderr
    return folder


async def judged(
    broker: Literal["embedded", "rabbitmq"], modules: Path, manner: str, journal: Path, scenarios: Path
) -> Judgement:
    sandbox = await Sandbox.start([VHOST], [EDITOR, PARTNER], broker=broker)
    address = sandbox.address(EDITOR, VHOST)
    url = f"amqp://{EDITOR}:{quote(address.password or '')}@{address.host}:{address.port}/{quote(VHOST)}"
    editor = await asyncio.create_subprocess_exec(
        "node", str(SCRIPT), str(modules), url, EDITOR, manner,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert editor.stdin is not None
    assert editor.stdout is not None
    try:
        async with asyncio.timeout(20):
            assert await editor.stdout.readline() == b"ready\n"
        target = Target(
            "amqplib", vhost(VHOST), EDITOR, "LRM", {"LRM": (PARTNER,)}, DriverChoice("http"),
            Deadlines(ack=3 if manner == "ack" else 0.5, answer=3, quiet=0.1),
            {PARTNER: sandbox.address(PARTNER, VHOST)},
        )  # fmt: skip
        (scenario,) = select(["15-15-partage-simple.g1"], scenarios).scenarios
        receiving = replace(scenario, testable=("destinataire",))
        return await asyncio.to_thread(play_on_target, target, [receiving], (), journal, Options())
    finally:
        editor.stdin.close()
        async with asyncio.timeout(20):
            await editor.wait()
        await sandbox.stop()


@pytest.mark.parametrize("broker", ["embedded", "rabbitmq"])
@pytest.mark.parametrize(
    ("manner", "verdict", "rules"), [("ack", "pass", set()), ("mute", "fail", {"AC-01"})]
)
async def test_an_amqplib_editor_is_judged_right(
    broker: Literal["embedded", "rabbitmq"],
    manner: str,
    verdict: str,
    rules: set[str],
    modules: Path,
    tmp_path: Path,
    scenarios_folder: Path,
) -> None:
    if broker == "rabbitmq" and not RabbitMqNode.installed():
        if os.environ.get("CI"):
            pytest.fail("rabbitmq-server is not installed, and in CI it has to be")
        pytest.skip("rabbitmq-server is not installed")
    judgement = await judged(broker, modules, manner, tmp_path / "journal.jsonl", scenarios_folder)
    assert judgement.verdict == verdict
    assert {one.rule for played in judgement.scenarios for one in played.findings} == rules

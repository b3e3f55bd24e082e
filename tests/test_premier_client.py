"""The client of the page « Mon premier client », whole, on the sandbox, judged by the harness."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from recette.cli import main
from recette.messages.hub_saw import HubSaw
from recette.sandbox.hub import Sandbox

ROOT = Path(__file__).parents[1]
CLIENT = ROOT / "docs" / "exemples" / "premier_client.py"
EDITOR, PARTNER, VHOST = "fr.health.samu991", "fr.health.samu992", "15-15_v2.1"


@asynccontextmanager
async def running(seen: list[HubSaw], *messages: str) -> AsyncIterator[tuple[Sandbox, asyncio.StreamReader]]:
    sandbox = await Sandbox.start([VHOST], [EDITOR, PARTNER], observer=seen.append)
    address = sandbox.address(EDITOR, VHOST)
    url = f"amqp://{EDITOR}:{address.password}@127.0.0.1:{address.port}/{VHOST}"
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(CLIENT), EDITOR, *messages,
        env=os.environ | {"AMQP_URL": url}, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        assert (await asyncio.wait_for(process.stdout.readline(), 20)).decode() == "prêt\n"
        yield sandbox, process.stdout
    finally:
        process.kill()
        await process.wait()
        await sandbox.stop()


async def test_it_acknowledges_and_is_conformant(tmp_path: Path) -> None:
    target = tmp_path / "cible.yaml"
    async with running([]) as (sandbox, _):
        target.write_text(
            f"broker: amqp://127.0.0.1:{sandbox.address(EDITOR, VHOST).port}\nvhost: {VHOST}\n"
            f"editor: {{id: {EDITOR}, role: LRM}}\n"
            f"partners: [{{id: {PARTNER}, role: LRM, password_env: MDP}}]\n"
            'driver: {kind: command, command: ["true"]}\ndeadlines: {ack: 10, answer: 10, quiet: 0.2}\n',
            encoding="utf-8",
        )
        recette = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "recette.cli", "run", "15-15-partage-simple.g3@destinataire",
            "--target", str(target), "--report", str(tmp_path / "r"),
            cwd=ROOT, env=os.environ | {"MDP": sandbox.address(PARTNER, VHOST).password},
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        told, _ = await recette.communicate()
    assert recette.returncode == 0, told.decode()
    assert json.loads((tmp_path / "r" / "results.json").read_text(encoding="utf-8"))["verdict"] == "pass"


async def test_it_publishes_what_it_is_given_and_hears_the_hub_refuse_it(tmp_path: Path) -> None:
    (tmp_path / "message.json").write_text("{}", encoding="utf-8")
    seen: list[HubSaw] = []
    async with running(seen, str(tmp_path / "message.json")) as (_, told):
        line = (await asyncio.wait_for(told.readline(), 20)).decode()
    assert line.startswith(f"{EDITOR}.info : ")
    assert [one.client for one in seen if one.action == "refused"] == [EDITOR]


def test_it_is_short_and_the_page_names_it() -> None:
    lines = CLIENT.read_text(encoding="utf-8").splitlines()
    assert len([one for one in lines if one.strip()]) <= 60
    assert "(exemples/premier_client.py)" in (ROOT / "docs" / "premier-client.md").read_text(encoding="utf-8")


def test_the_first_message_that_the_page_makes_is_valid_and_of_today(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As typed there, whatever the export calls its files."""
    page = (ROOT / "docs" / "premier-client.md").read_text(encoding="utf-8")
    script = page.partition("## Un premier message")[2].partition("```sh\n")[2].partition("```")[0]
    monkeypatch.chdir(tmp_path)
    exported, made = script.partition("sed ")[::2]
    assert main(exported.split()[1:]) == 0
    subprocess.run(["sh", "-c", f"sed {made.partition('recette validate')[0]}"], check=True)
    assert main(["validate", "message.json", "--vhost", "15-15_v2.1"]) == 0
    message = json.loads(Path("message.json").read_text(encoding="utf-8"))
    assert message["senderID"] == "fr.health.samu991"
    assert datetime.fromisoformat(message["dateTimeExpires"]) > datetime.now(UTC)

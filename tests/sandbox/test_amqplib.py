"""An editor written with Node's amqplib, on the embedded broker and on RabbitMQ, played and judged."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.sandbox.troubled import EDITOR, VHOST, Hub, findings, played, scenario

AMQPLIB = "amqplib@2.3.1"
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


@pytest.mark.parametrize(
    ("manner", "verdict", "rules"), [("ack", "pass", set()), ("mute", "fail", {"AC-01"})]
)
def test_an_amqplib_editor_is_judged_right(
    hub: Hub, manner: str, verdict: str, rules: set[str], modules: Path, tmp_path: Path
) -> None:
    password = quote(hub.passwords[EDITOR])
    url = f"amqp://{EDITOR}:{password}@127.0.0.1:{hub.port}/{quote(VHOST)}"
    target = hub.target("http://127.0.0.1:9/", ack=10.0 if manner == "ack" else 0.5)
    with hub.foreign("node", str(SCRIPT), str(modules), url, EDITOR, manner):
        found = played(
            target, scenario("15-15-partage-simple.g1", "destinataire"), tmp_path / "journal.jsonl"
        )
    assert found.verdict == verdict
    assert {rule for rule, _, _ in findings(found)} == rules

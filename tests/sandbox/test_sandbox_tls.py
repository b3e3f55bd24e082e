"""`recette sandbox --tls` in one terminal, `recette preflight` and `recette run` in another, on both brokers."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from recette.cli import main
from recette.sandbox.running_node import RunningNode
from tests.sandbox.node_control import start_app, stop_app
from tests.served_hub import need_rabbitmq

ROOT = Path(__file__).parent.parent.parent
LIMIT = 60.0


@pytest.mark.parametrize("broker", ["embedded", "rabbitmq"])
def test_a_sandbox_with_tls(
    broker: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    if broker == "rabbitmq":
        need_rabbitmq()
    monkeypatch.chdir(ROOT)
    target, certificates = tmp_path / "cible.yaml", tmp_path / "certificats"
    command = [
        sys.executable, "-m", "recette.cli", "sandbox", "--broker", broker, "--tls", str(certificates),
        "--editor", "LRM", "--vhost", "15-15_v1.5", "--write-target", str(target),
    ]  # fmt: skip
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as sandbox:
        assert sandbox.stdout is not None
        told: list[str] = []
        while not told or "cible écrite" not in told[-1]:
            told.append(sandbox.stdout.readline())
            assert told[-1], sandbox.stderr and sandbox.stderr.read()
        try:
            assert told[0].startswith("Hub prêt sur amqps://127.0.0.1:")
            assert any(str(certificates) in line for line in told)
            assert main(["preflight", "--target", str(target)]) == 0
            plays = ["run", "15-15-partage-simple", "--target", str(target), "--reports"]
            assert main([*plays, "--report", str(tmp_path / "r")]) == 0
            if broker == "rabbitmq":
                restarted(sandbox)
                assert main([*plays, "--report", str(tmp_path / "again")]) == 0
        finally:
            sandbox.send_signal(signal.SIGINT)
        assert sandbox.wait(LIMIT) == 0
    assert "GO : le lien peut ouvrir." in capsys.readouterr().out
    assert {"ac.pem", "fr.health.samu992.pem", "fr.health.samu992.key"} <= {
        one.name for one in certificates.iterdir()
    }


def restarted(sandbox: subprocess.Popen[str]) -> None:
    """Its node's broker goes and comes back: the dispatcher and the reference editor too."""
    assert sandbox.stderr is not None
    environment = node_of(sandbox.pid)
    node = RunningNode(Path(environment["HOME"]), 0, environment)
    for act, said in ((stop_app, "perdu"), (start_app, "retrouvé")):
        asyncio.run(act(node))
        told = sandbox.stderr.readline()
        while "pas encore retrouvé" in told:
            told = sandbox.stderr.readline()
        assert f"le broker est {said}" in told


def node_of(parent: int) -> dict[str, str]:
    """The environment of the RabbitMQ node that a process started."""
    for child in Path(f"/proc/{parent}/task/{parent}/children").read_text(encoding="ascii").split():
        pairs = Path(f"/proc/{child}/environ").read_bytes().decode().rstrip("\0").split("\0")
        environment = dict(one.split("=", 1) for one in pairs)
        if "RABBITMQ_NODENAME" in environment:
            return environment
    raise AssertionError


def test_without_a_folder_the_certificates_go_with_the_sandbox() -> None:
    command = [sys.executable, "-m", "recette.cli", "sandbox", "--tls"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as sandbox:
        assert sandbox.stdout is not None
        sandbox.stdout.readline()
        folder = Path(sandbox.stdout.readline().partition("certificats dans ")[2].partition(",")[0])
        assert (folder / "ac.pem").exists()
        sandbox.stdout.readline()
        sandbox.stdout.readline()
        sandbox.send_signal(signal.SIGINT)
        assert sandbox.wait(LIMIT) == 0
    assert not folder.exists()


@pytest.mark.parametrize(
    "fault",
    ["rend-sans-cesse", "declare-sa-file", "lit-sans-acquitter", "lit-en-acquittement-automatique"],
)
def test_a_fault_at_the_broker_is_served_with_tls_too(fault: str) -> None:
    """These editors connect by themselves."""
    command = [sys.executable, "-m", "recette.cli", "sandbox", "--tls", "--editor", "LRM", "--fault", fault]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as sandbox:
        assert sandbox.stdout is not None
        told = [sandbox.stdout.readline()]
        while told[-1] and "éditeur de référence" not in told[-1]:
            told.append(sandbox.stdout.readline())
        sandbox.send_signal(signal.SIGINT)
        assert sandbox.wait(LIMIT) == 0, sandbox.stderr and sandbox.stderr.read()
    assert "éditeur de référence LRM" in told[-1]

"""What was not conformant is played again once the software is back, until it is."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from recette.cli import main
from recette.commands import watch
from recette.play.target import Target
from recette.report.recorded import read_results
from recette.sandbox.editor import ReferenceEditor
from recette.sandbox.faults import FAULTS
from recette.sandbox.hub import Sandbox
from tests.served_hub import EDITOR, PARTNER, VHOST, standing

PLAY = "15-15-partage-simple.g1@destinataire"


class Software:
    """The software under test: at first it acknowledges with the wrong kind, which shows as soon as it comes."""

    editor: ReferenceEditor

    async def begin(self, sandbox: Sandbox, fault: str | None = "acquitte-en-report") -> None:
        misbehaviour = FAULTS[fault].misbehaviour if fault else None
        self.editor = await ReferenceEditor.start(sandbox.address(EDITOR, VHOST), EDITOR, "LRM", misbehaviour)

    restarts = 0

    async def corrected(self, sandbox: Sandbox) -> None:
        self.restarts += 1
        assert self.restarts < 4, "it stays as it is"
        await self.editor.close()
        await self.begin(sandbox, None)

    async def end(self, _: Sandbox) -> None:
        await self.editor.close()


def test_until_all_is_conformant(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    software = Software()

    async def start() -> Sandbox:
        return await Sandbox.start([VHOST], (EDITOR, PARTNER))

    with standing(start) as (sandbox, run):
        address = sandbox.address(PARTNER, VHOST)
        monkeypatch.setenv("MDP", address.password)
        Path("cible.yaml").write_text(
            f"broker: amqp://127.0.0.1:{address.port}\nvhost: {VHOST}\neditor: {{id: {EDITOR}, role: LRM}}\n"
            f"partners: [{{id: {PARTNER}, role: LRM, password_env: MDP}}]\n"
            'driver: {kind: command, command: ["true"]}\ndeadlines: {ack: 60, answer: 60, quiet: 0.1}\n',
            encoding="utf-8",
        )
        run(software.begin)
        assert main(["run", PLAY, "--target", "cible.yaml", "--report", "reports/a", "--reports"]) == 1

        async def restarted(target: Target) -> None:
            assert target.editor == EDITOR
            await asyncio.to_thread(run, software.corrected)

        monkeypatch.setattr(watch, "come_back", restarted)
        assert main(["watch"]) == 0
        run(software.end)
    told = capsys.readouterr().out
    assert f"1 passage à rejouer : {PLAY}." in told
    again = max(Path("reports").iterdir(), key=lambda one: one.stat().st_mtime_ns)
    assert [(one.id, one.verdict) for one in read_results(again).judgement.scenarios] == [(PLAY, "pass")]


def test_it_is_for_the_software_of_a_target(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["run", PLAY, "--report", "r", "--reports"]) == 0
    capsys.readouterr()
    assert main(["watch", "r"]) == 2
    assert "recette watch attend le logiciel d'une cible" in capsys.readouterr().err

"""A reference editor driven over HTTP, by hand and from a second terminal."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import aiohttp
import pytest

from recette.sandbox.editor import ReferenceEditor
from recette.sandbox.hook import Hook
from recette.sandbox.hub import Sandbox

VHOST, EDITOR, PARTNER = "15-15_v1.5", "fr.health.samu991", "fr.health.samu992"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("{", "pas du JSON"),
        ("[]", "pas un objet"),
        ("{}", "il manque"),
        ('{"model": "RS-EDA", "to": "x", "caseId": 3, "data": {}}', "caseId"),
        ('{"model": "RS-EDB", "to": "x", "caseId": null, "data": {}}', "RS-EDA"),
        ('{"model": "RS-RI", "to": "x", "caseId": null, "data": {}}', "aucun dossier"),
        ('{"model": "RS-EDA", "to": "x", "caseId": null, "data": {"patient": [3]}}', "forme"),
    ],
)
async def test_an_order_that_cannot_be_is_answered_in_one_sentence(body: str, said: str) -> None:
    sandbox = await Sandbox.start([VHOST], [EDITOR, PARTNER])
    editor = await ReferenceEditor.start(sandbox.address(EDITOR, VHOST), EDITOR, "LRM")
    hook = await Hook.open(editor)
    try:
        async with aiohttp.ClientSession() as session, session.post(hook.url, data=body) as answer:
            text = await answer.text()
            assert answer.status == 422
            assert said in text
            assert text.count("\n") == 1
    finally:
        await hook.close()
        await editor.close()
        await sandbox.stop()


def test_two_terminals(tmp_path: Path, scenarios_folder: Path) -> None:
    """`recette sandbox --editor` in one, `recette run --target` with the target that it wrote in the other."""
    target = tmp_path / "cible.yaml"
    environment = {
        **os.environ,
        "RECETTE_SANDBOX_PASSWORD": "essai",
        "RECETTE_SCENARIOS": str(scenarios_folder),
        "PYTHONUTF8": "1",
    }
    recette = [sys.executable, "-m", "recette.cli"]
    hub = subprocess.Popen(
        [*recette, "sandbox", "--editor", "SMUR", "--write-target", str(target)],
        env=environment, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert hub.stdout is not None
    try:
        for line in hub.stdout:
            if "cible écrite" in line:
                break
        played = subprocess.run(
            [*recette, "run", "15-rpis-un-patient", "--target", str(target), "--report", str(tmp_path / "r")],
            env=environment, capture_output=True, text=True, timeout=60,
        )  # fmt: skip
    finally:
        hub.send_signal(signal.SIGINT)
        assert hub.wait(20) == 0
        hub.stdout.close()
    assert played.returncode == 0, played.stdout + played.stderr
    assert "CONFORME : 1" in played.stdout

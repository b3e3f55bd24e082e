"""A reference editor driven over HTTP, by hand and from a second terminal."""

from __future__ import annotations

import io
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

JSON = {"Content-Type": "application/json"}
VHOST, EDITOR, PARTNER = "15-15_v1.5", "fr.health.samu991", "fr.health.samu992"


@pytest.mark.parametrize(
    ("body", "said"),
    [
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
        async with (
            aiohttp.ClientSession() as session,
            session.post(hook.url, data=body, headers=JSON) as answer,
        ):
            text = await answer.text()
            assert answer.status == 422
            assert said in text
            assert text.count("\n") == 1
    finally:
        await hook.close()
        await editor.close()
        await sandbox.stop()


VALID = b'{"model": "RS-EDA", "to": "x", "caseId": null, "data": {}}'


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"{", JSON, 400),
        (b"[]", JSON, 400),
        (b"\xff", JSON, 400),
        (b'{"data": ' + b"[" * 200_000 + b"]" * 200_000 + b"}", JSON, 400),
        (b'{"data": ' + b'{"a":' * 300 + b"1" + b"}" * 300 + b"}", JSON, 400),
        (b"[" * 5_000_000, JSON, 400),
        (b'{"caseId": 1e999}', JSON, 400),
        (b" " * 11_000_000, JSON, 413),
        (VALID, {"Content-Type": "text/plain"}, 415),
        (VALID, {"Content-Type": "application/x-www-form-urlencoded"}, 415),
        (VALID, {**JSON, "Origin": "https://exemple.fr"}, 403),
        (VALID, {**JSON, "Origin": "null"}, 403),
        (VALID, {**JSON, "Origin": "http://127.0.0.1.exemple.fr"}, 403),
        (VALID, {**JSON, "Host": "exemple.fr"}, 403),
        (VALID, {**JSON, "Host": "127.0.0.1.exemple.fr:80"}, 403),
        (VALID, {**JSON, "Host": "127.0.0.1:99999"}, 403),
        (VALID, {**JSON, "Host": "["}, 403),
        (VALID, {**JSON, "Origin": "http://["}, 403),
        (VALID, {**JSON, "Origin": "http://exemple.fr@127.0.0.1"}, 403),
        (VALID, {**JSON, "Content-Encoding": "gzip"}, 400),
    ],
)
async def test_a_web_page_cannot_drive_it_and_deep_data_is_refused(
    body: bytes, headers: dict[str, str], status: int
) -> None:
    """As a browser sends it, whatever page it shows; and as somebody who wants it to fall."""
    sandbox = await Sandbox.start([VHOST], [EDITOR, PARTNER])
    editor = await ReferenceEditor.start(sandbox.address(EDITOR, VHOST), EDITOR, "LRM")
    hook = await Hook.open(editor)
    try:
        async with aiohttp.ClientSession() as session:
            async with session.post(hook.url, data=io.BytesIO(body), headers=headers) as answer:
                assert answer.status == status
            async with session.options(hook.url, headers={"Origin": "https://exemple.fr"}) as answer:
                assert "Access-Control-Allow-Origin" not in answer.headers
            async with session.post(hook.url, data=VALID, headers=JSON) as answer:
                assert answer.status == 202, "it still answers"
    finally:
        await hook.close()
        await editor.close()
        await sandbox.stop()


def test_two_terminals(tmp_path: Path, scenarios_folder: Path) -> None:
    """`recette sandbox --editor` in one, in the other `recette run --target` as it says, with the password that it drew."""
    target = tmp_path / "cible.yaml"
    environment = {
        **os.environ,
        "RECETTE_SCENARIOS": str(scenarios_folder),
        "PYTHONUTF8": "1",
    }
    environment.pop("RECETTE_SANDBOX_PASSWORD", None)
    recette = [sys.executable, "-m", "recette.cli"]
    hub = subprocess.Popen(
        [*recette, "sandbox", "--editor", "SMUR", "--write-target", str(target)],
        env=environment, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert hub.stdout is not None
    try:
        for line in hub.stdout:
            if "cible écrite" in line:
                name, _, word = line.split()[-5].partition("=")
                environment[name] = word
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

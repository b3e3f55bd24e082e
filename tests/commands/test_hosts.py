"""A machine whose name nobody can look up is a mistake in what was given, wherever it is given."""

from __future__ import annotations

from pathlib import Path

import pytest

from recette.cli import main

VHOST = "15-15_v1.5"
TARGET = """\
environment: sandbox
broker: {broker}
vhost: 15-15_v1.5
editor: {{id: fr.health.samu991, role: LRM}}
partners: [{{id: fr.health.samu992, role: LRM, password_env: HOME}}]
driver: {{kind: http, url: "{url}"}}
"""
GOOD = {"broker": "amqp://127.0.0.1:1", "url": "http://127.0.0.1:1/"}
OPTIONS = {
    "hub": ["relay", "--hub", "amqp://{}:5672", "--port", "0", "--report", "r"],
    "relay": ["relay", "--hub", "amqp://127.0.0.1:1", "--host", "{}", "--port", "0", "--report", "r"],
    "console": ["console", "--no-open", "--listen", "{}"],
    "converter": ["sandbox", "--port", "0", "--converter", "http://{}/"],
    "broker": ["preflight", "--target", "broker.yaml"],
    "url": ["run", "--target", "url.yaml"],
}


@pytest.mark.parametrize("name", ["x" * 64 + ".fr", "x..fr", ".", "x." * 200])
@pytest.mark.parametrize("at", OPTIONS)
def test_a_name_that_no_machine_can_have(
    at: str, name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("broker.yaml").write_text(
        TARGET.format(**{**GOOD, "broker": f"amqp://{name}:5672"}), encoding="utf-8"
    )
    Path("url.yaml").write_text(TARGET.format(**{**GOOD, "url": f"http://{name}/"}), encoding="utf-8")
    words = [one.format(name) for one in OPTIONS[at]]
    try:
        code = main(words)
    except SystemExit as ended:
        code = int(str(ended.code))
    told = capsys.readouterr().err
    assert code == 2, told
    assert "défaut" not in told
    assert not Path("r").exists()

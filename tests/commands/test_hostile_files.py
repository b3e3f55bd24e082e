"""Whatever a user's file is, a command ends soon, in sentences, and never as a defect."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from recette.cli import main
from tests.scenario.test_hostile_yaml import HOSTILE

BROKEN = {
    "empty": b"",
    "bytes": b"\xff\xfe\x00" * 1_000,
    "depth": b"[" * 200_000,
    "a number": b"1",
    "a list": b"[[], {}, null]",
    "controls": b'{"a": "\\u001b[31m\\u202e"}\n',
}
COMMANDS = {
    "clients": ["sandbox", "--clients-file", "{}"],
    "supported": ["sandbox", "--supported", "{}"],
    "signing key": ["sign", "absent", "--key", "{}"],
    "verifying key": ["verify", "absent", "--key", "{}"],
    "relay": ["run", "--target", "{target}", "--observed-by", "{folder}"],
    "relay's certificate": [
        "relay",
        "--hub",
        "amqps://127.0.0.1:1",
        "--certificate",
        "{}",
        "--report",
        "{folder}/relais",
    ],
    "target": ["run", "--target", "{}"],
    "preflight": ["preflight", "--target", "{}"],
    "scenario": ["run", "{}"],
    "lint": ["lint", "{}"],
    "message": ["validate", "{}", "--vhost", "15-15_v1.5"],
    "converted": ["convert", "{}", "--from", "15-15_v1.5", "--to", "15-15_v2.0"],
    "book": ["import", "{}", "--out", "{folder}/out"],
    "bundle": ["models", "check", "--bundle", "{}"],
    "schemas": ["run", "--bundle", "{}"],
    "journal": ["judge", "{}"],
    "run": ["report", "{}"],
    "results": ["diff", "{}", "{}"],
    "steering": ["matrix", "{}"],
    "followed": ["observe", "--follow", "{}", "--vhost", "15-15_v1.5"],
    "resumed": ["run", "--resume", "{folder}"],
    "cahier": ["run", "--scenarios", "{folder}", "{folder}/seul.yaml"],
}
TARGET = """\
broker: amqp://127.0.0.1:1
vhost: 15-15_v1.5
editor: {id: fr.health.samu991, role: LRM}
partners: [{id: fr.health.samu992, role: LRM, password_env: HOME}]
driver: {kind: command, command: ["true"]}
"""


@pytest.fixture
def there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "cible.yaml").write_text(TARGET, encoding="utf-8", newline="\n")
    return tmp_path


def _give(folder: Path, what: str) -> Path:
    """The file, under each name that a command looks for in a folder."""
    first = folder / "donné"
    if what == "pipe":
        os.mkfifo(first)
    elif what == "device":
        first.symlink_to("/dev/zero")
    elif what == "loop":
        first.symlink_to(first)
    elif what == "folder":
        first.mkdir()
    else:
        first.write_bytes(BROKEN[what])
    for name in ("observation.json", "journal.jsonl", "results.json", "cahier.toml", "seul.yaml"):
        (folder / name).symlink_to(first)
    return first


@pytest.mark.parametrize("what", ["pipe", "device", "loop", "folder", *BROKEN])
def test_no_file_holds_a_command_up(what: str, there: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given = _give(there, what)
    wrong = []
    for name, words in COMMANDS.items():
        began, spent = time.monotonic(), time.process_time()
        code = main([one.format(given, folder=there, target=there / "cible.yaml") for one in words])
        told = "".join(capsys.readouterr())
        # A relay that is not there is no hub; a message beyond a bound of ours is nobody's fault.
        usual = {1, 2, 3} if name in {"relay", "message"} else {1, 2}
        said = any(word in told for word in ("défaut", "Traceback", "\x1b", "\u202e"))
        # A busy machine takes its time; what waits for good, or reads without an end, goes beyond one of them.
        held_up = time.monotonic() - began > 120 or time.process_time() - spent > 20
        if code not in usual or said or not told or held_up:
            wrong.append((name, code, told))
    assert wrong == []


@pytest.mark.parametrize("name", HOSTILE)
def test_the_list_of_clients_is_held_to_the_bounds_of_yaml(
    name: str, there: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = there / "clients.yaml"
    given.write_bytes(b"clients: &clients\n  - {client_id: a, perimeters: [{name: b, versions: [1]}]}\nx: ")
    with given.open("ab") as file:
        file.write(b"\n  " + HOSTILE[name].replace("\n", "\n  ").encode("utf-8", "surrogatepass"))
    began = time.process_time()
    code = main(["sandbox", "--clients-file", str(given), "--vhost", "absent"])
    told = "".join(capsys.readouterr())
    assert code == 2
    assert "défaut" not in told
    assert time.process_time() - began < 10

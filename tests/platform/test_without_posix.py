"""Every kind of work is done where a system has none of what POSIX has, by what Windows has in its place."""

from __future__ import annotations

import ast
import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path, PureWindowsPath

import pytest

from recette.scenario.cahier import beside, name_of

ROOT = Path(__file__).parents[2]
ELSEWHERE = {"PYTHONPATH": str(Path(__file__).parent / "elsewhere")}
PLAY = "15-15-partage-simple.g1"


def recette(*arguments: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | ELSEWHERE
    command = [sys.executable, "-m", "recette.cli", *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120)


def test_the_imitation_takes_away_what_it_says() -> None:
    code = "import fcntl"
    done = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | ELSEWHERE, capture_output=True, text=True
    )
    assert "ModuleNotFoundError" in done.stderr
    with tempfile.TemporaryDirectory() as folder:
        for code, said in (
            (f"open({folder + '/a:b'!r}, 'w')", "no name on Windows"),
            (f"f = open({folder + '/a'!r}, 'w'); import os; os.unlink(f.name)", "is open"),
            ("import os; os.killpg", "no attribute"),
        ):
            done = subprocess.run(
                [sys.executable, "-c", code], env=os.environ | ELSEWHERE, capture_output=True, text=True
            )
            assert said in done.stderr, done.stderr


def test_run_judge_verify_report(tmp_path: Path) -> None:
    folder = tmp_path / "campagne"
    run = recette("run", PLAY, "--report", str(folder))
    assert run.returncode == 0, run.stderr
    before = {one.name: one.read_bytes() for one in folder.iterdir() if one.is_file()}
    for command in ("judge", "verify", "report"):
        done = recette(command, str(folder))
        assert done.returncode == 0, done.stdout + done.stderr
    assert {one.name: one.read_bytes() for one in folder.iterdir() if one.is_file()} == before
    assert json.loads(before["results.json"])["verdict"] == "pass"


def test_a_fault_is_named_and_a_second_writer_is_refused(tmp_path: Path) -> None:
    done = recette("run", PLAY, "--fault", "sans-acquittement", "--report", str(tmp_path))
    assert done.returncode == 1, done.stderr
    assert "AC-01" in done.stdout
    again = recette("run", PLAY, "--report", str(tmp_path))
    assert again.returncode == 2
    assert "existe déjà" in again.stderr


def test_one_writer_for_a_journal(tmp_path: Path) -> None:
    code = (
        "import sys, subprocess\n"
        "from pathlib import Path\n"
        "from recette.platform.file_lock import lock\n"
        "file = open(sys.argv[1], 'r+b'); lock(file); assert file.tell() == 0\n"
        "if len(sys.argv) == 2: sys.exit(subprocess.call([sys.executable, '-c', sys.argv[0], sys.argv[1], '']))\n"
    )
    path = tmp_path / "journal"
    path.write_bytes(b"")
    holder = code.replace("sys.argv[0]", repr(code))
    done = subprocess.run(
        [sys.executable, "-c", holder, str(path)], env=os.environ | ELSEWHERE, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert "BlockingIOError" in done.stderr


def test_the_sandbox_stops_when_it_is_asked_to() -> None:
    command = [sys.executable, "-m", "recette.cli", "sandbox", "--vhost", "15-15_v1.5"]
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env=os.environ | ELSEWHERE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as hub:
        assert hub.stdout is not None
        assert hub.stderr is not None
        assert any("Ctrl-C" in line for line in hub.stdout)
        hub.send_signal(signal.SIGINT)
        assert hub.wait(30) == 0, hub.stderr.read()


def test_a_command_gets_the_editor_to_act(tmp_path: Path) -> None:
    code = (
        "import asyncio, sys\n"
        "from recette.platform.pipes import reading\n"
        "from recette.platform.processes import own_group\n"
        "import os\n"
        "async def main():\n"
        "    source, sink = os.pipe()\n"
        "    done = await asyncio.create_subprocess_exec(sys.executable, '-c', 'import sys; sys.exit(\"raté\")', stderr=sink, **own_group())\n"
        "    os.close(sink)\n"
        "    reader, close = await reading(source)\n"
        "    said = await reader.read()\n"
        "    close()\n"
        "    print(await done.wait(), said.decode().strip())\n"
        "asyncio.run(main())\n"
    )
    done = subprocess.run(
        [sys.executable, "-X", "utf8", "-c", code],
        env=os.environ | ELSEWHERE | {"PYTHONUTF8": "1"},
        capture_output=True,
        text=True,
    )
    assert done.stdout == "1 raté\n", done.stderr


@pytest.mark.parametrize(
    ("path", "data", "file", "beside_it"),
    [
        (
            r"C:\cas\scenarios\a.yaml",
            "donnees/b.json",
            "C:/cas/scenarios/a.yaml",
            "C:/cas/scenarios/donnees/b.json",
        ),
        (r"scenarios\15-15\a.yaml", "b.yaml", "scenarios/15-15/a.yaml", "scenarios/15-15/b.yaml"),
    ],
)
def test_files_have_one_name_whatever_the_separator(path: str, data: str, file: str, beside_it: str) -> None:
    assert name_of(PureWindowsPath(path)) == file
    assert beside(file, data) == beside_it


def test_every_file_of_the_project_can_be_checked_out_on_windows() -> None:
    files = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    assert len(files) > 500
    assert len({one.lower() for one in files}) == len(files)
    assert [one for one in files if set(one) & set('<>:"|?*\\') or len(one) > 120 or not one.isascii()] == []


def test_every_text_file_names_its_encoding_and_its_line_ends() -> None:
    """The machine's own would be CRLF and another encoding on Windows: the same run would give other bytes."""
    wrong = []
    seen = 0
    for path in (ROOT / "recette").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                continue
            named = {one.arg for one in node.keywords}
            if node.func.attr == "read_text" and node.args:
                named.add("encoding")
            needed = {"write_text": {"encoding", "newline"}, "read_text": {"encoding"}}.get(
                node.func.attr, set()
            )
            seen += bool(needed)
            if not needed <= named:
                wrong.append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert seen > 20
    assert wrong == []

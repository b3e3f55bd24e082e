"""Imports go one way, and the command line starts at once."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from graphlib import TopologicalSorter
from pathlib import Path

import grimp
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent


def test_imports_go_one_way() -> None:
    lint = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([lint, "--no-cache"], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout


def test_no_modules_import_each_other_in_a_circle() -> None:
    """Imports for types alone count too, and those within a function."""
    graph = grimp.build_graph("recette")
    assert len(graph.modules) > 100
    TopologicalSorter({one: graph.find_modules_directly_imported_by(one) for one in graph.modules}).prepare()


def test_each_module_falls_under_a_contract() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    held = {
        part.strip()
        for one in contracts["contracts"]
        for line in [*one.get("source_modules", []), *one.get("modules", []), *one.get("layers", [])]
        for part in line.split("|")
    }
    modules = [
        ".".join(path.relative_to(ROOT).with_suffix("").parts) for path in (ROOT / "recette").rglob("*.py")
    ]
    loose = [
        one
        for one in modules
        if one != "recette.__init__" and not any(one == room or one.startswith(f"{room}.") for room in held)
    ]
    assert "recette.judge.replay" in modules
    assert loose == []


def test_the_page_shows_each_room() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    rows = " ".join(line.split("|")[1] for line in page.splitlines() if line.startswith("| `"))
    rooms = [
        one for one in (ROOT / "recette").iterdir() if one.suffix == ".py" or (one / "__init__.py").exists()
    ]
    shown = {room.name: f"`{room.name}`" if room.is_file() else f"`recette/{room.name}/`" for room in rooms}
    shown |= {"commands": "`commands/`"}
    assert [name for name, text in shown.items() if text not in rows and name != "__init__.py"] == []


def test_help_imports_nothing_slow() -> None:
    code = "import sys, recette.cli; print([m for m in ('asyncio', 'yaml', 'aio_pika', 'jsonschema') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.stdout.strip() == "[]"


def test_an_error_is_explained_without_what_is_slow_to_import(tmp_path: Path) -> None:
    """jsonschema imports grammars for formats that no schema here has, where they are installed."""
    (tmp_path / "a.json").write_text('{"caseId": 1}', encoding="utf-8")
    wanted = ["validate", str(tmp_path / "a.json"), "--vhost", "15-15_v2.1", "--model", "RS-SR"]
    code = f"import sys; from recette.cli import main; print(main({wanted}), 'jsonschema' in sys.modules, 'lark' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.stdout.splitlines()[-1] == "1 True False", done.stderr


def _declared() -> tuple[list[Requirement], list[Requirement]]:
    """What the package needs, and what its extras do."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = [one for extra in project["optional-dependencies"].values() for one in extra]
    return list(map(Requirement, project["dependencies"])), list(map(Requirement, extras))


def test_each_dependency_is_used_for_a_reason_that_is_written_down() -> None:
    main, extras = _declared()
    page = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    told = re.findall(r"[A-Za-z][\w-]+", page)
    assert main
    for one in (*main, *extras):
        assert one.name == "recette" or one.specifier, one
        assert one.name in told or one.name == "recette", one
    rows = re.findall(r"^\| ([\w-]+) \| \S", page, re.MULTILINE)
    workbook = [one for one in extras if one.name == "openpyxl"]
    assert sorted(rows) == sorted(["package", *(one.name for one in (*main, *workbook))])


def test_the_lock_holds_a_version_with_hashes_of_everything_declared() -> None:
    main, extras = _declared()
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    locked = dict(
        re.findall(r"^([\w.-]+)==([^\s;]+)(?: ;[^\n]*)? \\\n    --hash=sha256:", text, re.MULTILINE)
    )
    assert len(locked) == len(re.findall(r"^[\w.-]+==", text, re.MULTILINE))
    for one in (*main, *extras):
        if one.name != "recette":
            version = locked[canonicalize_name(one.name)]
            assert one.specifier.contains(version), f"{one} : {version}"

"""The wheel is the product: what is built here does its work in an environment without the checkout, as in the image."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tarfile
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from recette.scenario.cahier import Cahier
from recette.scenario.selection import scenario_files

ROOT = Path(__file__).parents[1]
CONTAINERFILE = ROOT / "Containerfile"
EPOCH = {"SOURCE_DATE_EPOCH": "1767225600"}
RUN_FILES = {"journal.jsonl", "results.json", "report.html", "pv.pdf", "junit.xml", "allure", "seal.json"}
"""What every run leaves; a report that is added needs no change here."""


def build(source: Path, out: Path) -> Path:
    """Both distributions of the source tree, in `out`; returns the wheel."""
    command = [sys.executable, "-m", "hatchling", "build", "-d", str(out)]
    done = subprocess.run(command, cwd=source, env=os.environ | EPOCH, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return next(out.glob("*.whl"))


@dataclass(frozen=True)
class Installed:
    """An environment of its own, and how to run something in it without the checkout in sight."""

    bin: Path

    def run(self, cwd: Path, program: str, *arguments: str, code: int = 0) -> str:
        """What it prints; what it complains of where its exit code is 2."""
        environment = {"PATH": "/usr/bin:/bin", "HOME": str(cwd), "LANG": "C.UTF-8"}
        done = subprocess.run(
            [self.bin / program, *arguments], cwd=cwd, env=environment, capture_output=True, text=True
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stderr if code == 2 else done.stdout

    def results(self, cwd: Path, *arguments: str) -> dict[str, Any]:
        """What `recette run --json` says."""
        told: dict[str, Any] = json.loads(self.run(cwd, "recette", "run", "--json", *arguments))
        return told


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(ROOT, tmp_path_factory.mktemp("dist"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """As the image does it, from the wheel; uv puts what was locked there, with the hashes, in a tenth of pip's time."""
    steps = re.findall(r"/recette/bin/pip (install [^\n\\]*)", CONTAINERFILE.read_text(encoding="utf-8"))
    assert steps == [
        "install --no-cache-dir --require-hashes -r requirements.run.lock ",
        "install --no-cache-dir --no-deps .",
    ]
    folder = tmp_path_factory.mktemp("installed") / "venv"
    uv = [sys.executable, "-m", "uv"]
    subprocess.run([*uv, "venv", "-q", "--seed", folder], check=True, timeout=300)
    locked, product = (shlex.split(step.replace("--no-cache-dir ", "-q ")) for step in steps)
    there = ["--python", str(folder)]
    for command in (
        [*uv, "pip", *locked, *there],
        [str(folder / "bin" / "pip"), *product[:-1], str(wheel)],
        [*uv, "pip", "check", *there],
    ):
        subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=900)
    return Installed(folder / "bin")


def test_the_image_is_healthy_while_its_sandbox_serves(installed: Installed, tmp_path: Path) -> None:
    text = CONTAINERFILE.read_text(encoding="utf-8")
    (health,) = re.findall(r"HEALTHCHECK [^\n]*\\\n  CMD (\[.*\])", text)
    program, flag, code = json.loads(health)
    with subprocess.Popen(
        [installed.bin / "recette", "sandbox", "--port", "0"],
        cwd=tmp_path, stdout=subprocess.PIPE, text=True,
    ) as hub:  # fmt: skip
        assert hub.stdout is not None
        try:
            port = next(found[1] for line in hub.stdout if (found := re.search(r"127\.0\.0\.1:(\d+)", line)))
            check = [installed.bin / program, flag, code]
            assert subprocess.run(check, env={"RECETTE_PORT": port}, timeout=120).returncode == 0
            hub.terminate()
            assert hub.wait(120) == 0
        finally:
            hub.kill()  # whatever was wrong, nobody waits for it for good
    gone = subprocess.run(check, env={"RECETTE_PORT": port}, capture_output=True, timeout=120)
    assert gone.returncode != 0


def test_two_builds_are_equal_and_the_sdist_makes_the_same_wheel(wheel: Path, tmp_path: Path) -> None:
    again = build(ROOT, tmp_path / "again")
    assert again.read_bytes() == wheel.read_bytes()
    archive = next(wheel.parent.glob("*.tar.gz"))
    assert next(again.parent.glob("*.tar.gz")).read_bytes() == archive.read_bytes()
    with tarfile.open(archive) as opened:
        opened.extractall(tmp_path / "source", filter="data")
    (source,) = (tmp_path / "source").iterdir()
    assert build(source, tmp_path / "from-sdist").read_bytes() == wheel.read_bytes()


def test_the_whole_cahier_is_played_in_an_empty_folder(installed: Installed, tmp_path: Path) -> None:
    where = installed.run(tmp_path, "python", "-c", "import recette; print(recette.__file__)")
    assert where.startswith(str(installed.bin.parent))
    results = installed.results(tmp_path, "--report", "campagne")
    assert results["verdict"] == "pass"
    counts = results["counts"]
    assert counts["pass"] == len(results["scenarios"]) - counts["none"] > 400
    assert (counts["error"], counts["fail"], counts["inconc"], counts["remarks"], counts["none"]) == (
        0,
        0,
        0,
        0,
        3,
    )
    ids = {one["id"].partition(".g")[0] for one in results["scenarios"]}
    assert len(ids) == len(scenario_files(ROOT / "scenarios"))
    cahier = Cahier.in_folder(ROOT / "scenarios")
    said = tomllib.loads((ROOT / "scenarios" / "cahier.toml").read_text(encoding="utf-8"))
    assert results["cahiers"] == [{**said, "sha256": cahier.sha256}]
    campaign = tmp_path / "campagne"
    assert {one.name for one in campaign.iterdir()} >= RUN_FILES
    assert (campaign / "pv.pdf").read_bytes().startswith(b"%PDF")
    page = (campaign / "report.html").read_text(encoding="utf-8")
    assert f"{said['name']} {said['version']} (SHA-256 {cahier.sha256})" in page
    journal = (campaign / "journal.jsonl").read_text(encoding="utf-8")
    assert "scenarios/15-15/partage-simple.yaml" in journal
    assert str(installed.bin.parent) not in journal
    installed.run(tmp_path, "recette", "verify", "campagne")


def test_scenarios_are_copied_changed_and_played_before_the_built_in_ones(
    installed: Installed, tmp_path: Path
) -> None:
    told = installed.run(tmp_path, "recette", "scenarios", "--out", "miens")
    assert "recette run --scenarios miens" in told
    assert (tmp_path / "miens" / "langage.schema.json").is_file()
    assert Cahier.in_folder(tmp_path / "miens") == Cahier.in_folder(ROOT / "scenarios")
    (tmp_path / "miens" / "cahier.toml").write_text('name = "Le mien"\nversion = "7"\n', encoding="utf-8")
    given = installed.results(tmp_path, "--scenarios", "miens", "--report", "a", "palier-1-raccordement")
    assert [(one["name"], one["version"]) for one in given["cahiers"]] == [("Le mien", "7")]

    own = tmp_path / "scenarios" / "paliers"
    shutil.copytree(tmp_path / "miens" / "paliers", own)
    for path in own.glob("*.yaml"):
        if path.name != "1-raccordement.yaml":
            path.unlink()
    alone = installed.results(tmp_path, "--report", "b")
    assert {one["id"].partition(".g")[0] for one in alone["scenarios"]} == {"palier-1-raccordement"}
    assert [one["name"] for one in alone["cahiers"]] == ["scenarios"]
    both = installed.results(tmp_path, "--report", "c", "palier-1-raccordement", "15-15-partage-simple")
    assert [one["name"] for one in both["cahiers"]] == ["scenarios", "Cahier de recette du Hub Santé"]


def test_the_rest_of_the_command_line_has_what_it_needs(installed: Installed, tmp_path: Path) -> None:
    assert (
        json.loads(installed.run(tmp_path, "recette", "lint", "--schema"))["title"] == "Scénario de recette"
    )
    assert len(json.loads(installed.run(tmp_path, "recette", "list", "--json"))) >= 90
    assert "SANS-ACQUITTEMENT" in installed.run(tmp_path, "recette", "faults").upper()
    told = installed.run(
        tmp_path, "recette", "run", "15-15-partage-simple.g1", "--fault", "sans-acquittement", code=1
    )
    assert "NON CONFORME" in told
    (tmp_path / "cahier.xlsx").write_bytes(b"PK")
    told = installed.run(tmp_path, "recette", "import", "cahier.xlsx", "--out", "x", code=2)
    assert "pip install 'recette[workbook]'" in told

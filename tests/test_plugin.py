"""The pytest plugin takes the scenario files that it is pointed at, and nobody else's YAML."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
NAME = "palier-1-raccordement.g1@"


def collected(cwd: Path, *arguments: str) -> str:
    """What pytest would run there, without what this repository's own conftest adds."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:asyncio",
        "--collect-only",
    ]
    done = subprocess.run([*command, *arguments], cwd=cwd, capture_output=True, text=True)
    assert done.returncode in {0, 5}, done.stdout + done.stderr
    return done.stdout


@pytest.fixture
def elsewhere(tmp_path: Path, scenarios_folder: Path) -> Path:
    """Somebody's project, with a folder `scenarios` of its own that has nothing to do with ours."""
    folder = tmp_path / "projet"
    (folder / "scenarios").mkdir(parents=True)
    (folder / "scenarios" / "autre.yaml").write_text(
        "ce: n'est pas un scénario de recette\n", encoding="utf-8"
    )
    (folder / "test_a.py").write_text("def test_a():\n    assert True\n", encoding="utf-8")
    shutil.copytree(scenarios_folder / "paliers", folder / "recette")
    return folder


def test_nobody_elses_yaml_is_taken(elsewhere: Path) -> None:
    told = collected(elsewhere)
    assert "1 test collected" in told
    assert NAME not in told


def test_with_the_option_what_is_named(elsewhere: Path) -> None:
    assert NAME in collected(elsewhere, "--recette", "recette/1-raccordement.yaml")
    assert "donnees" not in collected(elsewhere, "--recette", "recette")


def test_with_the_ini_option_the_folders_that_it_names(elsewhere: Path) -> None:
    (elsewhere / "pytest.ini").write_text("[pytest]\nrecette_scenarios = recette\n", encoding="utf-8")
    assert NAME in collected(elsewhere)


def test_a_file_that_says_so_in_its_first_lines(elsewhere: Path) -> None:
    path = elsewhere / "recette" / "1-raccordement.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(f"# Le raccordement\n# recette: scénario\n{text}", encoding="utf-8")
    assert NAME in collected(elsewhere)
    path.write_text("#\n" * 5 + f"# recette: scénario\n{text}", encoding="utf-8")
    assert NAME not in collected(elsewhere)


def test_a_faulty_editor_fails_under_the_namespaced_option_and_here_under_the_short_one(
    elsewhere: Path,
) -> None:
    scenario = str(ROOT / "scenarios" / "15-15" / "partage-simple.yaml")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    for cwd, arguments in (
        (elsewhere, ["--recette", "--recette-fault", "sans-acquittement", "--rootdir", str(elsewhere)]),
        (ROOT, ["--fault", "sans-acquittement"]),
    ):
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", scenario, "-k", "destinataire", *arguments],
            cwd=cwd, env=environment, capture_output=True, text=True,
        )  # fmt: skip
        assert done.returncode == 1, done.stdout + done.stderr
        assert "AC-01" in done.stdout


def test_what_a_user_did_wrong_is_a_sentence_and_a_title_steers_no_terminal(elsewhere: Path) -> None:
    path = elsewhere / "recette" / "1-raccordement.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("title: ", 'title: "\\e[31m\\u202e" #', 1), encoding="utf-8", newline="\n")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--recette", "--recette-fault", "aucune", str(path)],
        cwd=elsewhere, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 1, done.stdout + done.stderr
    assert "La faute « aucune » n'existe pas" in done.stdout
    assert "Traceback" not in done.stdout
    assert "KeyError" not in done.stdout
    assert r"\u001b[31m\u202e" in done.stdout
    assert not {"\x1b", "\u202e"} & set(done.stdout)


def test_what_belongs_to_no_play_fails_the_session(elsewhere: Path) -> None:
    scenario = str(ROOT / "scenarios" / "15-15" / "ressource-refusee.yaml")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    fault = "met-a-jour-un-dossier-non-partage"
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", scenario, "--recette", "--recette-fault", fault,
         "-k", "g2 and origine", "--rootdir", str(elsewhere)],
        cwd=elsewhere, env=environment, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 1, done.stdout + done.stderr
    assert "1 passed" in done.stdout
    assert "SC-06" in done.stdout

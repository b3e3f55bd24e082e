"""What a scenario may read: plain files below its collection, named in `data`; everything else ends in one sentence."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from recette.cli import main
from recette.scenario.data_files import MAX_FILE
from recette.scenario.loader import load_file
from recette.scenario.problems import ScenarioError

SCENARIO = """\
# voyez ../secret.json, /etc/passwd.yaml et donnees/autre.yaml
id: essai
title: "Un essai, comme ../secret.json"
perimeter: 15-15
generations: [1]
actors: {origine: LRM, destinataire: LRM}
editor: origine
case: origine
steps:
  - id: partage
    title: Partage
    message: {from: origine, to: destinataire, model: RS-EDA, data: DATA}
"""
CONTENT = "qualification: {origin: {label: fictif}}\n"


def written(folder: Path, data: str) -> Path:
    (folder / "cas" / "donnees").mkdir(parents=True)
    (folder / "autre").mkdir()
    (folder / "secret.json").write_text('{"secret": "root:x:0"}', encoding="utf-8")
    for place in ("cas/donnees", "autre"):
        (folder / place / "dossier.yaml").write_text(CONTENT, encoding="utf-8")
    path = folder / "cas" / "essai.yaml"
    path.write_text(SCENARIO.replace("DATA", data), encoding="utf-8")
    return path


def test_a_name_in_a_comment_or_a_title_loads_nothing(tmp_path: Path) -> None:
    (scenario, *_) = load_file(written(tmp_path, "donnees/dossier.yaml"))
    assert [Path(one).name for one in scenario.sources] == ["essai.yaml", "dossier.yaml"]


def test_the_folder_of_a_collection_is_its_root(tmp_path: Path) -> None:
    path = written(tmp_path, "../autre/dossier.yaml")
    with pytest.raises(ScenarioError, match="hors du cahier"):
        load_file(path)
    assert load_file(path, tmp_path)
    (tmp_path / "cahier.toml").write_text('name = "Essai"\nversion = "1"', encoding="utf-8")
    assert load_file(path)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ("../secret.json", "hors du cahier"),
        ("/etc/passwd", "hors du cahier"),
        ("../../../../../../../../etc/passwd", "hors du cahier"),
        ("donnees/../../secret.json", "hors du cahier"),
        ("donnees/lien.yaml", "hors du cahier"),
        ("donnees/ombre.yaml", "hors du cahier"),
        ("lien/secret.json", "hors du cahier"),
        ("donnees/zero.yaml", "hors du cahier"),
        ("donnees/tube.yaml", "ce n'est pas un fichier ordinaire"),
        ("donnees", "c'est un dossier"),
        ("donnees/rond.yaml", "ne peut pas être lu"),
        ("donnees/grand.yaml", "le fichier dépasse la taille permise"),
        ("donnees/octets.yaml", "ce n'est pas de l'UTF-8"),
        ("donnees/absent.yaml", "n'existe pas à côté du scénario"),
    ],
)
def test_what_is_not_the_scenarios_is_not_read(
    data: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = written(tmp_path, data)
    beside = path.parent / "donnees"
    (beside / "lien.yaml").symlink_to(tmp_path / "secret.json")
    (beside / "ombre.yaml").symlink_to("/etc/shadow")
    (beside / "zero.yaml").symlink_to("/dev/zero")
    (beside / "rond.yaml").symlink_to(beside / "rond.yaml")
    (path.parent / "lien").symlink_to(tmp_path)
    os.mkfifo(beside / "tube.yaml")
    (beside / "grand.yaml").write_bytes(b"# " + b"x" * MAX_FILE)
    (beside / "octets.yaml").write_bytes(b"\xff\xfe")
    began = time.process_time()
    for command in (["lint", str(path)], ["run", str(path)]):
        assert main(command) in {1, 2}
        told = "".join(capsys.readouterr())
        assert f"{path.name}:12:" in told
        assert said in told
        assert "root:" not in told
    assert time.process_time() - began < 20


@pytest.mark.parametrize("kind", ["zero", "pipe", "folder", "large"])
def test_a_scenario_is_a_plain_file(kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "essai.yaml"
    if kind == "zero":
        path.symlink_to("/dev/zero")
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
        os.mkfifo(path / "tube.yaml")
    else:
        path.write_bytes(b"# " + b"x" * MAX_FILE)
    assert main(["run", str(path)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "Fichier illisible" in line

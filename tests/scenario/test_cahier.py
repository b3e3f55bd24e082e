"""A collection of scenarios has a name, a version and a digest, and says what is wrong in its own file."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from recette.cli import main
from recette.platform.places import from_here
from recette.scenario.cahier import Cahier
from recette.scenario.problems import ScenarioError
from recette.scenario.selection import select


@pytest.fixture
def own(tmp_path: Path, scenarios_folder: Path) -> Path:
    folder = tmp_path / "miens"
    shutil.copytree(scenarios_folder / "paliers", folder)
    return folder


def test_a_folder_without_a_name_goes_by_its_own(own: Path) -> None:
    cahier = Cahier.in_folder(own)
    assert (cahier.name, cahier.version) == ("miens", "")


def test_the_digest_is_of_names_and_content_and_of_nothing_else(own: Path, tmp_path: Path) -> None:
    before = Cahier.in_folder(own).sha256
    copy = tmp_path / "ailleurs"
    shutil.copytree(own, copy)
    (copy / "notes.txt").write_text("rien du cahier", encoding="utf-8")
    assert Cahier.in_folder(copy).sha256 == before
    first = min(copy.glob("*.yaml"))
    first.rename(copy / "0-autre.yaml")
    renamed = Cahier.in_folder(copy).sha256
    (copy / "0-autre.yaml").write_text("id: autre\n", encoding="utf-8")
    assert len({before, renamed, Cahier.in_folder(copy).sha256}) == 3


@pytest.mark.parametrize(
    ("text", "said"),
    [("name =", "n'est pas du TOML"), ('name = ""', "donne son nom"), ('name = "x"', "donne son nom")],
)
def test_what_is_wrong_in_cahier_toml_is_one_sentence(own: Path, text: str, said: str) -> None:
    (own / "cahier.toml").write_text(text, encoding="utf-8")
    with pytest.raises(ScenarioError, match=said) as caught:
        select((), own)
    assert f"{own}/cahier.toml:1:1" in str(caught.value)


def test_an_id_is_looked_for_in_the_next_place_where_the_first_has_it_not(
    own: Path, scenarios_folder: Path
) -> None:
    found = select(["palier-1-raccordement", "15-15-partage-simple"], own, scenarios_folder)
    assert [one.name for one in found.cahiers] == ["miens", "Cahier de recette du Hub Santé"]
    assert {one.id for one in found.scenarios} == {"palier-1-raccordement", "15-15-partage-simple"}


def test_files_by_path_are_a_collection_of_what_was_asked_for(own: Path) -> None:
    path = str(own / "1-raccordement.yaml")
    (cahier,) = select([path], own).cahiers
    assert (cahier.name, cahier.version) == (from_here(path), "")


def test_a_copy_never_overwrites(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scenarios", "--out", str(own)]) == 2
    assert "existe déjà" in capsys.readouterr().err

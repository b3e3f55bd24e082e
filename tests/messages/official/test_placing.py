"""Where a new tag stands among the editions, and what is asked where nothing tells."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from recette.messages.dictionary.generations import UnknownEditionError, edition_of
from recette.messages.dictionary.lines import ORIGIN, PACKAGED
from recette.messages.json.schemas import SchemaSet
from recette.messages.official.adoption import AdoptionError, adopt, begin
from recette.messages.official.edits import Edits
from recette.messages.official.placing import (
    UndecidedPlaceError,
    UnplaceableError,
    Wanted,
    place_of,
    put_in_table,
    version_of,
)
from recette.messages.xml.xsd import documents

TABLE = "generations.table"


@pytest.mark.parametrize(
    ("wanted", "generation", "after"),
    [
        (Wanted("3.3.1"), 3, "3.3.0"),
        (Wanted("3.4.0-rc.3"), 3, "3.3.2"),
        (Wanted("v3.4.1-RC2"), 3, "3.4.0"),
        (Wanted("3.2.0"), 3, None),
        (Wanted("3.5.0"), 3, "main"),
        (Wanted("3.4.2"), 3, "main"),
        (Wanted("3.4.2", "2026-05-02"), 3, "3.4.1"),
        (Wanted("3.4.2", "2026-09-01"), 3, "main"),
        (Wanted("main"), 3, "main"),
        (Wanted("2.3.0"), 2, None),
        (Wanted("2.5"), 2, "2.4.0"),
        (Wanted("1.4.0"), 1, "1.3.0"),
        (Wanted("4.0.0"), 4, None),
        (Wanted("4.0.0", generation=3), 3, "main"),
        (Wanted("essai", after="3.4.0"), 3, "3.4.0"),
        (Wanted("essai", after="0"), 3, None),
        (Wanted("essai", after="0", generation=1), 1, None),
        (Wanted("3.9.0", after="3.3.2"), 3, "3.3.2"),
        (Wanted("0.7.1", generation=1), 1, None),
    ],
)
def test_a_tag_stands_where_its_version_says_or_where_it_was_decided(
    wanted: Wanted, generation: int, after: str | None
) -> None:
    place = place_of(wanted, edition_of(3))
    assert (place.generation, place.after.tag if place.after else None) == (generation, after)


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        (Wanted("essai"), "--after 3.4.1"),
        (Wanted("essai", generation=2), "connues : 2.4.0"),
        (Wanted("0.7.1"), "--generation 3"),
        (Wanted("3.9.0", after="3.4.0", generation=2), "accordez --after et --generation"),
    ],
)
def test_what_nothing_tells_is_asked_by_name(wanted: Wanted, said: str) -> None:
    with pytest.raises(UndecidedPlaceError, match=said):
        place_of(wanted, edition_of(3))


def test_an_edition_that_nobody_knows_is_followed_by_none() -> None:
    with pytest.raises(UnknownEditionError, match=r"9\.9\.9"):
        place_of(Wanted("essai", after="9.9.9"), edition_of(3))


def test_versions_compare_as_their_makers_count() -> None:
    tags = [
        "1.3.0",
        "2.4",
        "3.0-RC-6",
        "3.0.0",
        "3.4.0-alpha.1",
        "3.4.0-rc.2",
        "3.4.0-rc.10",
        "3.4.0",
        "v3.4.1",
    ]
    versions = [version_of(one) for one in tags]
    assert None not in versions
    assert versions == sorted(versions, key=lambda one: one or ())
    for text in ("main", "converter-2.8.0-rc.5", "3", "3.4.0-", "3.4.0.1", ""):
        assert version_of(text) is None


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    folder = tmp_path / "dictionary"
    folder.mkdir()
    shutil.copy2(PACKAGED / TABLE, folder)
    return folder


def official(generation: int) -> SchemaSet:
    """The project's own models, as a bundle that publishes them would hold them."""
    built = SchemaSet.builtin(generation)
    return SchemaSet(built.edition, "lot", built.schemas, built.use_cases, documents(generation))


def placed(folder: Path, wanted: Wanted, generation: int = 3) -> tuple[str, str]:
    """What is told, and what the table has now."""
    edits = Edits(folder)
    told = put_in_table(wanted, official(generation), edits)
    edits.write()
    return told["place"], (folder / TABLE).read_text(encoding="utf-8")


def test_a_tag_between_two_has_its_row_between_theirs(copy: Path) -> None:
    told, table = placed(copy, Wanted("3.3.9", "2026-03-01"))
    assert told == "édition de la génération 3, après 3.3.2"
    rows = [one.split()[1:] for one in table.splitlines() if one.split()[:1] == ["edition"]]
    assert [row[0] for row in rows] == ["1.3.0", "2.4.0", "3.3.0", "3.3.2", "3.3.9", "3.4.0", "3.4.1", "main"]
    assert rows[4] == ["3.3.9", "2026-03-01"]


def test_a_generation_that_is_new_has_a_block_of_its_own(copy: Path) -> None:
    told, table = placed(copy, Wanted("4.0.0"))
    assert told == "première édition de la génération 4, qui est nouvelle"
    block = "generation 4\n  namespace  urn:emergency:eda:1.9\n  contents   lower\n  edition    4.0.0\n"
    assert f"  edition    main  2026-08-07  also 3.4.1-rc.3\n\n{block}" in table


def test_the_namespace_of_another_generation_is_said_in_the_row(copy: Path) -> None:
    _, table = placed(copy, Wanted("3.2.0"), generation=1)
    assert "  edition    3.2.0  namespace urn:emergency:cisu:2.0\n  edition    3.3.0" in table


def test_a_bundle_without_whole_xsd_is_no_edition(copy: Path) -> None:
    whole = official(3)
    for missing, said in (
        (set(whole.xsd), "ne contient pas de XSD"),
        ({"RS-SR.xsd"}, "manque, ou est abîmé"),
    ):
        kept = {name: text for name, text in whole.xsd.items() if name not in missing}
        found = SchemaSet(whole.edition, "lot", whole.schemas, whole.use_cases, kept)
        with pytest.raises(UnplaceableError, match=said):
            put_in_table(Wanted("3.5.0"), found, Edits(copy))
    for tag in ("3.4.0", "3.4.1-rc.3"):
        with pytest.raises(UnplaceableError, match="existe déjà"):
            put_in_table(Wanted(tag), whole, Edits(copy))


def test_the_dictionary_that_is_named_grows_whatever_is_read(tmp_path: Path) -> None:
    """Unless it was made of the dictionary of another version, which is then made anew."""
    own, staging, again = (tmp_path / name for name in ("mien", "copie", "encore"))
    own.mkdir()
    for folder in (staging, again):
        folder.mkdir()
    begin(own, staging)
    assert (staging / TABLE).read_bytes() == (PACKAGED / TABLE).read_bytes()
    for path in staging.iterdir():
        shutil.copy2(path, own)
    placed(own, Wanted("3.8.0"))
    begin(own, again)
    assert "edition    3.8.0" in (again / TABLE).read_text(encoding="utf-8")
    (own / ORIGIN).write_text("autre\n", encoding="utf-8")
    begin(own, again)
    assert "3.8.0" not in (again / TABLE).read_text(encoding="utf-8")


def test_a_folder_that_holds_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "ailleurs").mkdir()
    (tmp_path / "ailleurs" / "lettre.txt").write_text("à moi", encoding="utf-8")
    with pytest.raises(AdoptionError, match="ne tient pas de dictionnaire"):
        adopt(tmp_path / "lot", Wanted("3.5.0"), tmp_path / "ailleurs")
    assert [one.name for one in tmp_path.iterdir()] == ["ailleurs"]
    assert (tmp_path / "ailleurs" / "lettre.txt").read_text(encoding="utf-8") == "à moi"


@pytest.mark.parametrize(
    "wanted", [Wanted("3 5"), Wanted("5"), Wanted("3.5.0", "2026-02-30"), Wanted("3.5.0", "hier")]
)
def test_a_tag_or_a_day_that_is_none_is_one_sentence(tmp_path: Path, wanted: Wanted) -> None:
    with pytest.raises(AdoptionError, match=r"tag officiel|n'est pas une date"):
        adopt(tmp_path / "lot", wanted, tmp_path / "dictionary")

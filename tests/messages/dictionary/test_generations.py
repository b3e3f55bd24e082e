"""The one table of generations, and that nothing else knows them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import recette
from recette.messages.dictionary.code_lists import codes
from recette.messages.dictionary.generations import (
    UnknownEditionError,
    edition_named,
    edition_of,
    editions,
    generations,
    marked,
    spelled,
)
from recette.messages.dictionary.lines import DictionaryError, Line
from recette.messages.dictionary.models import UnknownModelError, model, models
from recette.messages.dictionary.spellings import has_field, spelling
from recette.messages.profile.reader import profile
from recette.messages.vhosts import KNOWN_VHOSTS, UnknownVHostError, perimeter_of, used_on, vhost

LITERAL = re.compile(
    r"generation\w* *(==|!=|>=|<=|<|>) *[123]|[123] *(==|!=|>=|<=|<|>) *\w*generation|[(\[{]1, 2, 3[)\]}]"
    r"|generation\w* (not )?in [(\[{][123]"
)


def test_no_generation_is_compared_with_a_number_outside_the_table() -> None:
    sources = sorted(Path(recette.__file__).parent.rglob("*.py"))
    assert len(sources) > 200
    found = [
        f"{path.name}:{number}: {line.strip()}"
        for path in sources
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if LITERAL.search(line)
    ]
    assert found == []
    assert LITERAL.search("if view.generation < 3:")


def test_the_literal_that_is_looked_for_would_be_found() -> None:
    for line in ("generation == 1", "(1, 2, 3)", "one.generation in (1, 2)", "if 3 <= generation"):
        assert LITERAL.search(line), line


@pytest.mark.parametrize(
    ("mark", "tags"),
    [
        ("@1", ["1.3.0"]),
        ("@1-2", ["1.3.0", "2.4.0"]),
        ("@1,3.4.1", ["1.3.0", "3.4.1"]),
        ("@3.3.0-3.3.2", ["3.3.0", "3.3.2"]),
        ("@3.4.1-", ["3.4.1", "main"]),
        ("@3.4.1-rc.3", ["main"]),
        ("@2-3.3.0", ["2.4.0", "3.3.0"]),
    ],
)
def test_a_mark_stands_for_editions_and_is_written_back(mark: str, tags: list[str]) -> None:
    found = marked(Line("x.model", 1, mark), mark)
    assert sorted((one.tag for one in found), key=tags.index) == tags
    assert marked(Line("x.model", 1, ""), f"@{spelled(found)}") == found


def test_an_open_mark_is_written_open() -> None:
    assert spelled(one for one in editions() if one.generation != 1) == "2-"
    assert spelled([edition_named("1.3.0"), edition_named("2.4.0")]) == "1-2"
    assert spelled(editions(3)[:-1]) == "3-3.4.1"


@pytest.mark.parametrize("mark", ["@", "@0", "@9", "@2-1", "@3.9.9-", "@x,1"])
def test_a_mark_that_names_nothing_is_an_error_with_its_place(mark: str) -> None:
    with pytest.raises(DictionaryError, match=r"x\.model:7 : "):
        marked(Line("x.model", 7, mark), mark)


def test_a_generation_stands_for_its_default_edition() -> None:
    assert [edition_of(one).tag for one in generations()] == ["1.3.0", "2.4.0", "3.4.1"]
    assert edition_named("3") == edition_of(3)
    assert edition_named("3.4.1-rc.3").tag == "main"
    with pytest.raises(UnknownEditionError, match=r"Vouliez-vous dire 3\.4\.1"):
        edition_named("3.4.l")


def test_editions_of_one_generation_differ() -> None:
    values = {one.tag: codes("cisuVehicleType", one) for one in editions(3)}
    assert values["3.3.2"] == ("SMUR", "SIS", "AUTRE")
    assert values["3.4.0"] == values["main"] == ("SMUR", "SIS")
    assert values["3.4.1"] == ("VECTEUR_SANTE", "SIS")
    assert "RC-SR" in {one.name for one in models(edition_named("3.3.0"))}
    with pytest.raises(UnknownModelError, match=r"génération 3 \(3\.3\.0, 3\.3\.2\)"):
        model("RC-SR", edition_named("3.4.0"))
    assert not has_field("position", "RC-RI", edition_named("3.3.2"))
    assert has_field("position", "RC-RI", edition_named("3.4.0"))


def test_one_thing_is_spelled_as_the_edition_spells_it() -> None:
    assert [spelling("patientId", "RS-EDA", one) for one in generations()] == [
        "idPat",
        "patientId",
        "patientId",
    ]
    assert spelling("patientId", "aucun", 1) == "patientId"


def test_a_vhost_has_one_edition_and_says_where_sources_disagree() -> None:
    disputed = vhost("15-nexsis_v1.9")
    assert disputed.edition.tag == "2.4.0"
    assert [one.tag for one in disputed.served] == ["2.4.0", *(one.tag for one in editions(3))]
    assert "2.0" in disputed.source
    assert "3.0" in disputed.source
    assert vhost("/15-15_V2.1").served == editions(3)
    assert {"15-nexsis_vactive", "15-sas_v1.0"} <= {one.name for one in KNOWN_VHOSTS}


def test_what_a_hub_carries_on_a_vhost_its_perimeter_uses() -> None:
    carried = {
        (one.name, known.name)
        for known in KNOWN_VHOSTS
        for one in models(known.edition)
        if profile().supported is not None and profile().carries(known.name, one.key)
    }
    assert {("GEO-REQ", "15-15_v2.1"), ("GEO-RES", "15-smur_v1.7")} <= carried
    foreign = {(one, name) for one, name in carried if not used_on(one, perimeter_of(name))}
    assert foreign == set()


def test_any_vhost_can_be_used_where_its_edition_is_named() -> None:
    with pytest.raises(UnknownVHostError, match="--models"):
        vhost("15-essai_v9")
    named = vhost("15-essai_v9", edition_named("3.4.0"))
    assert (named.perimeter, named.edition.tag, len(named.served)) == ("15-essai", "3.4.0", 1)
    assert used_on("RS-RI", named.perimeter)
    assert not used_on("RS-RI", "15-gps")

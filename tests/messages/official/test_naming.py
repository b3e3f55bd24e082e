"""How what an official schema demands is written as lines of the dictionary, or said to have no words there."""

from __future__ import annotations

from typing import Any

import pytest

from recette.messages.dictionary.generations import edition_named
from recette.messages.dictionary.lines import PACKAGED
from recette.messages.json.shape import plain_shape, same
from recette.messages.official.edits import Edits, code_text
from recette.messages.official.marking import _moved
from recette.messages.official.naming import Names, UnsayableError


@pytest.fixture
def names() -> Names:
    return Names(edition_named("main"), Edits(PACKAGED), {})


@pytest.mark.parametrize(
    ("name", "schema", "said"),
    [
        ("level", {"type": "integer", "enum": [1, 2]}, "des codes de type integer"),
        ("free", {"type": ["boolean", "null"]}, "plusieurs types (boolean, null)"),
        ("url", {"type": "string", "format": "uri"}, "format uri"),
        ("été", {"type": "string"}, "un nom de champ"),
        ("text", {"type": "string", "minLength": 3}, "contrainte minLength"),
        ("at", {"type": "string", "format": "date-time", "pattern": "^x$"}, "une date d'une autre forme"),
        ("one", {"type": "array", "maxItems": 1, "items": {"type": "string"}}, "au plus une valeur"),
        ("void", {"type": "object", "properties": {}, "additionalProperties": False}, "un objet sans champ"),
    ],
)
def test_what_has_no_words_is_named(names: Names, name: str, schema: dict[str, Any], said: str) -> None:
    with pytest.raises(UnsayableError) as caught:
        names.lines(name, plain_shape(schema), required=False, indent=0, mark="")
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("held", "wanted", "moved"),
    [
        ("abc", "abc", ""),
        ("abc", "axbc", ""),
        ("abcd", "acbd", "b"),
        ("abcd", "bcda", "a"),
        ("abcd", "dabc", "d"),
        ("abc", "cba", "ab"),
        ("abxc", "cab", "c"),
    ],
)
def test_as_few_fields_as_possible_move(held: str, wanted: str, moved: str) -> None:
    found = _moved(held, wanted)
    assert len(found) == len(moved)
    stays = [name for name in held if name in wanted and name not in found]
    assert stays == [name for name in wanted if name in stays]


def test_the_order_of_fields_is_part_of_what_a_schema_demands() -> None:
    inner = {"a": {"type": "string"}, "b": {"type": "string"}}
    one, other = (
        plain_shape({"type": "array", "items": {"type": "object", "properties": dict(each)}})
        for each in (inner.items(), reversed(inner.items()))
    )
    assert one == other
    assert same(one, plain_shape({"items": {"properties": inner, "type": "object"}, "type": "array"}))
    assert not same(one, other)


@pytest.mark.parametrize("code", ["#A", "a b", 'a"b', "é@f", "R1", "a#b"])
def test_a_code_is_written_so_that_it_is_read_again(code: str) -> None:
    written = code_text(code)
    assert not written.startswith("#")
    assert written == code or written.startswith('"')
    assert (written == code) == (code in {"R1", "a#b"})

"""A bundle writes names into the dictionary, and never a line more."""

from __future__ import annotations

import pytest

from recette.messages.json.schemas import UseCase
from recette.messages.json.shape import Schema
from recette.messages.official.naming import UnsayableError
from recette.messages.official.words import check_words

WIDER = "freetext  0..n  string\ncaseId"
"""A field by this name would loosen every edition there is."""


def message(name: str = "note", **inside: object) -> Schema:
    return {
        "type": "object",
        "properties": {name: {"type": "string", **inside}},
        "required": [],
        "open": False,
    }


@pytest.mark.parametrize(
    "shapes",
    [
        {"RS-NEUF": message(WIDER)},
        {"RS-NEUF": message("note  0..1  string  @1-")},
        {"RS-NEUF": message("")},
        {"RS-NEUF": message("note", enum=["OUI", "NON\n\nchannel\n    FAX"])},
        {"RS-NEUF": message("note", enum=["NON\u2028channel"])},
        {"RS-NEUF": message("note", pattern="^a$\n    @1-  .*")},
        {"RS-NEUF": message("note", pattern=" ^a$")},
        {"RS-NEUF": message("note", pattern=5)},
        {"RS-NEUF": {"type": "array", "items": message(WIDER)}},
        {"--mutants=0": message()},
        {"RS NEUF  key x": message()},
        {"../../rs-eda": message()},
    ],
)
def test_a_name_that_would_be_lines_is_refused(shapes: dict[str, Schema]) -> None:
    with pytest.raises(UnsayableError):
        check_words(shapes, [], {})


@pytest.mark.parametrize("space", ["urn:a  also 3.4.1", "urn:a\n  edition 9.9.9", "urn:é"])
def test_a_namespace_that_would_be_words_is_refused(space: str) -> None:
    with pytest.raises(UnsayableError):
        check_words({}, [], {"note": space})


def test_a_key_that_would_be_words_is_refused() -> None:
    with pytest.raises(UnsayableError):
        check_words({}, [UseCase("note  header", "RS-NEUF", has_header=True)], {})


def test_what_official_bundles_say_is_said() -> None:
    told = message("resourceId", enum=["SHIP ", "abus d'autorité", "R1"], pattern="^[A-Z]{2}\\.\\d+$")
    check_words({"RS-NEUF": told}, [UseCase("newKey", "RS-NEUF", has_header=True)], {"newKey": "urn:a:b:1.0"})

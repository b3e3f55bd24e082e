"""Every field that a person may have to type has a French label."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from recette.messages.dictionary.labels import label, labels
from recette.messages.dictionary.models import models
from recette.messages.dictionary.reader import Field

UNTYPED = {"TECHNICAL", "TECHNICAL_NOREQ", "distributionElement"}


def unlabelled(fields: Iterable[Field], parent: str) -> set[str]:
    known = labels()
    found: set[str] = set()
    for field in fields:
        if field.name not in known and f"{parent}.{field.name}" not in known:
            found.add(f"{parent}.{field.name}")
        found |= unlabelled(field.children, field.name)
    return found


@pytest.mark.parametrize("generation", [1, 2, 3])
def test_every_field_has_a_label(generation: int) -> None:
    typed = [one for one in models(generation) if one.name not in UNTYPED]
    assert {place for one in typed for place in unlabelled(one.fields, one.name)} == set()


def test_a_label_may_depend_on_where_the_field_stands() -> None:
    assert label("height", "detail") == "Taille"
    assert label("height", "coord") == "Altitude"
    assert label("inventé") == "inventé"

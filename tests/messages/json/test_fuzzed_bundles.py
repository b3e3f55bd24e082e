"""A bundle whose schemas are spoiled is refused in a sentence, or judges and comes to an end."""

from __future__ import annotations

import copy
from functools import cache
from pathlib import Path
from typing import Any

from hypothesis import event, given
from hypothesis import strategies as st

from recette.messages.dictionary.examples import example_message
from recette.messages.dictionary.generations import edition_of
from recette.messages.dictionary.models import model
from recette.messages.json.schemas import BundleError, SchemaSet
from recette.messages.reading import from_document
from recette.messages.validation.validator import Validator
from tests.bundles import write_bundle
from tests.fuzzing import fuzzed, spoil


@cache
def whole() -> dict[str, Any]:
    """A bundle as it stands in a journal; written and read once."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        return SchemaSet.from_bundle(write_bundle(Path(folder) / "lot"), 1).to_json()


@fuzzed(60)
@given(data=st.data())
def test_any_bundle_judges_or_is_refused(data: st.DataObject) -> None:
    tree = {**whole(), "schemas": dict(whole()["schemas"])}
    names = [name for name in ("RS-EDA", "RS-RI", "EDXL-DE-full", "RC-DE") if name in tree["schemas"]]
    for _ in range(data.draw(st.integers(1, 3))):
        name = data.draw(st.sampled_from(names))
        tree["schemas"][name] = spoil(copy.deepcopy(tree["schemas"][name]), data)
    message = from_document(example_message(model("RS-EDA", 1), "minimal"), 1)
    try:
        found = Validator(SchemaSet.from_json(tree, edition_of(1))).validate(message)
    except BundleError as error:
        event("refusé")
        told = [str(error)]
    else:
        event("juge")
        told = [one.message for one in found]
    assert all(told)

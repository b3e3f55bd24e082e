"""The resources that a GPS provider follows, as it told them itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from recette.messages.dictionary.generations import Models
from recette.sandbox.case_file import Names


class Park:
    """Details by resource; what was told last counts."""

    def __init__(self, edition: Models) -> None:
        self._name = Names(edition).geo_resource
        self._details: dict[str, Mapping[str, Any]] = {}

    def note_sent(self, name: str, content: Mapping[str, Any]) -> None:
        if name == "GEO-RES":
            self._details.update({str(one[self._name]): one for one in content.get("resource", [])})

    def answer(self, asked: Iterable[str]) -> dict[str, Any]:
        """The content of the GEO-RES on what was asked: of an unknown resource it says nothing."""
        return {"resource": [dict(self._details[one]) for one in asked if one in self._details]}

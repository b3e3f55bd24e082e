"""A content as a form: each value with its French label, its cardinality and, where it has one, its code list."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from recette.console.exchange.shaping import changes
from recette.messages.dictionary.code_lists import codes
from recette.messages.dictionary.generations import Edition
from recette.messages.dictionary.labels import label
from recette.messages.dictionary.models import MessageModel
from recette.messages.dictionary.reader import Field
from recette.play.drivers.code_words import words_for
from recette.report.markup import Markup, Node, tag

_MOST = 400
"""Values that a form shows."""
_CODES = 2000
"""Codes of one list that it offers."""
Path = tuple[str | int, ...]


def form_of(content: Any, model: MessageModel) -> Markup:  # noqa: ANN401 - a JSON tree
    """The values there are, in the order of the message; each names its place for whoever changes it."""
    rows: list[Node] = []
    for shown in _Form(model.edition).of(content, model.fields, ()):
        if len(rows) == _MOST:
            rows.append(tag("p", "… la suite se change dans le JSON ou le XML.", class_="aside"))
            break
        rows.append(shown)
    return tag("div", rows)


class _Form:
    def __init__(self, edition: Edition) -> None:
        self._edition = edition

    def of(self, node: Any, fields: tuple[Field, ...], at: Path) -> Iterator[Markup]:  # noqa: ANN401
        known = {one.name: one for one in fields if one.held_in(self._edition)}
        parent = next((step for step in reversed(at) if isinstance(step, str)), "")
        for name, value in node.items() if isinstance(node, Mapping) else ():
            one = known.get(name)
            told = f"{label(name, parent)}{_cardinality(one)}"
            items = value if isinstance(value, list) else [value]
            for index, item in enumerate(items):
                place = (*at, name, index) if isinstance(value, list) else (*at, name)
                number = f" n° {index + 1}" if len(items) > 1 else ""
                if isinstance(item, Mapping):
                    inside: list[Markup] = list(self.of(item, one.children if one else (), place))
                    yield tag("fieldset", tag("legend", f"{told}{number}"), inside)
                elif not isinstance(item, list):
                    yield self._value(f"{told}{number}", name, item, one, place)

        yield from self._shape(node, fields, at, parent)

    def _shape(self, node: Any, fields: tuple[Field, ...], at: Path, parent: str) -> Iterator[Markup]:  # noqa: ANN401
        """What can be added here, or taken out."""
        found = list(changes(node, fields, self._edition, at)) if isinstance(node, Mapping) else []
        if not found:
            return
        identity = "s-" + "-".join(map(str, at))

        def options(*, adds: bool) -> list[Markup]:
            return [
                tag("option", f"{label(name, parent)}{_cardinality(one)}", value=change.text)
                for change, one, name in found
                if change.adds is adds
            ]

        told = f"Ajouter à « {label(parent, '')} », ou en retirer" if parent else "Ajouter, ou retirer"
        groups = [("Ajouter", options(adds=True)), ("Retirer", options(adds=False))]
        yield tag(
            "p",
            tag("label", told, for_=identity),
            tag(
                "select",
                tag("option", "rien", value=""),
                [tag("optgroup", some, label=head) for head, some in groups if some],
                id=identity,
            ),
            tag("button", "Faire", type="button", class_="quiet", id=f"{identity}-b", data_changes=identity),
            class_="field shape",
        )

    def _value(self, told: str, name: str, value: Any, one: Field | None, at: Path) -> Markup:  # noqa: ANN401
        place = json.dumps(at)
        identity = "c-" + "-".join(map(str, at))
        kind = "text" if isinstance(value, str) else "other"
        listed = (
            codes(one.kind.removeprefix("code:"), self._edition)
            if one and one.kind.startswith("code:")
            else ()
        )
        if listed and len(listed) <= _CODES:
            offered = listed if value in listed else (str(value), *listed)
            options = [
                tag("option", _worded(name, each), value=each, selected=each == value) for each in offered
            ]
            control = tag("select", options, id=identity, data_at=place, data_kind=kind)
        else:
            shown = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            control = tag("input", id=identity, value=shown, data_at=place, data_kind=kind)
        return tag("p", tag("label", told, for_=identity), control, class_="field")


def _worded(name: str, one: str) -> str:
    words = words_for(name, one)
    return f"{words} ({one})" if words else one


def _cardinality(one: Field | None) -> str:
    """How many there must be and may be, in a few words."""
    if one is None:
        return " (hors du modèle)"
    if not one.listed:
        return " *" if one.required else ""
    least = max(one.least, 1) if one.required else 0
    return f" ({least} à {one.most})" if one.most else f" ({least} ou plus)"

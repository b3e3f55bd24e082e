"""What a run would judge differently under an official tag: messages, codes, and the scenarios that hold them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from recette.messages.dictionary.code_lists import quoted
from recette.messages.dictionary.differences import turned
from recette.messages.dictionary.generations import Edition, edition_of
from recette.messages.dictionary.models import models
from recette.messages.json.schemas import SchemaSet
from recette.messages.json.shape import Schema, same
from recette.scenario.lint import unfit_for
from recette.scenario.model import Scenario
from recette.scenario.steps import MessageStep
from recette.wording.values import listed, shown

Kind = Literal["message", "champ", "scénario"]
_INSIDE = frozenset({"properties", "items"})
_LISTS = {
    "enum": ("codes retirés", "codes ajoutés"),
    "required": ("n'est plus obligatoire", "devient obligatoire"),
}
"""What is told of those that go and of those that come."""


@dataclass(frozen=True, slots=True)
class Drift:
    """One thing that the tag has otherwise."""

    kind: Kind
    name: str
    text: str
    where: str = ""
    """`file` of a scenario."""


def drifts(bundle: Path, scenarios: Iterable[Scenario]) -> tuple[Edition, list[Drift]]:
    """Everything that judges differently under the bundle than under the default edition of its generation.

    Raises BundleError.
    """
    official = SchemaSet.from_bundle(bundle)
    here = edition_of(official.generation)
    found = list(_messages(official, here))
    for one in scenarios:
        if one.generation == official.generation:
            found += _scenario(one, official)
    return here, found


def _messages(official: SchemaSet, here: Edition) -> Iterator[Drift]:
    known = {one.name for one in models(here)}
    offered = {one.model for one in official.use_cases.values()}
    for name in sorted(known - offered):
        yield Drift("message", name, "n'existe pas dans ce lot")
    for name in sorted(offered - known):
        yield Drift("message", name, f"n'existe pas dans la {here.title}")
    own = SchemaSet.builtin(here)
    for name in sorted(known & offered):
        for path, text in _differing(own.demands(name), official.demands(name), name):
            yield Drift("champ", path, text)


def _differing(before: Schema, after: Schema, path: str) -> Iterator[tuple[str, str]]:
    """Where two schemas demand something else, and what, the codes of a list one by one."""
    if same(before, after):
        return
    here = {one: value for one, value in before.items() if one not in _INSIDE}
    there = {one: value for one, value in after.items() if one not in _INSIDE}
    if here != there:
        yield path, _told(here, there)
    inside = before.get("properties", {}), after.get("properties", {})
    orders = turned(*inside)
    if orders is not None:
        yield path, f"en XML, {' -> '.join(' puis '.join(one) for one in orders)}"
    for name in (*inside[0], *(one for one in inside[1] if one not in inside[0])):
        if name not in inside[1]:
            yield f"{path}.{name}", "disparaît"
        elif name not in inside[0]:
            yield f"{path}.{name}", "apparaît"
        else:
            yield from _differing(inside[0][name], inside[1][name], f"{path}.{name}")
    if "items" in before and "items" in after:
        yield from _differing(before["items"], after["items"], path)


def _told(before: Schema, after: Schema) -> str:
    texts: list[str] = []
    for name, (gone, come) in _LISTS.items():
        if name == "enum" and (name in before) is not (name in after):
            texts.append("plus de liste de codes" if name in before else "une liste de codes désormais")
            continue
        here, there = before.get(name, []), after.get(name, [])
        for words, some, others in ((gone, here, there), (come, there, here)):
            said = [quoted(one) for one in some if one not in others]
            texts += [f"{words} : {listed(said)}"] if said else []
    names = sorted(one for one in before.keys() | after.keys() if before.get(one) != after.get(one))
    texts += [f"{one} : {_value(before, one)} -> {_value(after, one)}" for one in names if one not in _LISTS]
    return " ; ".join(texts)


def _value(shape: Schema, name: str) -> str:
    return shown(shape[name]) if name in shape else "rien"


def _scenario(one: Scenario, official: SchemaSet) -> Iterator[Drift]:
    offered = {each.model for each in official.use_cases.values()}
    steps = [step for step in one.steps if isinstance(step, MessageStep)]
    missing = sorted({content.model for step in steps for content in step.contents} - offered)
    why = f"emploie {', '.join(missing)}, que ce lot n'a pas." if missing else unfit_for(one, official)
    if why:
        yield Drift("scénario", one.edition, why, one.file)

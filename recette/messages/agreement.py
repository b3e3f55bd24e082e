"""The built-in dictionary against an official bundle: examples and mutants, verdict by verdict."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import cycle, islice
from pathlib import Path
from random import Random
from typing import Any, Literal

from recette.messages.building import serialise
from recette.messages.bundle import bundled_examples
from recette.messages.diagnostics import Diagnostic
from recette.messages.examples import example_message
from recette.messages.models import MessageModel, models
from recette.messages.mutants import json_mutant, xml_mutant
from recette.messages.reading import HEADER_FIELDS, XML_TYPE, find_inner, from_document, from_xml, inner
from recette.messages.schemas import ENVELOPE, HEADER, SchemaSet, decider
from recette.messages.validation import Validator
from recette.messages.xml_names import local_name, sayable
from recette.messages.xml_reading import message_element
from recette.messages.xml_validation import xsd_holds

Format = Literal["json", "xml"]
MUTANTS = 200
"""Mutants for one message, generation and format."""
DECIDED = {
    "enveloppe XML": "le profil du hub (DST 3.4.3) est exigé en XML comme en JSON, le XSD d'OASIS est plus large",
}
"""Disagreements decided on purpose (docs/modeles-ecarts.md)."""


@dataclass(slots=True)
class Tally:
    """What was compared for one message in one format."""

    model: str
    format: Format
    compared: int = 0
    refused: int = 0
    """By both."""
    decided: dict[str, int] = field(default_factory=dict)
    disagreements: list[str] = field(default_factory=list)


class Comparison:
    """Both judges of one generation."""

    def __init__(self, bundle: Path) -> None:
        self.official = SchemaSet.from_bundle(bundle)
        self.generation = self.official.generation
        self._ours = Validator(SchemaSet.builtin(self.generation))
        self._theirs = Validator(self.official)
        self._deciders = {name: decider(schema) for name, schema in self.official.schemas.items()}
        self._examples = bundled_examples(bundle)

    def run(self, mutants: int = MUTANTS, seed: int = 0) -> Iterator[Tally]:
        """One tally a message and format."""
        for model in models(self.generation):
            yield self._json(model, mutants, seed)
            if model.key in sayable(self.generation):
                yield self._xml(model, mutants, seed)
        reference = next(one for one in models(self.generation) if one.name == "RS-RI")
        yield self._json(reference, mutants, seed, ENVELOPE)
        yield self._json(reference, mutants, seed, HEADER)
        yield self._xml(reference, mutants, seed, ENVELOPE)
        yield self._xml(reference, mutants, seed, HEADER)

    def _bases(self, model: MessageModel) -> list[dict[str, Any]]:
        """Whole messages to start from: the official examples, and our own smallest and largest."""
        found = [example_message(model, "minimal"), example_message(model, "maximal")]
        for name, data in self._examples.items():
            if name.endswith(".json"):
                tree = json.loads(data)
                if isinstance(tree, dict) and list(tree) == [model.key]:
                    found.append(_holding(found[0], model.key, tree[model.key]))
        return found

    def _json(self, model: MessageModel, mutants: int, seed: int, within: str = "") -> Tally:
        tally = Tally(within or model.name, "json")
        bases = self._bases(model)
        random = Random(f"{seed}{self.generation}{tally.model}json")  # noqa: S311 - repeatable on purpose
        part, skip = _json_part(model.key, within)
        for base in bases:
            self._compare_json(tally, "exemple", base)
        for number, base in enumerate(islice(cycle(bases), mutants)):
            self._compare_json(tally, *json_mutant(base, part, skip, number // len(bases), random))
        return tally

    def _compare_json(self, tally: Tally, kind: str, document: dict[str, Any]) -> None:
        found = self._ours.validate(from_document(document, self.generation))
        body = find_inner(document)
        theirs = self._deciders[ENVELOPE].is_valid(document) and body is not None and self._body_holds(body)
        self._count(tally, kind, found, theirs, document)

    def _body_holds(self, body: Any) -> bool:  # noqa: ANN401 - a JSON tree
        cases = self.official.use_cases
        keys = [key for key in body if key in cases]
        others = [key for key in body if key not in cases and key not in HEADER_FIELDS]
        if len(keys) != 1 or others:
            return False
        case = cases[keys[0]]
        header = not case.has_header or self._deciders[HEADER].is_valid(body)
        return header and bool(self._deciders[case.model].is_valid(body[keys[0]]))

    def _xml(self, model: MessageModel, mutants: int, seed: int, within: str = "") -> Tally:
        from lxml import etree

        tally = Tally(within or model.name, "xml")
        random = Random(f"{seed}{self.generation}{tally.model}xml")  # noqa: S311 - repeatable on purpose
        bases = [etree.fromstring(serialise(one, XML_TYPE, self.generation)) for one in self._bases(model)]
        for base in bases:
            self._compare_xml(tally, "exemple", base)
        for number, base in enumerate(islice(cycle(bases), mutants)):
            candidates = _xml_candidates(model.key, within)
            kind, mutant = xml_mutant(base, candidates, number // len(bases), random)
            self._compare_xml(tally, kind, etree.fromstring(etree.tostring(mutant)))
        return tally

    def _compare_xml(self, tally: Tally, kind: str, root: Any) -> None:  # noqa: ANN401
        from lxml import etree

        message = from_xml(root, self.generation)
        found = self._ours.validate(message)
        theirs = xsd_holds(root, message.document, self._theirs.xml)
        self._count(tally, kind, found, theirs, etree.tostring(root, encoding="unicode"))

    def _count(
        self, tally: Tally, kind: str, found: tuple[Diagnostic, ...], theirs: bool, what: object
    ) -> None:
        tally.compared += 1
        errors = [one for one in found if one.severity == "error"]
        if bool(errors) != theirs:
            tally.refused += not theirs
        elif theirs and tally.format == "xml" and all(one.layer == "envelope" for one in errors):
            tally.decided["enveloppe XML"] = tally.decided.get("enveloppe XML", 0) + 1
        else:
            verdict = "refusé ici, accepté par l'officiel" if errors else "accepté ici, refusé par l'officiel"
            told = f"{errors[0].path} : {errors[0].message}" if errors else ""
            tally.disagreements.append(f"{kind} : {verdict} ; {told} {what!s}")


def _holding(message: dict[str, Any], key: str, content: Any) -> dict[str, Any]:  # noqa: ANN401
    found = copy.deepcopy(message)
    found["content"][0]["jsonContent"]["embeddedJsonContent"]["message"][key] = content
    return found


def _json_part(key: str, within: str) -> tuple[Callable[[Any], Any], str]:
    """What is mutated, and what below it is not."""
    if within == ENVELOPE:
        return lambda document: document, "content"
    if within == HEADER:
        return inner, key
    return lambda document: inner(document)[key], ""


def _xml_candidates(key: str, within: str) -> Callable[[Any], list[Any]]:
    def found(root: Any) -> list[Any]:  # noqa: ANN401 - lxml elements
        message = message_element(root)
        content = next(one for one in message if local_name(one.tag) == key)
        if within == ENVELOPE:
            inside = set(message.iter())
            return [one for one in root.iter() if one not in inside]
        inside = set(content.iter())
        return (
            [one for one in message.iter() if one not in inside] if within == HEADER else list(content.iter())
        )

    return found

"""The built-in dictionary against an official bundle: examples and mutants, verdict by verdict."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import cycle, islice
from pathlib import Path
from random import Random
from typing import Any, Literal

from recette.messages.building import serialise
from recette.messages.dictionary.examples import example_message
from recette.messages.dictionary.generations import Edition
from recette.messages.dictionary.models import MessageModel, models
from recette.messages.json.schemas import ENVELOPE, HEADER, SchemaSet, nearest_edition
from recette.messages.json.shape import plain_shape
from recette.messages.official.bundle import ENVELOPE_FILE, bundled_examples, bundled_schemas
from recette.messages.official.mutants import json_mutant, json_removals, xml_mutant, xml_removals
from recette.messages.reading import MESSAGE_PATH, XML_TYPE, from_document, from_xml, inner
from recette.messages.validation.diagnostics import Diagnostic
from recette.messages.validation.validator import Validator
from recette.messages.xml.names import local_name, sayable
from recette.messages.xml.parsing import parse_xml
from recette.messages.xml.reading import message_element
from recette.messages.xml.validation import xsd_holds

_LARGEST = 1
"""Which of the messages to start from holds all that there is."""
Format = Literal["json", "xml"]
MUTANTS = 200
"""Mutants for one message and format."""
BETWEEN = "entre les sources"
DECIDED = {
    "enveloppe XML": "le profil du hub (DST 3.4.3) est exigé en XML comme en JSON, le XSD d'OASIS est plus large",
    "clé inconnue": "une clé inconnue à côté de l'en-tête passe le JSON Schema, mais le hub ne sait pas la lire (102)",
    BETWEEN: "une espace à la place du T de dateTimeExpires est entre les sources, et n'est pas dite fausse",
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
    """Both judges of one edition: the one that is named, or the nearest to the bundle."""

    def __init__(self, bundle: Path, edition: Edition | None = None) -> None:
        """Raises BundleError."""
        found = SchemaSet.from_bundle(bundle)
        self.edition = edition or found.edition
        self.official = replace(found, edition=self.edition)
        shapes = {name: plain_shape(one) for name, one in self.official.schemas.items()}
        self.differing = nearest_edition(shapes, (self.edition,))[1]
        """Messages whose JSON Schemas demand something else than the dictionary's."""
        self._ours = Validator(SchemaSet.builtin(self.edition))
        self._theirs = Validator(self.official)
        self._whole = _untouched(bundle)
        self._examples = bundled_examples(bundle)

    def run(self, mutants: int = MUTANTS, seed: int = 0, closely: Collection[str] = ()) -> Iterator[Tally]:
        """One tally a message and format; of the messages looked at `closely`, whatever they hold is once taken away."""
        for model in models(self.edition):
            tally = self._json(model, mutants, seed)
            if model.name in closely:
                part, skip = _json_part(model.key, "")
                for mutant in json_removals(self._bases(model)[_LARGEST], part, skip):
                    self._compare_json(tally, "champ retiré", mutant)
            yield tally
            if model.key in sayable(self.edition):
                tally = self._xml(model, mutants, seed)
                if model.name in closely:
                    self._remove_each(tally, model)
                yield tally
        reference = next(one for one in models(self.edition) if one.name == "RS-RI")
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
        random = Random(f"{seed}{self.edition}{tally.model}json")  # noqa: S311 - repeatable on purpose
        part, skip = _json_part(model.key, within)
        for base in bases:
            self._compare_json(tally, "exemple", base)
        for number, base in enumerate(islice(cycle(bases), mutants)):
            self._compare_json(tally, *json_mutant(base, part, skip, _turn(number, bases), random))
        return tally

    def _compare_json(self, tally: Tally, kind: str, document: dict[str, Any]) -> None:
        found = self._ours.validate(from_document(document, self.edition))
        self._count(tally, kind, found, bool(self._whole.is_valid(document)), document)

    def _xml(self, model: MessageModel, mutants: int, seed: int, within: str = "") -> Tally:
        from lxml import etree

        tally = Tally(within or model.name, "xml")
        random = Random(f"{seed}{self.edition}{tally.model}xml")  # noqa: S311 - repeatable on purpose
        bases = [etree.fromstring(serialise(one, XML_TYPE, self.edition)) for one in self._bases(model)]
        bases += self._written_in_xml(model, bases[0])
        for base in bases:
            self._compare_xml(tally, "exemple", base)
        for number, base in enumerate(islice(cycle(bases), mutants)):
            candidates = _xml_candidates(model.key, within)
            kind, mutant = xml_mutant(base, candidates, _turn(number, bases), random)
            self._compare_xml(tally, kind, etree.fromstring(etree.tostring(mutant)))
        return tally

    def _written_in_xml(self, model: MessageModel, whole: Any) -> list[Any]:  # noqa: ANN401 - lxml elements
        """The official examples in XML as they are written, each in the envelope of `whole`."""
        found = []
        for name, data in self._examples.items():
            content = parse_xml(data)[0] if name.endswith(".xml") else None
            if content is not None and local_name(content.tag) == model.key:
                root = copy.deepcopy(whole)
                message = message_element(root)
                message.replace(message[-1], content)
                found.append(root)
        return found

    def _remove_each(self, tally: Tally, model: MessageModel) -> None:
        from lxml import etree

        whole = etree.fromstring(serialise(self._bases(model)[_LARGEST], XML_TYPE, self.edition))
        for mutant in xml_removals(whole, _xml_candidates(model.key, "")):
            self._compare_xml(tally, "élément retiré", etree.fromstring(etree.tostring(mutant)))

    def _compare_xml(self, tally: Tally, kind: str, root: Any) -> None:  # noqa: ANN401
        from lxml import etree

        message = from_xml(root, self.edition)
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
        elif decided := _decided(tally.format, errors) if theirs else _between(found):
            tally.decided[decided] = tally.decided.get(decided, 0) + 1
        else:
            verdict = "refusé ici, accepté par l'officiel" if errors else "accepté ici, refusé par l'officiel"
            told = f"{errors[0].path} : {errors[0].message}" if errors else ""
            tally.disagreements.append(f"{kind} : {verdict} ; {told} {what!s}")


def _turn(number: int, bases: Sequence[object]) -> int:
    """Which kind of defect comes next: all of them soon, and each base meets all of them."""
    return number + number // len(bases)


def _untouched(bundle: Path) -> Any:  # noqa: ANN401 - a jsonschema-rs validator
    """The official full schema as it is published, with its oneOf and its references to the other files."""
    import jsonschema_rs

    files = bundled_schemas(bundle)

    def retrieve(uri: str) -> Any:  # noqa: ANN401 - jsonschema-rs asks for a JSON tree
        return files[uri.rpartition("/")[2].removesuffix(".schema.json")]

    return jsonschema_rs.Draft7Validator(
        {**files[ENVELOPE_FILE], "$id": f"recette:///{ENVELOPE_FILE}.schema.json"},
        validate_formats=True,
        retriever=retrieve,
        pattern_options=jsonschema_rs.RegexOptions(),
    )


def _decided(form: Format, errors: list[Diagnostic]) -> str | None:
    """The decision of DECIDED that explains why these errors are ours alone."""
    if form == "xml" and all(one.layer == "envelope" for one in errors):
        return "enveloppe XML"
    if form == "json" and all(one.rule == "HD-08" and one.path != MESSAGE_PATH for one in errors):
        return "clé inconnue"
    return None


def _between(found: tuple[Diagnostic, ...]) -> str | None:
    """The decision that explains why what theirs refuses is no error of ours."""
    unsure = any(one.severity == "unsure" and one.path == "$.dateTimeExpires" for one in found)
    return BETWEEN if unsure else None


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

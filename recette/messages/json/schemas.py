"""The schemas that judge: compiled from the dictionary, taken from an official bundle, or restored from a journal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from recette.messages.dictionary import reader as dictionary
from recette.messages.dictionary.code_lists import codes, pattern
from recette.messages.dictionary.generations import Edition, Models, edition_of, editions
from recette.messages.dictionary.lines import FOLDER, DictionaryError
from recette.messages.dictionary.reader import Field, MessageEntry
from recette.messages.json.closed import OpenSchemaError, check_closed
from recette.messages.json.shape import plain_shape
from recette.messages.official.bundle import ENVELOPE_FILE, BundleError, bundled_schemas, bundled_xsd

Schema = dict[str, Any]
BUILTIN = "dictionnaire"
"""Source of the project's own schemas."""
ENVELOPE = "EDXL-DE"
HEADER = "RC-DE"
XML_DATETIME = r"^\s*-?\d{4,}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?\s*$"
"""xs:dateTime: Z, fractions and no offset at all are allowed (fact sheet 12.4)."""
EDXL_DATETIME = r"^\s*\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[-,+]\d\d:\d\d\s*$"
"""Dates of the envelope in XML (fact sheet 3.3)."""
_TEXTS = frozenset({"title", "description", "example", "examples", "$id", "$schema", "version"})


@dataclass(frozen=True, slots=True)
class UseCase:
    """What may stand beside the header: its key, the schema that judges it, whether it comes with a header."""

    key: str
    model: str
    has_header: bool


@dataclass(frozen=True, slots=True)
class SchemaSet:
    """The schemas that judge one edition, by message name, with where they come from."""

    edition: Edition
    """The one that they are, or, of an official bundle that the dictionary does not know, the nearest."""
    source: str
    schemas: Mapping[str, Schema]
    use_cases: Mapping[str, UseCase] = field(default_factory=dict)
    """By key; those of the dictionary where empty."""
    xsd: Mapping[str, str] = field(default_factory=dict)
    """Official XSDs by path; empty where the dictionary's own judge XML."""

    def __post_init__(self) -> None:
        if not self.use_cases:
            known = _dictionary_use_cases(self.edition)
            held = {key: one for key, one in known.items() if one.model in self.schemas}
            object.__setattr__(self, "use_cases", held)

    @property
    def generation(self) -> int:
        """The generation that they are of."""
        return self.edition.generation

    def demands(self, name: str) -> Schema:
        """What one message has to be, whatever the writing of its schema. Raises KeyError."""
        return plain_shape(self.schemas[name])

    @classmethod
    def builtin(cls, models: Models) -> SchemaSet:
        """Those of the project's own dictionary."""
        edition = edition_of(models)
        names = (name for name in dictionary.names() if edition in dictionary.entry(name).editions)
        return cls(edition, BUILTIN, {name: compiled(name, edition) for name in names})

    @classmethod
    def from_bundle(cls, path: Path, generation: int | None = None) -> SchemaSet:
        """Those of an official models repository at a tag: a folder or a zip. Raises BundleError."""
        published = bundled_schemas(path)
        beside = {f"{name}.schema.json" for name in published}
        for name, schema in published.items():
            try:
                check_closed(schema, beside)
            except OpenSchemaError as error:
                raise BundleError(f"{path} : {name}.schema.json, {error}") from error
        files = {name: _bare(schema) for name, schema in published.items()}
        if not {ENVELOPE_FILE, HEADER} <= files.keys():
            raise BundleError(
                f"{path} ne contient pas les schémas officiels (json-schema/{ENVELOPE_FILE}.schema.json, "
                f"{HEADER}.schema.json) : donnez le dépôt des modèles à un tag."
            )
        schemas, use_cases = _taken_apart(path, files)
        for name, schema in schemas.items():
            _check_usable(f"{path}", name, schema)
        try:
            shapes = {name: plain_shape(one) for name, one in schemas.items()}
        except (ValueError, TypeError, AttributeError) as error:
            told = "ses schémas ne sont pas écrits comme les schémas officiels"
            raise BundleError(f"{path} : {told} ({error}).") from error
        found, _ = nearest_edition(shapes)
        if generation is not None and found.generation != generation:
            raise BundleError(
                f"{path} contient les modèles de la génération {found.generation}, "
                f"le vHost attend la génération {generation}."
            )
        return cls(found, path.name, schemas, use_cases, bundled_xsd(path))

    @classmethod
    def from_json(cls, document: Mapping[str, Any], models: Models) -> SchemaSet:
        """What `to_json` wrote; the project's own where it wrote no schemas of that generation.

        Raises BundleError: a journal is whoever's, its schemas are held to what those of a bundle are.
        """
        edition = edition_of(models)
        if document.get("generation") != edition.generation:
            return cls.builtin(edition)
        try:
            use_cases = {
                str(key): UseCase(str(key), str(model), bool(has_header))
                for key, model, has_header in document.get("useCases", ())
            }
            schemas = {str(name): dict(one) for name, one in document["schemas"].items()}
            xsd = {str(name): str(one) for name, one in document.get("xsd", {}).items()}
            source = str(document["source"])
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise BundleError("les schémas du journal n'ont pas la forme que la recette écrit.") from error
        for name, schema in schemas.items():
            _check_usable(source, name, schema)
        missing = {ENVELOPE, HEADER, *(one.model for one in use_cases.values())} - schemas.keys()
        if missing:
            raise BundleError(f"{source} : le schéma {min(missing)} manque.")
        return cls(edition, source, schemas, use_cases, xsd)

    def to_json(self) -> dict[str, Any]:
        """All that is needed to judge again elsewhere."""
        return {
            "generation": self.generation,
            "edition": self.edition.tag,
            "source": self.source,
            "schemas": dict(self.schemas),
            "xsd": dict(self.xsd),
            "useCases": [[one.key, one.model, one.has_header] for one in self.use_cases.values()],
        }


def compiled(name: str, edition: Models, *, of_xml: bool = False) -> Schema:
    """The schema of one message in one edition, compiled from the dictionary. Raises DictionaryError.

    `of_xml`: as it holds for a tree that was read from XML, where XSD has other dates and anchors every pattern.
    """
    return _compiled(name, edition_of(edition), of_xml)


@cache
def _compiled(name: str, edition: Edition, of_xml: bool) -> Schema:
    return _object(dictionary.entry(name), edition, of_xml)


def field_schema(one: Field, edition: Models) -> Schema:
    """What an edition demands of one field."""
    return _schema(one, edition, of_xml=False)


def decider(schema: Schema) -> Any:  # noqa: ANN401 - jsonschema-rs is imported only where something is judged
    """What decides fast whether a value is valid: linear in the value, patterns included. Raises ValueError."""
    import jsonschema_rs

    return jsonschema_rs.Draft7Validator(
        schema,
        validate_formats=True,
        pattern_options=jsonschema_rs.RegexOptions(),
        retriever=_nothing_elsewhere,
    )


def nearest_edition(
    shapes: Mapping[str, Schema], among: Sequence[Edition] = ()
) -> tuple[Edition, tuple[str, ...]]:
    """The edition of the dictionary whose schemas are most like these, and the messages in which they still differ.

    Of those that are as near the newest; `among` all of them unless said.
    """
    best: tuple[Edition, tuple[str, ...]] | None = None
    for edition in reversed(among or editions()):
        own = {
            name: plain_shape(compiled(name, edition))
            for name in dictionary.names()
            if dictionary.entry(name).held_in(edition) and name != ENVELOPE
        }
        names = (own.keys() | shapes.keys()) - {ENVELOPE}
        differing = tuple(sorted(name for name in names if own.get(name) != shapes.get(name)))
        if best is None or len(differing) < len(best[1]):
            best = (edition, differing)
    if best is None:
        raise DictionaryError(f"{FOLDER} ne décrit aucune édition.")
    return best


def _nothing_elsewhere(uri: str) -> Any:  # noqa: ANN401 - jsonschema-rs asks for a JSON tree
    """Without it jsonschema-rs opens files and connections."""
    raise ValueError(f"{uri} n'est pas dans ce schéma")


def _check_usable(source: str, name: str, schema: Schema) -> None:
    try:
        check_closed(schema)
        decider(schema)
    except OpenSchemaError as error:
        raise BundleError(f"{source} : {name}.schema.json, {error}") from error
    except ValueError as error:
        raise BundleError(f"{source} : le schéma {name} est inutilisable ({_first_line(error)}).") from error


def _first_line(error: ValueError) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)


@cache
def _dictionary_use_cases(edition: Edition) -> dict[str, UseCase]:
    entries = (dictionary.entry(name) for name in dictionary.names())
    return {
        key: UseCase(key, one.name, one.header)
        for one in entries
        for key in (one.key_in(edition),)
        if one.whole and edition in one.editions
    }


def _taken_apart(path: Path, files: Mapping[str, Schema]) -> tuple[dict[str, Schema], dict[str, UseCase]]:
    """The official full schema as envelope and use cases: each content is then judged by its own, without oneOf."""
    schemas = {name: schema for name, schema in files.items() if not name.startswith("EDXL-DE")}
    try:
        definitions = dict(files[ENVELOPE_FILE]["definitions"])
        branches = definitions["EmbeddedJsonContent"]["oneOf"]
        use_cases: dict[str, UseCase] = {}
        for branch in branches:
            has_header = "allOf" in branch
            message = (branch["allOf"][1] if has_header else branch)["properties"]["message"]
            for one in message.get("oneOf", [message]):
                ((key, target),) = one["properties"].items()
                name = str(target["$ref"]).removesuffix(".schema.json")
                judged = key if name == HEADER else name  # the header as a content of its own
                schemas[judged] = files[name]
                use_cases[key] = UseCase(key, judged, has_header)
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise BundleError(
            f"{path} : {ENVELOPE_FILE}.schema.json n'a pas la forme attendue ({error!r})."
        ) from error
    definitions["EmbeddedJsonContent"] = {
        "type": "object",
        "required": ["message"],
        "properties": {"message": {"type": "object"}},
    }
    schemas[ENVELOPE] = {**files[ENVELOPE_FILE], "definitions": definitions}
    return schemas, use_cases


def _bare(node: Any) -> Any:  # noqa: ANN401 - a JSON tree
    """The schema without its texts; names of properties and definitions are kept, whatever they are."""
    if isinstance(node, dict):
        return {
            key: {name: _bare(child) for name, child in value.items()}
            if key in {"properties", "definitions"} and isinstance(value, dict)
            else _bare(value)
            for key, value in node.items()
            if key not in _TEXTS and not key.startswith("x-")
        }
    return [_bare(child) for child in node] if isinstance(node, list) else node


def _object(node: MessageEntry | Field, edition: Models, of_xml: bool) -> Schema:
    children = node.fields if isinstance(node, MessageEntry) else node.children
    fields = [child for child in children if child.held_in(edition)]
    schema: Schema = {
        "type": "object",
        "required": [child.name for child in fields if child.required],
        "properties": {child.name: _schema(child, edition, of_xml) for child in fields},
    }
    if not node.open:
        schema["additionalProperties"] = False
    return schema


def _schema(one: Field, edition: Models, of_xml: bool) -> Schema:
    single = _object(one, edition, of_xml) if one.kind == "object" else _scalar(one.kind, edition, of_xml)
    if not one.listed:
        return single
    schema: Schema = {"type": "array", "items": single}
    if one.least:
        schema["minItems"] = one.least
    if one.most is not None:
        schema["maxItems"] = one.most
    return schema


def _scalar(kind: str, edition: Models, of_xml: bool) -> Schema:
    family, _, name = kind.partition(":")
    match family:
        case "id" | "match" if of_xml:
            whole = pattern(name, edition).removeprefix("^").removesuffix("$")
            return {"type": "string", "pattern": f"^{whole}$"}
        case "datetime" if of_xml:
            return {"type": "string", "pattern": XML_DATETIME}
        case "instant" if of_xml:
            return {"type": "string", "pattern": EDXL_DATETIME}
        case "integer" if of_xml:
            return {"type": kind, "minimum": -(2**31), "maximum": 2**31 - 1}
        case "code":
            return {"type": "string", "enum": list(codes(name, edition))}
        case "id" | "match":
            return {"type": "string", "pattern": pattern(name, edition)}
        case "datetime":
            return {"type": "string", "pattern": pattern("datetime", edition), "format": "date-time"}
        case "instant":
            return {"type": "string", "format": "date-time"}
        case _:
            return {"type": kind}


__all__ = [
    "BUILTIN",
    "ENVELOPE",
    "HEADER",
    "BundleError",
    "Schema",
    "SchemaSet",
    "UseCase",
    "compiled",
    "decider",
    "nearest_edition",
]

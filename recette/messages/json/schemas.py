"""The schemas that judge: compiled from the dictionary, taken from an official bundle, or restored from a journal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from recette.messages.dictionary import reader as dictionary
from recette.messages.dictionary.code_lists import codes, pattern
from recette.messages.dictionary.reader import Field, MessageEntry
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
    """The schemas that judge one generation, by message name, with where they come from."""

    generation: int
    source: str
    schemas: Mapping[str, Schema]
    use_cases: Mapping[str, UseCase] = field(default_factory=dict)
    """By key; those of the dictionary where empty."""
    xsd: Mapping[str, str] = field(default_factory=dict)
    """Official XSDs by path; empty where the dictionary's own judge XML."""

    def __post_init__(self) -> None:
        if not self.use_cases:
            known = _dictionary_use_cases(self.generation)
            held = {key: one for key, one in known.items() if one.model in self.schemas}
            object.__setattr__(self, "use_cases", held)

    @classmethod
    def builtin(cls, generation: int) -> SchemaSet:
        """Those of the project's own dictionary."""
        names = (name for name in dictionary.names() if generation in dictionary.entry(name).generations)
        return cls(generation, BUILTIN, {name: compiled(name, generation) for name in names})

    @classmethod
    def from_bundle(cls, path: Path, generation: int | None = None) -> SchemaSet:
        """Those of an official models repository at a tag: a folder or a zip. Raises BundleError."""
        files = {name: _bare(schema) for name, schema in bundled_schemas(path).items()}
        if not {ENVELOPE_FILE, HEADER} <= files.keys():
            raise BundleError(
                f"{path} ne contient pas les schémas officiels (json-schema/{ENVELOPE_FILE}.schema.json, "
                f"{HEADER}.schema.json) : donnez le dépôt des modèles à un tag."
            )
        found = generation_of(files)
        if generation is not None and found != generation:
            raise BundleError(
                f"{path} contient les modèles de la génération {found}, le vHost attend la génération {generation}."
            )
        schemas, use_cases = _taken_apart(path, files)
        for name, schema in schemas.items():
            try:
                decider(schema)
            except ValueError as error:
                raise BundleError(f"{path} : le schéma {name} est inutilisable ({error}).") from error
        return cls(found, path.name, schemas, use_cases, bundled_xsd(path))

    @classmethod
    def from_json(cls, document: Mapping[str, Any], generation: int) -> SchemaSet:
        """What `to_json` wrote; the project's own where it wrote no schemas of that generation."""
        if document.get("generation") != generation:
            return cls.builtin(generation)
        use_cases = {
            str(key): UseCase(str(key), str(model), bool(has_header))
            for key, model, has_header in document.get("useCases", ())
        }
        return cls(
            generation, str(document["source"]), document["schemas"], use_cases, document.get("xsd", {})
        )

    def to_json(self) -> dict[str, Any]:
        """All that is needed to judge again elsewhere."""
        return {
            "generation": self.generation,
            "source": self.source,
            "schemas": dict(self.schemas),
            "xsd": dict(self.xsd),
            "useCases": [[one.key, one.model, one.has_header] for one in self.use_cases.values()],
        }


@cache
def compiled(name: str, generation: int, *, of_xml: bool = False) -> Schema:
    """The schema of one message in one generation, compiled from the dictionary. Raises DictionaryError.

    `of_xml`: as it holds for a tree that was read from XML, where XSD has other dates and anchors every pattern.
    """
    return _object(dictionary.entry(name), generation, of_xml)


def decider(schema: Schema) -> Any:  # noqa: ANN401 - jsonschema-rs is imported only where something is judged
    """What decides fast whether a value is valid: linear in the value, patterns included. Raises ValueError."""
    import jsonschema_rs

    return jsonschema_rs.Draft7Validator(
        schema, validate_formats=True, pattern_options=jsonschema_rs.RegexOptions()
    )


def generation_of(schemas: Mapping[str, Schema]) -> int:
    """The generation that these official schemas are of, told by what only it has (fact sheet 5.1, 6.2)."""
    if "RPIS" in schemas:
        return 1
    return 3 if "step" in schemas.get("RC-REF", {}).get("properties", {}) else 2


@cache
def _dictionary_use_cases(generation: int) -> dict[str, UseCase]:
    entries = (dictionary.entry(name) for name in dictionary.names())
    return {
        one.key: UseCase(one.key, one.name, one.header)
        for one in entries
        if one.key != "-" and generation in one.generations
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


def _object(node: MessageEntry | Field, generation: int, of_xml: bool) -> Schema:
    children = node.fields if isinstance(node, MessageEntry) else node.children
    fields = [child for child in children if child.in_generation(generation)]
    schema: Schema = {
        "type": "object",
        "required": [child.name for child in fields if child.required],
        "properties": {child.name: _schema(child, generation, of_xml) for child in fields},
    }
    if not node.open:
        schema["additionalProperties"] = False
    return schema


def _schema(one: Field, generation: int, of_xml: bool) -> Schema:
    single = (
        _object(one, generation, of_xml) if one.kind == "object" else _scalar(one.kind, generation, of_xml)
    )
    if not one.listed:
        return single
    schema: Schema = {"type": "array", "items": single}
    if one.least:
        schema["minItems"] = one.least
    if one.most is not None:
        schema["maxItems"] = one.most
    return schema


def _scalar(kind: str, generation: int, of_xml: bool) -> Schema:
    family, _, name = kind.partition(":")
    match family:
        case "id" | "match" if of_xml:
            whole = pattern(name, generation).removeprefix("^").removesuffix("$")
            return {"type": "string", "pattern": f"^{whole}$"}
        case "datetime" if of_xml:
            return {"type": "string", "pattern": XML_DATETIME}
        case "instant" if of_xml:
            return {"type": "string", "pattern": EDXL_DATETIME}
        case "integer" if of_xml:
            return {"type": kind, "minimum": -(2**31), "maximum": 2**31 - 1}
        case "code":
            return {"type": "string", "enum": list(codes(name, generation))}
        case "id" | "match":
            return {"type": "string", "pattern": pattern(name, generation)}
        case "datetime":
            return {"type": "string", "pattern": pattern("datetime", generation), "format": "date-time"}
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
    "generation_of",
]

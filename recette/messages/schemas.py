"""JSON Schema (draft 7): compiled from the dictionary, taken from an official bundle, or restored from a journal."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from recette.messages import dictionary_reader as dictionary
from recette.messages.dictionary_reader import Field, MessageEntry

Schema = dict[str, Any]
BUILTIN = "dictionnaire"
"""Source of the project's own schemas."""
ENVELOPE = "EDXL-DE"
HEADER = "RC-DE"
_TEXTS = frozenset({"title", "description", "example", "examples", "$id", "$schema", "version", "x-id"})
_TAGS = {"1.3.0": 1, "2.4.0": 2, "3.4.1": 3}


class BundleError(ValueError):
    """An official bundle that cannot be used; the text says which file and what to give instead."""


@cache
def compiled(name: str, generation: int) -> Schema:
    """The schema of one message in one generation, compiled from the dictionary."""
    return _object(dictionary.entry(name), generation)


@dataclass(frozen=True, slots=True)
class SchemaSet:
    """The schemas that judge one generation, by message name, with where they come from."""

    generation: int
    source: str
    schemas: Mapping[str, Schema]

    @classmethod
    def builtin(cls, generation: int) -> SchemaSet:
        """Those of the project's own dictionary."""
        names = (name for name in dictionary.names() if generation in dictionary.entry(name).generations)
        return cls(generation, BUILTIN, {name: compiled(name, generation) for name in names})

    @classmethod
    def from_bundle(cls, path: Path, generation: int | None = None) -> SchemaSet:
        """Those of an official models repository at a tag: a folder or a zip. Raises BundleError."""
        schemas = {name: _bare(schema) for name, schema in _bundled(path).items()}
        if not {ENVELOPE, HEADER} <= schemas.keys():
            raise BundleError(
                f"{path} ne contient pas les schémas officiels (json-schema/EDXL-DE-full.schema.json, "
                "RC-DE.schema.json) : donnez le dépôt des modèles à un tag."
            )
        found = generation_of(schemas)
        if generation is not None and found != generation:
            raise BundleError(
                f"{path} contient les modèles de la génération {found}, le vHost attend la génération {generation}."
            )
        return cls(found, path.name, schemas)

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> SchemaSet:
        """What `to_json` wrote."""
        generation = int(document["generation"])
        if "schemas" not in document:
            return cls.builtin(generation)
        return cls(generation, str(document["source"]), document["schemas"])

    def to_json(self) -> dict[str, Any]:
        """All that is needed to judge again elsewhere."""
        document: dict[str, Any] = {"generation": self.generation, "source": self.source}
        if self.source != BUILTIN:
            document["schemas"] = dict(self.schemas)
        return document


def generation_of(schemas: Mapping[str, Schema]) -> int:
    """The generation that these official schemas are of, told by what only it has."""
    if "RPIS" in schemas:
        return 1
    return 3 if "RC-RI" in schemas or "RS-SAS-RDV" in schemas else 2


def bundle_file(path: Path, *candidates: str) -> bytes | None:
    """The first of `candidates` (paths below the bundle's root) that the bundle has. Raises BundleError."""
    files = _files(path, lambda name: any(name == c or name.endswith(f"/{c}") for c in candidates))
    return next((files[name] for name in sorted(files, key=len)), None)


def _bundled(path: Path) -> dict[str, Schema]:
    found: dict[str, Schema] = {}
    for name, data in _files(path, lambda n: n.endswith(".schema.json") and "json-schema/" in n).items():
        stem = Path(name).name.removesuffix(".schema.json")
        try:
            schema = json.loads(data)
        except ValueError as error:
            raise BundleError(f"{path} : {name} n'est pas du JSON ({error}).") from error
        if stem == "EDXL-DE-full":
            schema["definitions"]["EmbeddedJsonContent"] = {
                "type": "object",
                "required": ["message"],
                "properties": {"message": {"type": "object"}},
            }
            found[ENVELOPE] = schema
        elif not stem.startswith("EDXL-DE"):
            found[stem] = schema
    return found


def _files(path: Path, wanted: Any) -> dict[str, bytes]:  # noqa: ANN401 - a predicate on names
    try:
        if path.is_dir():
            names = {p.relative_to(path).as_posix(): p for p in path.rglob("*") if p.is_file()}
            return {name: p.read_bytes() for name, p in names.items() if wanted(name)}
        with zipfile.ZipFile(io.BytesIO(path.read_bytes())) as archive:
            return {name: archive.read(name) for name in archive.namelist() if wanted(name)}
    except (OSError, zipfile.BadZipFile) as error:
        raise BundleError(
            f"Le lot de modèles {path} n'est ni un dossier ni un zip lisible ({error})."
        ) from error


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


def _object(node: MessageEntry | Field, generation: int) -> Schema:
    children = node.fields if isinstance(node, MessageEntry) else node.children
    fields = [child for child in children if child.in_generation(generation)]
    schema: Schema = {
        "type": "object",
        "required": [field.name for field in fields if field.required],
        "properties": {field.name: _schema(field, generation) for field in fields},
    }
    if not node.open:
        schema["additionalProperties"] = False
    return schema


def _schema(field: Field, generation: int) -> Schema:
    single = _object(field, generation) if field.kind == "object" else _scalar(field.kind, generation)
    if not field.listed:
        return single
    schema: Schema = {"type": "array", "items": single}
    if field.least:
        schema["minItems"] = field.least
    if field.most is not None:
        schema["maxItems"] = field.most
    return schema


def _scalar(kind: str, generation: int) -> Schema:
    family, _, name = kind.partition(":")
    match family:
        case "code":
            return {"type": "string", "enum": list(dictionary.codes(name, generation))}
        case "id" | "match":
            return {"type": "string", "pattern": dictionary.pattern(name, generation)}
        case "datetime":
            return {
                "type": "string",
                "pattern": dictionary.pattern("datetime", generation),
                "format": "date-time",
            }
        case "instant":
            return {"type": "string", "format": "date-time"}
        case _:
            return {"type": kind}

"""A bundle in the official layout, made of the dictionary: what a test changes in it is all that is odd in it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from recette.messages.json.schemas import ENVELOPE, HEADER, SchemaSet

Files = dict[str, dict[str, Any]]


def write_bundle(
    folder: Path, change: Callable[[Files], object] = lambda _: None, generation: int = 1
) -> Path:
    """Write the JSON schemas of one generation; `change` gets them first, by name."""
    known = SchemaSet.builtin(generation)
    files: Files = json.loads(
        json.dumps({name: one for name, one in known.schemas.items() if name != ENVELOPE})
    )
    branches = []
    for one in known.use_cases.values():
        named = {"properties": {one.key: {"$ref": f"{one.model}.schema.json"}}}
        if one.model == one.key == "distributionElement":
            named = {"properties": {one.key: {"$ref": f"{HEADER}.schema.json"}}}
        header = {"$ref": f"{HEADER}.schema.json"}
        message = {"properties": {"message": named}}
        branches.append({"allOf": [header, message]} if one.has_header else message)
    files.pop("distributionElement", None)
    whole = json.loads(json.dumps(known.schemas[ENVELOPE]))
    files["EDXL-DE-full"] = {**whole, "definitions": {"EmbeddedJsonContent": {"oneOf": branches}}}
    change(files)
    (folder / "json-schema").mkdir(parents=True)
    for name, schema in files.items():
        (folder / "json-schema" / f"{name}.schema.json").write_text(json.dumps(schema), encoding="utf-8")
    return folder

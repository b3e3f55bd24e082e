"""The dictionary as files for others: JSON Schema, XSD, and example messages in both formats."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from recette.messages.building import serialise
from recette.messages.dictionary.examples import example_message
from recette.messages.dictionary.generations import Edition
from recette.messages.dictionary.models import models
from recette.messages.json.schemas import ENVELOPE, HEADER, compiled
from recette.messages.reading import XML_TYPE
from recette.messages.xml.names import sayable
from recette.messages.xml.xsd import documents

_DRAFT = "http://json-schema.org/draft-07/schema#"


def export(folder: Path, edition: Edition) -> int:
    """Write one edition below `folder`; the number of files. Raises OSError."""
    files: dict[str, bytes] = {}
    for name in (ENVELOPE, HEADER, *(one.name for one in models(edition))):
        schema = {"$schema": _DRAFT, "title": name, **compiled(name, edition)}
        files[f"json-schema/{name}.schema.json"] = _pretty(schema)
    for name, text in documents(edition).items():
        files[f"xsd/{name}"] = b"<?xml version='1.0' encoding='UTF-8'?>\n" + _indented(text)
    for model in models(edition):
        for size in ("minimal", "maximal"):
            message = example_message(model, size)
            files[f"examples/{model.name}/{size}.json"] = _pretty(message)
            if model.key in sayable(edition):
                files[f"examples/{model.name}/{size}.xml"] = serialise(message, XML_TYPE, edition)
    for name, data in files.items():
        path = folder / edition.tag / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return len(files)


def _pretty(document: dict[str, Any]) -> bytes:
    return json.dumps(document, ensure_ascii=False, indent=2).encode() + b"\n"


def _indented(text: str) -> bytes:
    from lxml import etree

    root = etree.fromstring(text)
    etree.indent(root)
    return bytes(etree.tostring(root, encoding="UTF-8")) + b"\n"

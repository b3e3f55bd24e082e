"""The XML namespaces of an official bundle."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from recette.messages.xml.names import local_name


def namespaces(xsd: Mapping[str, str]) -> dict[str, str]:
    """The namespace of each content by its element, and that of `message` under an empty name."""
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    found: dict[str, str] = {}
    for file, text in xsd.items():
        root = etree.fromstring(text.encode(), parser)
        space = root.get("targetNamespace", "")
        if Path(file).name == "RC-XML-ContentType.xsd":
            found[""] = space
        for child in root:
            if isinstance(child.tag, str) and local_name(child.tag) == "element" and "/" not in file:
                found.setdefault(child.get("name", ""), space)
    return found

"""What a message is called in XML: namespaces, and what a generation has no name for (fact sheet 3.3)."""

from __future__ import annotations

from functools import cache, lru_cache

from recette.messages.dictionary import reader as dictionary
from recette.messages.dictionary.reader import MessageEntry

ENVELOPE_NS = "urn:oasis:names:tc:emergency:EDXL:DE:2.0"
TYPES_NS = "urn:oasis:names:tc:emergency:edxl:ct:1.0"
XLINK_NS = "http://www.w3.org/1999/xlink"
ROOT = "edxlDistribution"
CONTENT_STEPS = ("content", "contentObject", "contentXML", "embeddedXMLContent", "message")
_MESSAGE_NS = {1: "urn:emergency:cisu:2.0", 2: "urn:emergency:cisu:2.0", 3: "urn:emergency:eda:1.9"}
_IN_MESSAGE_NS = frozenset({"customContent", "distributionElement"})
_CASE_KEPT = frozenset({"createCase", "createCaseHealth", "createCaseHealthUpdate", "technicalNoreq"})


def message_namespace(generation: int) -> str:
    """The namespace of `message` and of its header."""
    return _MESSAGE_NS[generation]


def content_namespace(key: str, generation: int) -> str:
    """The namespace of what stands under a use-case key."""
    base = _MESSAGE_NS[generation]
    if key in _IN_MESSAGE_NS:
        return base
    return f"{base}:{key.lower() if generation == 3 and key not in _CASE_KEPT else key}"


@cache
def sayable(generation: int) -> dict[str, MessageEntry]:
    """The messages that a generation can carry in XML, by use-case key."""
    entries = (dictionary.entry(name) for name in dictionary.names())
    return {one.key: one for one in entries if one.key != "-" and generation in one.xml_generations}


@lru_cache(maxsize=8192)
def local_name(tag: str) -> str:
    """The name without its namespace."""
    return tag.rpartition("}")[2]


def namespace(tag: str) -> str:
    """The namespace of a tag; empty where it has none."""
    return tag[1:].rpartition("}")[0] if tag.startswith("{") else ""

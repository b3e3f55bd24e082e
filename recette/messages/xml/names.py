"""What a message is called in XML: namespaces, and what an edition has no name for (fact sheet 3.3)."""

from __future__ import annotations

from functools import cache, lru_cache

from recette.messages.dictionary import reader as dictionary
from recette.messages.dictionary.generations import Edition, Models, edition_of
from recette.messages.dictionary.reader import MessageEntry

ENVELOPE_NS = "urn:oasis:names:tc:emergency:EDXL:DE:2.0"
TYPES_NS = "urn:oasis:names:tc:emergency:edxl:ct:1.0"
XLINK_NS = "http://www.w3.org/1999/xlink"
ROOT = "edxlDistribution"
CONTENT_STEPS = ("content", "contentObject", "contentXML", "embeddedXMLContent", "message")
IN_MESSAGE_NAMESPACE = frozenset({"customContent", "distributionElement"})


def message_namespace(edition: Models) -> str:
    """The namespace of `message` and of its header."""
    return edition_of(edition).namespace


def content_namespace(key: str, edition: Models) -> str:
    """The namespace of what stands under a use-case key."""
    return _content_namespace(key, edition_of(edition))


@cache
def _content_namespace(key: str, edition: Edition) -> str:
    if key in IN_MESSAGE_NAMESPACE:
        return edition.namespace
    entries = (dictionary.entry(name) for name in dictionary.names())
    own = next(
        (one.space_in(edition) for one in entries if one.key_in(edition) == key and edition in one.editions),
        "",
    )
    return f"{edition.namespace}:{own or (key.lower() if edition.contents_lower else key)}"


def sayable(edition: Models) -> dict[str, MessageEntry]:
    """The messages that an edition can carry in XML, by use-case key."""
    return _sayable(edition_of(edition))


@cache
def _sayable(edition: Edition) -> dict[str, MessageEntry]:
    entries = (dictionary.entry(name) for name in dictionary.names())
    return {one.key_in(edition): one for one in entries if one.whole and edition in one.xml_editions}


@lru_cache(maxsize=8192)
def local_name(tag: str) -> str:
    """The name without its namespace."""
    return tag.rpartition("}")[2]


def namespace(tag: str) -> str:
    """The namespace of a tag; empty where it has none."""
    return tag[1:].rpartition("}")[0] if tag.startswith("{") else ""

"""Says in French what XSD refuses, and where: order, names, namespaces and repetition here, values as for JSON."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from recette.messages.dictionary import reader as dictionary
from recette.messages.dictionary.generations import Models, edition_of
from recette.messages.dictionary.models import model_of_key
from recette.messages.reading import HEADER_FIELDS, MESSAGE_PATH
from recette.messages.validation.diagnostics import Diagnostic, Layer, below
from recette.messages.xml.names import (
    CONTENT_STEPS,
    ENVELOPE_NS,
    XLINK_NS,
    content_namespace,
    local_name,
    message_namespace,
    namespace,
)
from recette.messages.xml.reading import Shape, Shapes, shapes
from recette.wording.values import plain, shown

MAX_EXPLAINED = 50
"""Errors of structure explained for one message."""
_XSI_NS = "http://www.w3.org/2001/XMLSchema-instance"
_KEYWORD = Shape("object", True, Shapes())  # allowed in XML alone (fact sheet 3.2)
_DATATYPE = re.compile(r"not a valid value of the (?:local )?(?:atomic|list|union)? ?type '([^']{1,100})'")
_PREFIXED = re.compile(r"(?<=/)[\w.-]{1,200}:([\w.-]{1,200})")
_RULE = "EN-15"
_LANGUAGE = "$.descriptor.language"
"""What XSD has a type for, and another requirement speaks of."""


@dataclass(frozen=True, slots=True)
class _Node:
    """One element with what the dictionary says of its place."""

    element: Any
    path: str
    layer: Layer
    space: str
    known: Mapping[str, Shape] | None
    """Its children in order; None for a text, empty where anything may stand."""
    above: str = ""
    """The namespace that the element around it should have."""

    def said(self, message: str, expected: str = "", actual: str = "", path: str = "") -> Diagnostic:
        return Diagnostic(self.layer, path or self.path, _RULE, message, expected, actual)

    @property
    def name(self) -> str:
        return plain(local_name(self.element.tag), 60)


def structure(root: Any, edition: Models) -> tuple[Diagnostic, ...]:  # noqa: ANN401 - an lxml element
    """What is wrong in the names, namespaces, order and repetition of elements."""
    found = (one for node in _nodes(root, edition) for one in _of_node(node))
    return tuple(islice(found, MAX_EXPLAINED))


def said_by_xsd(root: Any, edition: Models, errors: Any) -> tuple[Diagnostic, ...]:  # noqa: ANN401
    """The words of libxml2's own errors, at the place of the tree that each is about."""
    nodes = {node.element: node for node in _nodes(root, edition)}
    tree = root.getroottree()
    found: dict[tuple[str, str], Diagnostic] = {}
    for error in islice(errors, MAX_EXPLAINED):
        at = _at(tree, error.path, root)
        while at not in nodes and at.getparent() is not None:
            at = at.getparent()
        node = nodes.get(at, nodes[root])
        datatype = _DATATYPE.search(error.message)
        if datatype and node.path == _LANGUAGE:
            text = "language n'est pas une étiquette de langue."
            one = Diagnostic(node.layer, node.path, "EN-10", text, "fr-FR", shown(node.element.text or ""))
        elif datatype:
            text = f"« {node.name} » n'est pas une valeur de type {plain(local_name(datatype[1]), 60)}."
            one = node.said(text, plain(local_name(datatype[1]), 60), shown(node.element.text or ""))
        else:
            text = f"« {node.name} » ne respecte pas le XSD de la {edition_of(edition).title}."
            one = node.said(text, "la structure du XSD", plain(error.type_name))
        found.setdefault((one.path, one.message), one)
    if not found:
        text = "Le message ne respecte pas son XSD (aucune explication plus précise)."
        return (nodes[root].said(text, f"le XSD de la {edition_of(edition).title}", nodes[root].name),)
    return tuple(found.values())


def _at(tree: Any, path: str | None, root: Any) -> Any:  # noqa: ANN401
    """The element that libxml2 names: `/*/*[8]`, with prefixes as the document has them."""
    from lxml import etree

    try:
        found = tree.xpath(_PREFIXED.sub(r"*[local-name()='\1']", path)) if path else []
    except etree.XPathError:
        found = []
    return found[0] if found else root


def _nodes(root: Any, edition: Models) -> Iterator[_Node]:  # noqa: ANN401
    if local_name(root.tag) != "edxlDistribution":
        yield from _content(root, "$", edition)
        return
    known = {**shapes("EDXL-DE", edition)}
    yield _Node(root, "$", "envelope", ENVELOPE_NS, known)
    around = ENVELOPE_NS
    for child in root:
        name = local_name(child.tag)
        if name == "content":
            yield from _wrapping(child, edition)
        elif name == "descriptor":
            inside = known["descriptor"].children
            inside = Shapes({"language": inside["language"], "keyword": _KEYWORD, **inside})
            yield from _below(child, "$.descriptor", "envelope", ENVELOPE_NS, inside, around)
        else:
            yield from _below(child, below("$", name), "envelope", ENVELOPE_NS, None, around)


def _wrapping(content: Any, edition: Models) -> Iterator[_Node]:  # noqa: ANN401
    level, path = content, "$.content[0]"
    for step, deeper in zip(
        CONTENT_STEPS[1:], ("", ".jsonContent", ".embeddedJsonContent", ".message"), strict=True
    ):
        known = {step: Shape("object", step == "contentObject", Shapes())}
        yield _Node(level, path, "envelope", ENVELOPE_NS, known, ENVELOPE_NS)
        level = next((one for one in level if local_name(one.tag) == step), None)
        if level is None:
            return
        path += deeper
    keys = [local_name(one.tag) for one in level if local_name(one.tag) not in HEADER_FIELDS]
    header = shapes("RC-DE", edition)
    known = {
        **header,
        **{key: Shape("object", False, Shapes()) for key in keys if model_of_key(key, edition)},
    }
    space = message_namespace(edition)
    yield _Node(level, MESSAGE_PATH, "header", space, known, ENVELOPE_NS)
    for number, one in _numbered(level, header):
        name = local_name(one.tag)
        if name not in header:
            yield from _content(one, MESSAGE_PATH, edition, space)
            continue
        where = below(MESSAGE_PATH, name, number) if header[name].listed else below(MESSAGE_PATH, name)
        inside = header[name].children if header[name].kind == "object" else None
        yield from _below(one, where, "header", space, inside, space)


def _content(element: Any, path: str, edition: Models, above: str = "") -> Iterator[_Node]:  # noqa: ANN401
    key = local_name(element.tag)
    model = model_of_key(key, edition)
    known = shapes(model.name, edition) if model and not dictionary.entry(model.name).open else {}
    # Of a key that names no message, no namespace is right: the key itself is told.
    space = content_namespace(key, edition) if model else namespace(element.tag)
    yield from _below(element, below(path, key), "content", space, known, above)


def _below(
    element: Any,  # noqa: ANN401
    path: str,
    layer: Layer,
    space: str,
    known: Mapping[str, Shape] | None,
    above: str,
) -> Iterator[_Node]:
    yield _Node(element, path, layer, space, known, above)
    if not known:
        return
    for number, child in _numbered(element, known):
        name = local_name(child.tag)
        shape = known.get(name)
        if shape is None:
            continue
        where = below(path, name, number) if shape.listed else below(path, name)
        yield from _below(
            child, where, layer, space, shape.children if shape.kind == "object" else None, space
        )


def _numbered(element: Any, known: Mapping[str, Shape]) -> Iterator[tuple[int, Any]]:  # noqa: ANN401
    seen: dict[str, int] = {}
    for child in element:
        name = local_name(child.tag)
        yield seen.get(name, 0), child
        if name in known:
            seen[name] = seen.get(name, 0) + 1


def _of_node(node: _Node) -> Iterator[Diagnostic]:
    got = namespace(node.element.tag)
    if got != node.space and not _told_above(node, got):
        text = f"L'élément « {node.name} » n'est pas dans l'espace de noms de cette génération."
        yield node.said(text, node.space, plain(got) or "aucun espace de noms")
    for name in node.element.attrib:
        if namespace(name) not in {_XSI_NS, XLINK_NS} and node.known != {}:
            text = f"L'attribut « {plain(local_name(name), 60)} » n'existe pas sur « {node.name} »."
            yield node.said(text, "aucun attribut", plain(local_name(name), 60))
    if node.path == "$" and node.layer == "envelope" and f"{{{XLINK_NS}}}type" not in node.element.attrib:
        yield node.said("L'attribut « xlink:type » manque sur la racine.", "extended", "absent")
    if node.known is None and len(node.element):
        yield node.said(
            f"« {node.name} » est un texte : il ne contient pas d'élément.", "un texte", "des éléments"
        )
    if node.known:
        yield from _children(node, node.known)


def _told_above(node: _Node, got: str) -> bool:
    """Whether the element around it is wrong in the same way: one wrong declaration is told once."""
    parent = node.element.getparent()
    return node.above == node.space and parent is not None and namespace(parent.tag) == got


def _children(node: _Node, known: Mapping[str, Shape]) -> Iterator[Diagnostic]:
    order = {name: place for place, name in enumerate(known)}
    last, seen, told = -1, set[str](), False
    stray = (node.element.text or "", *(child.tail or "" for child in node.element))
    text = next((one for one in stray if one.strip()), None)
    if text is not None:
        yield node.said(f"« {node.name} » contient du texte entre ses éléments.", "des éléments", shown(text))
    for child in node.element:
        name = local_name(child.tag)
        if name not in order:
            continue  # an unknown name is told with its nearest known one
        if order[name] < last and not told:
            told = True
            after = list(known)[last]
            text = f"« {plain(name, 60)} » n'est pas à sa place : il vient avant « {after} »."
            yield node.said(text, f"{name} avant {after}", f"{name} après {after}", below(node.path, name))
        elif name in seen and not known[name].listed:
            text = f"« {plain(name, 60)} » est répété : il en faut un seul."
            yield node.said(text, "1 élément", "plusieurs", below(node.path, name))
        last = max(last, order[name])
        seen.add(name)

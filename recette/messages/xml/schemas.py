"""XSDs that judge: structure by libxml2, patterns apart.

libxml2's own patterns backtrack (the G3 caseId takes seconds at 30 characters, fact sheet 12.1), so the pattern facets
are taken out of the documents and put into a value schema that jsonschema-rs decides in linear time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import PurePosixPath
from typing import Any

from recette.messages.dictionary.generations import Edition, Models, edition_of
from recette.messages.json.bounds import MAX_IDENTIFIER
from recette.messages.json.schemas import Schema, decider
from recette.messages.xml.names import local_name
from recette.messages.xml.xsd import BARE, HEADED, documents

_XS = "{http://www.w3.org/2001/XMLSchema}"
_BASE = "recette://xsd/"
_UNKNOWN = b'<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"/>'


class UnusableXsdError(ValueError):
    """XSDs that cannot be compiled; the text says why."""


@dataclass(frozen=True)
class XmlSchemas:
    """What judges the XML of one edition, each part compiled when it is first asked for: XSDs take megabytes."""

    documents: Mapping[str, bytes] = field(repr=False)
    """The XSDs by path, without their patterns."""
    bare_keys: frozenset[str]
    demands: Mapping[str, Schema] = field(repr=False)
    """What the patterns demand, by use-case key, and `message` for the header."""
    _deciding: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @cached_property
    def headed(self) -> Any:  # noqa: ANN401 - an lxml schema
        """The XSD of a whole envelope with an RC-DE header."""
        return _compiled(HEADED, self.documents)

    @cached_property
    def bare(self) -> Any:  # noqa: ANN401 - an lxml schema
        """The XSD of a whole envelope without one."""
        return _compiled(BARE, self.documents)

    def values_hold(self, key: str, content: object) -> bool:
        """Whether what stands under `key`, as it was read from XML, is as the patterns say."""
        if key not in self.demands:
            return True
        if key not in self._deciding:
            self._deciding[key] = decider(self.demands[key])
        return bool(self._deciding[key].is_valid(content))

    def check(self) -> None:
        """Compile all of it. Raises UnusableXsdError."""
        from lxml import etree

        try:
            self._deciding.update({key: decider(one) for key, one in self.demands.items()})
            for part in ("headed", "bare"):
                getattr(self, part)
        except (etree.XMLSchemaParseError, etree.XMLSyntaxError, KeyError, ValueError) as error:
            raise UnusableXsdError(f"XSD inutilisables ({error})") from error


def builtin_xml(edition: Models) -> XmlSchemas:
    """Those compiled from the dictionary."""
    return _builtin(edition_of(edition))


@cache
def _builtin(edition: Edition) -> XmlSchemas:
    return _taken_apart({name: text.encode() for name, text in documents(edition).items()})


def from_documents(files: Mapping[str, bytes]) -> XmlSchemas:
    """Those of a set of documents by path, HEADED and BARE at its root. Raises UnusableXsdError."""
    found = _taken_apart(files)
    found.check()
    return found


def _taken_apart(files: Mapping[str, bytes]) -> XmlSchemas:
    from lxml import etree

    trees = {}
    for name, data in files.items():
        try:
            trees[name] = etree.fromstring(data, _parser())
        except etree.XMLSyntaxError as error:
            raise UnusableXsdError(f"{name} n'est pas du XML ({error})") from error
    values = {}
    for name in _reached(trees):
        tree = trees[name]
        if str(PurePosixPath(name).parent) == ".":
            values.update(_values_of(tree))
            _without_patterns(tree)
    cleaned = {name: etree.tostring(tree) for name, tree in trees.items()}
    return XmlSchemas(cleaned, _bare_keys(trees), values)


def _parser() -> Any:  # noqa: ANN401 - an lxml parser
    from lxml import etree

    return etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True, remove_pis=True
    )


def _compiled(start: str, files: Mapping[str, bytes]) -> Any:  # noqa: ANN401 - an lxml schema
    from lxml import etree

    class InMemory(etree.Resolver):  # type: ignore[misc]
        """Serves the given documents and nothing else: no file, no network."""

        def resolve(self, url: str, _: object, context: object) -> Any:  # noqa: ANN401
            return self.resolve_string(files.get(url.removeprefix(_BASE), _UNKNOWN), context, base_url=url)

    parser = _parser()
    parser.resolvers.add(InMemory())
    return etree.XMLSchema(etree.fromstring(files[start], parser, base_url=_BASE + start))


def _reached(trees: Mapping[str, Any]) -> set[str]:
    """The documents that HEADED and BARE lead to: a repository keeps older ones beside them."""
    reached: set[str] = set()
    waiting = [HEADED, BARE]
    while waiting:
        name = waiting.pop()
        if name in reached or name not in trees:
            continue
        reached.add(name)
        folder = PurePosixPath(name).parent
        imported = trees[name].iter(f"{_XS}import", f"{_XS}include")
        waiting.extend((folder / one.get("schemaLocation", "")).as_posix() for one in imported)
    return reached


def _bare_keys(trees: Mapping[str, Any]) -> frozenset[str]:
    """The contents that the no-header message may hold: those of the complex type that BARE embeds."""
    for tree in trees.values():
        for kind in tree.iter(f"{_XS}complexType"):
            if kind.get("name") == "cisuXMLContentTypeNoHeader":
                inside = [kind, *_referred(tree, kind)]
                references = (one.get("ref") for part in inside for one in part.iter(f"{_XS}element"))
                return frozenset(one.rpartition(":")[2] for one in references if one)
    return frozenset()


def _referred(tree: Any, kind: Any) -> list[Any]:  # noqa: ANN401
    names = {one.get("type", "").rpartition(":")[2] for one in kind.iter(f"{_XS}element")}
    return [one for one in tree.iter(f"{_XS}complexType") if one.get("name") in names - {""}]


def _without_patterns(tree: Any) -> None:  # noqa: ANN401
    for facet in list(tree.iter(f"{_XS}pattern", f"{_XS}annotation")):
        facet.getparent().remove(facet)


def _values_of(tree: Any) -> dict[str, Schema]:  # noqa: ANN401
    """What the patterns of a document demand of the tree that XML is read into, by global element."""
    named = {one.get("name"): one for one in tree if local_name(one.tag) in {"complexType", "simpleType"}}
    found = {}
    for one in tree:
        if local_name(one.tag) == "element":
            definitions: dict[str, Schema] = {}
            demand = _demand(one, named, definitions, 0)
            found[one.get("name")] = {"allOf": [demand], "definitions": definitions} if demand else {}
    return found


def _demand(element: Any, named: Mapping[str, Any], definitions: dict[str, Schema], depth: int) -> Schema:  # noqa: ANN401
    """A reference into `definitions`, which holds of a value and of each in a list of them; empty where nothing is demanded.

    So each pattern is compiled once, however deep the lists may nest in which it stands.
    """
    kind = named.get(element.get("type", "").rpartition(":")[2])
    if kind is None:
        kind = next((one for one in element if local_name(one.tag).endswith("Type")), None)
    if kind is None or depth > 30:
        return {}
    if local_name(kind.tag) == "simpleType":
        demand = _pattern_of(kind)
    else:
        properties = {
            child.get("name"): found
            for child in kind.findall(f"{_XS}sequence/{_XS}element")
            if child.get("name") and (found := _demand(child, named, definitions, depth + 1))
        }
        demand = {"properties": properties} if properties else {}
    if not demand:
        return {}
    reference = {"$ref": f"#/definitions/{len(definitions)}"}
    definitions[str(len(definitions))] = {**demand, "items": reference}
    return reference


def _pattern_of(kind: Any) -> Schema:  # noqa: ANN401
    """What the patterns of a simple type demand; empty where it has none."""
    patterns = [one.get("value") for one in kind.iter(f"{_XS}pattern")]
    text = "|".join(f"(?:{one})" for one in patterns)
    return {"pattern": f"^(?:{text})$", "maxLength": MAX_IDENTIFIER} if patterns else {}

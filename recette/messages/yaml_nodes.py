"""YAML to nodes, bounded while it is read: PyYAML's own composer calls itself, and counts nothing.

What is read of nodes is bounded too: an anchor is counted each time it is written out, and no number is computed that
takes minutes.
"""

from __future__ import annotations

from typing import Any

import yaml

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
MAX_NODES = 100_000
"""Values of a file, anchors written out."""
MAX_DEPTH = 100
"""Lists and tables within each other; a message has a dozen."""
_MAX_NUMBER = 100
"""Characters of a number: sixty to the power of thousands takes minutes."""
_NUMBERS = frozenset({"tag:yaml.org,2002:int", "tag:yaml.org,2002:float"})
_MAX_DIRECTIVES = 20
"""Lines with %: libyaml compares each with all before it."""


class TooMuchYamlError(ValueError):
    """More than is read of a file; the text says of what, `mark` where."""

    def __init__(self, text: str, mark: Any = None) -> None:  # noqa: ANN401 - PyYAML has two kinds
        super().__init__(text)
        self.line: int = mark.line + 1 if mark else 1
        self.column: int = mark.column + 1 if mark else 1


def compose(text: str) -> yaml.Node | None:
    """The root of a document; None where it is empty. Raises YAMLError and TooMuchYamlError."""
    if text.startswith("%") + text.count("\n%") > _MAX_DIRECTIVES:
        raise TooMuchYamlError(f"Plus de {_MAX_DIRECTIVES} directives (%) dans ce fichier.")
    loader = _Loader(text)
    try:
        return _Composer(loader).document()
    finally:
        loader.dispose()


def scalar(node: yaml.Node) -> Any:  # noqa: ANN401 - a YAML scalar
    """The value of a node that is none of a list or a table. Raises TooMuchYamlError and YAMLError."""
    if node.tag == "tag:yaml.org,2002:timestamp":
        return str(node.value)  # messages carry dates as text
    if node.tag == "tag:yaml.org,2002:str" and isinstance(node, yaml.ScalarNode):
        return node.value
    if node.tag in _NUMBERS and len(node.value) > _MAX_NUMBER:
        told = f"Ce nombre a plus de {_MAX_NUMBER} caractères : mettez-le entre guillemets."
        raise TooMuchYamlError(told, node.start_mark)
    try:
        return yaml.constructor.SafeConstructor().construct_object(node)
    except (ValueError, LookupError, AttributeError) as error:
        raise yaml.constructor.ConstructorError(None, None, "unreadable value", node.start_mark) from error


def tree(text: str) -> Any:  # noqa: ANN401 - a YAML tree
    """The document as lists, tables by text, and scalars. Raises YAMLError and TooMuchYamlError."""
    root = compose(text)
    return None if root is None else _Tree().of(root, 1)


class _Tree:
    """Writes nodes out, anchors each time they are named."""

    def __init__(self) -> None:
        self._count = 0

    def of(self, node: yaml.Node, depth: int) -> Any:  # noqa: ANN401 - a YAML tree
        self._count += 1
        if self._count > MAX_NODES:
            raise TooMuchYamlError(f"Plus de {MAX_NODES} valeurs dans ce fichier.", node.start_mark)
        if depth > MAX_DEPTH:
            told = f"Plus de {MAX_DEPTH} niveaux, ou une ancre (&) qui se contient elle-même (*)."
            raise TooMuchYamlError(told, node.start_mark)
        if isinstance(node, yaml.MappingNode):
            return {str(key.value): self.of(value, depth + 1) for key, value in node.value}
        if isinstance(node, yaml.SequenceNode):
            return [self.of(child, depth + 1) for child in node.value]
        return scalar(node)


def _error(told: str, event: Any) -> yaml.MarkedYAMLError:  # noqa: ANN401 - PyYAML's events are untyped
    return yaml.composer.ComposerError(None, None, told, event.start_mark)


class _Composer:
    """Makes nodes of events, one after the other."""

    def __init__(self, loader: Any) -> None:  # noqa: ANN401 - PyYAML's loaders have no common type
        self._loader = loader
        self._anchors: dict[str, yaml.Node] = {}
        self._open: list[yaml.CollectionNode] = []
        self._keys: list[yaml.Node | None] = []
        """For each open table, the key whose value comes next."""
        self._count = 0
        self._root: yaml.Node | None = None

    def document(self) -> yaml.Node | None:
        documents = 0
        while self._loader.check_event():
            event: Any = self._loader.get_event()
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise _error("but found another document", event)
            elif isinstance(event, yaml.CollectionEndEvent):
                self._close(event)
            elif isinstance(event, yaml.NodeEvent):
                self._put(self._node(event), event)
        return self._root

    def _node(self, event: Any) -> yaml.Node:  # noqa: ANN401 - PyYAML's events are untyped
        if isinstance(event, yaml.AliasEvent):
            if event.anchor not in self._anchors:
                raise _error("found undefined alias", event)
            return self._anchors[event.anchor]
        node = self._made(event)
        if event.anchor is not None:
            if event.anchor in self._anchors:
                raise _error("second occurrence", event)
            self._anchors[event.anchor] = node
        return node

    def _made(self, event: Any) -> yaml.Node:  # noqa: ANN401 - likewise
        kind: Any = {
            yaml.ScalarEvent: yaml.ScalarNode,
            yaml.SequenceStartEvent: yaml.SequenceNode,
            yaml.MappingStartEvent: yaml.MappingNode,
        }[type(event)]
        value = event.value if kind is yaml.ScalarNode else []
        tag = event.tag
        if tag is None or tag == "!":
            tag = self._loader.resolve(kind, event.value if kind is yaml.ScalarNode else None, event.implicit)
        node: yaml.Node = kind(tag, value, event.start_mark, event.end_mark)
        return node

    def _put(self, node: yaml.Node, event: Any) -> None:  # noqa: ANN401 - likewise
        self._count += 1
        if self._count > MAX_NODES:
            raise TooMuchYamlError(f"Plus de {MAX_NODES} valeurs dans ce fichier.", event.start_mark)
        if not self._open:
            self._root = node
        elif isinstance(self._open[-1], yaml.SequenceNode):
            self._open[-1].value.append(node)
        elif self._keys[-1] is None:
            self._keys[-1] = node
        else:
            self._open[-1].value.append((self._keys[-1], node))
            self._keys[-1] = None
        if isinstance(event, yaml.CollectionStartEvent):
            assert isinstance(node, yaml.CollectionNode)
            self._open.append(node)
            self._keys.append(None)
            if len(self._open) > MAX_DEPTH:
                raise TooMuchYamlError(
                    f"YAML illisible : il est trop profondément imbriqué (plus de {MAX_DEPTH} niveaux).",
                    event.start_mark,
                )

    def _close(self, event: Any) -> None:  # noqa: ANN401 - likewise
        self._open.pop().end_mark = event.end_mark
        self._keys.pop()

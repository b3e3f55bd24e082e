"""A message being written: its JSON and its XML say the same, and what is wrong is said while it is typed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from recette.messages.dictionary.examples import Size, example
from recette.messages.dictionary.generations import Edition
from recette.messages.dictionary.models import MessageModel
from recette.messages.json.parsing import parse_json
from recette.messages.json.schemas import SchemaSet
from recette.messages.reading import Message
from recette.messages.validation.diagnostics import Diagnostic
from recette.messages.validation.validator import Validator
from recette.messages.xml.parsing import parse_xml
from recette.messages.xml.reading import TooLongNumberError, content_of
from recette.messages.xml.writing import NotInXmlError, content_xml

Language = Literal["json", "xml"]
_EXAMPLE_OWNER = "fr.health.samu000"
_CARRIED = frozenset({"caseId", "requestId", "resourceId", "patientId", "idPat"})
"""What an answer takes over of the message that it answers."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What was typed, in both languages; without content where it cannot be read."""

    json: str
    xml: str
    content: Any = None
    problems: tuple[Diagnostic, ...] = ()
    only: str = ""
    """Why there is no XML of it."""

    @property
    def readable(self) -> bool:
        return self.content is not None


def drafted(text: str, language: Language, model: MessageModel) -> Draft:
    """A content as it was typed, with the other language and what is wrong with it."""
    if language == "json":
        content, problems = parse_json(text.encode("utf-8", "replace"))
    else:
        content, problems = _from_xml(text, model.edition)
    if problems or not isinstance(content, dict):
        told = problems or (Diagnostic("content", "$", "DA-01", "Le contenu d'un message est un objet."),)
        return Draft(text if language == "json" else "", text if language == "xml" else "", None, told)
    return draft_of(content, model, typed=text, language=language)


def draft_of(
    content: Mapping[str, Any], model: MessageModel, *, typed: str = "", language: Language = "json"
) -> Draft:
    """A content in both languages; what was typed stays as it was typed."""
    found = Validator(SchemaSet.builtin(model.edition)).validate_content(content, model.name)
    written = json.dumps(content, ensure_ascii=False, indent=2)
    try:
        xml, only = content_xml(model.key, content, model.edition), ""
    except NotInXmlError as error:
        xml, only = "", str(error)
    return Draft(
        typed if typed and language == "json" else written,
        typed if typed and language == "xml" else _indented(xml),
        content,
        found,
        only,
    )


def _from_xml(text: str, edition: Edition) -> tuple[Any, tuple[Diagnostic, ...]]:
    root, problems = parse_xml(text.encode("utf-8", "replace"))
    if problems or root is None:
        return None, problems
    try:
        return content_of(root, edition), ()
    except TooLongNumberError as error:
        return None, (Diagnostic("content", "$", "DA-01", str(error)),)


def _indented(xml: str) -> str:
    root, problems = parse_xml(xml.encode())
    if problems or root is None:
        return xml
    from lxml import etree

    etree.indent(root)
    return str(etree.tostring(root, encoding="unicode"))


def first_draft(model: MessageModel, own: str, size: Size, answered: Message | None) -> Draft:
    """An example of the dictionary to begin with, with one's own ids; those of the message that it answers, if any."""
    text = json.dumps(example(model, size), ensure_ascii=False).replace(_EXAMPLE_OWNER, own)
    content: dict[str, Any] = json.loads(text)
    if answered is not None and isinstance(answered.content, dict):
        if answered.model == model.name:
            content = dict(answered.content)
        else:
            content = _carried(content, dict(_ids(answered.content)))
    return draft_of(content, model)


def _ids(node: Any) -> Iterator[tuple[str, str]]:  # noqa: ANN401 - a JSON tree
    """The ids of a message, the last of each name first so that the first one stays."""
    if isinstance(node, dict):
        for name, value in reversed(list(node.items())):
            if name in _CARRIED and isinstance(value, str):
                yield name, value
            else:
                yield from _ids(value)
    elif isinstance(node, list):
        for one in reversed(node):
            yield from _ids(one)


def _carried(node: Any, ids: Mapping[str, str]) -> Any:  # noqa: ANN401 - likewise
    if isinstance(node, dict):
        return {
            name: ids[name] if name in ids and isinstance(value, str) else _carried(value, ids)
            for name, value in node.items()
        }
    return [_carried(one, ids) for one in node] if isinstance(node, list) else node

"""Judging a message layer by layer; the content by the schema that its key names, never by a oneOf.

jsonschema-rs decides, in linear time whatever the input; only what it finds invalid is explained, slowly.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from recette.messages.dictionary.generations import Edition, editions
from recette.messages.dictionary.models import model_of_key, where_held
from recette.messages.json.bounds import with_bounds
from recette.messages.json.schemas import BUILTIN, ENVELOPE, HEADER, BundleError, Schema, SchemaSet, decider
from recette.messages.reading import HEADER_FIELDS, MESSAGE_PATH, Message, find_inner
from recette.messages.validation.diagnostics import Diagnostic, Layer, RefusedBy, below
from recette.messages.xml.names import local_name
from recette.wording.nearest_name import nearest
from recette.wording.values import listed, plain

if TYPE_CHECKING:
    from recette.messages.xml.schemas import XmlSchemas

MAX_UNKNOWN = 20
"""Unknown keys named for one message."""
_OF_HEADER = frozenset(HEADER_FIELDS)

_COMPILED: dict[tuple[Edition, bool], dict[str, tuple[Schema, Any]]] = {}
"""Schemas of the dictionary as they judge, with what decides, by edition, with our bounds or without, and by message: for
every validator."""


class Validator:
    """Judges messages of one edition with one set of schemas; with this project's own bounds unless `bounded` is off."""

    def __init__(self, schemas: SchemaSet, *, bounded: bool = True) -> None:
        self.schemas = schemas
        self._bounded = bounded
        self._xml: XmlSchemas | None = None
        shared = schemas.source == BUILTIN
        self._compiled = _COMPILED.setdefault((schemas.edition, bounded), {}) if shared else {}

    def validate(self, message: Message) -> tuple[Diagnostic, ...]:
        """Everything wrong with a whole envelope, outermost layer first."""
        if not isinstance(message.document, dict):
            return message.problems
        body = find_inner(message.document)
        if message.source is not None:
            return message.problems + self._xml_envelope(message, body)
        found = message.problems + self._judge(ENVELOPE, message.document, "envelope", "$")
        if body is None:
            return found
        return found + _extra_items(message.document) + self._message(body, message.keys)

    def validate_xml_content(self, root: Any, content: object) -> tuple[Diagnostic, ...]:  # noqa: ANN401
        """Everything wrong with a bare content in XML: `root` its element, `content` as it was read."""
        from recette.messages.xml.validation import judge_content

        key = local_name(root.tag)
        if key not in self.schemas.use_cases:
            return (self._unknown_key(below("$", key), key),)
        return judge_content(root, content, self.xml, self.schemas.edition)

    @property
    def xml(self) -> XmlSchemas:
        """What judges XML, compiled when first asked for. Raises BundleError."""
        from recette.messages.xml.schemas import UnusableXsdError, builtin_xml, from_documents

        if self._xml is None:
            if self.schemas.source == BUILTIN:
                self._xml = builtin_xml(self.schemas.edition)
            elif not self.schemas.xsd:
                raise BundleError(
                    f"{self.schemas.source} ne contient pas de XSD : il ne peut pas juger du XML."
                )
            else:
                files = {name: text.encode() for name, text in self.schemas.xsd.items()}
                try:
                    self._xml = from_documents(files)
                except UnusableXsdError as error:
                    raise BundleError(f"{self.schemas.source} : {error}.") from error
        return self._xml

    def _xml_envelope(self, message: Message, body: Mapping[str, Any] | None) -> tuple[Diagnostic, ...]:
        from recette.messages.xml.validation import judge_envelope

        known = [key for key in message.keys if key in self.schemas.use_cases]
        stray = len(known) < len(message.keys)
        judge = partial(
            judge_envelope, message.source, message.document, body or {}, self.xml, self.schemas.edition
        )
        found = judge(stray_keys=stray)
        if body is None or not (stray or any(one.severity == "error" for one in found)):
            return found
        told = self._around(body, message.keys, known)
        around = tuple(one for one in told if one.rule in {"HD-08", "HD-09"})
        if around and not stray:
            found = judge(stray_keys=True)  # without the words of XSD itself, which are about this
        return found + around

    def validate_content(self, content: Any, key_or_model: str, path: str = "$") -> tuple[Diagnostic, ...]:  # noqa: ANN401
        """Everything wrong with a bare content: what belongs under the use-case key, or `{key: content}`."""
        by_model = {one.model: one.key for one in self.schemas.use_cases.values()}
        key = by_model.get(key_or_model, key_or_model)
        known = self.schemas.use_cases.get(key)
        if known is None:
            return (self._unknown_key(path, key),)
        if isinstance(content, dict) and list(content) == [key]:
            properties = self.schemas.schemas[known.model].get("properties", {})
            if key not in properties:
                content, path = content[key], below(path, key)
        return self._judge(known.model, content, "content", path)

    def _message(self, body: Mapping[str, Any], keys: tuple[str, ...]) -> tuple[Diagnostic, ...]:
        use_cases = self.schemas.use_cases
        known = [key for key in keys if key in use_cases]
        found = self._around(body, keys, known)
        for key in known:
            model = use_cases[key].model
            found += self._judge(model, body[key], "content", MESSAGE_PATH, under=key)
        return found

    def _around(
        self, body: Mapping[str, Any], keys: tuple[str, ...], known: list[str]
    ) -> tuple[Diagnostic, ...]:
        """What is wrong with the header, and with the keys beside it."""
        found = self._header(body, known)
        if len(known) > 1:
            text = f"Le message porte {len(known)} contenus ({', '.join(known)}) : il en faut exactement un."
            found += (
                Diagnostic("content", MESSAGE_PATH, "HD-08", text, "une clé de contenu", ", ".join(known)),
            )
        elif not keys:
            text = "Le message ne porte aucun contenu à côté de son en-tête."
            found += (Diagnostic("content", MESSAGE_PATH, "HD-08", text, "une clé de contenu", "aucune"),)
        if len(known) < len(keys):
            unknown = [key for key in keys if key not in known]
            found += tuple(self._beside(key) for key in unknown[:MAX_UNKNOWN])
        return found

    def _header(self, body: Mapping[str, Any], known: list[str]) -> tuple[Diagnostic, ...]:
        has_header = not _OF_HEADER.isdisjoint(body)
        if known and not any(self.schemas.use_cases[key].has_header for key in known):
            if not has_header:
                return ()
            # The schemas let it pass, so does the hub: a remark.
            text = f"Un message « {known[0]} » se transmet sans en-tête RC-DE, celui-ci en a un."
            return (
                Diagnostic("header", MESSAGE_PATH, "HD-09", text, "pas d'en-tête", "un en-tête", "warning"),
            )
        if has_header:
            return self._judge(HEADER, body, "header", MESSAGE_PATH)
        bare = ", ".join(key for key, one in self.schemas.use_cases.items() if not one.has_header)
        text = f"L'en-tête RC-DE manque : seuls {bare} s'en passent."
        return (Diagnostic("header", MESSAGE_PATH, "HD-09", text, ", ".join(HEADER_FIELDS), "absent"),)

    def _judge(
        self,
        name: str,
        value: Any,  # noqa: ANN401
        layer: Layer,
        path: str,
        under: str = "",
    ) -> tuple[Diagnostic, ...]:
        """`value` stands at `path`, or `under` that key of it."""
        found = self._compiled.get(name)
        if found is None:
            schema = self.schemas.schemas[name]
            bounded = with_bounds(schema) if self._bounded else schema
            found = self._compiled[name] = (bounded, decider(bounded))
        schema, deciding = found
        if deciding.is_valid(value):
            return ()
        from recette.messages.validation.explanation import explain

        return explain(schema, value, layer, below(path, under) if under else path, name)

    def _unknown_key(self, path: str, key: str, by: RefusedBy = "specification") -> Diagnostic:
        known = list(self.schemas.use_cases)
        near = nearest(key, known)
        text = f"La clé « {plain(key, 60)} » ne désigne aucun message de la {self.schemas.edition.title}"
        elsewhere = where_held([one for one in editions() if model_of_key(key, one) is not None])
        if elsewhere:
            text += f", mais bien de la {' et de la '.join(elsewhere)}."
        else:
            text += f" : vouliez-vous dire « {near[0]} » ?" if near else "."
        expected = near[0] if near and not elsewhere else listed(known)
        return Diagnostic("content", path, "HD-08", text, expected, plain(key, 60), refused_by=by)

    def _beside(self, key: str) -> Diagnostic:
        """What to say of an unknown key beside the header, which the schemas let pass and the hub cannot read (102)."""
        near = nearest(key, (*HEADER_FIELDS, *self.schemas.use_cases))
        path = below(MESSAGE_PATH, key)
        if not near or near[0] not in HEADER_FIELDS:
            return self._unknown_key(path, key, "hub")
        text = (
            f"Le champ « {plain(key, 60)} » n'existe pas dans l'en-tête : vouliez-vous dire « {near[0]} » ?"
        )
        return Diagnostic("header", path, "HD-08", text, near[0], plain(key, 60), refused_by="hub")


def _extra_items(document: Mapping[str, Any]) -> tuple[Diagnostic, ...]:
    count = len(document["content"])
    if count == 1:
        return ()
    text = f"« content » porte {count} messages ; le hub n'achemine que le premier."
    return (Diagnostic("envelope", "$.content", "EN-13", text, "1 message", f"{count} messages", "warning"),)

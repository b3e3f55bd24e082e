"""Judging a message layer by layer; the content by the schema that its key names, never by a oneOf.

jsonschema-rs decides, in linear time whatever the input; only what it finds invalid is explained, slowly.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from recette.messages.diagnostics import Diagnostic, Layer, shown
from recette.messages.models import model, model_of_key
from recette.messages.reading import HEADER_FIELDS, MESSAGE_PATH, Message, inner
from recette.messages.schemas import BUILTIN, ENVELOPE, HEADER, SchemaSet

if TYPE_CHECKING:
    import jsonschema_rs

MAX_IDENTIFIER = 1000
"""Characters of any one identifier, far above what a client writes; the bound is a finding (fact sheet 12.1)."""


_COMPILED: dict[int, dict[str, jsonschema_rs.Draft7Validator]] = {}
"""Compiled schemas of the dictionary, by generation and message: the same for every validator."""


class Validator:
    """Judges messages of one generation with one set of schemas."""

    def __init__(self, schemas: SchemaSet) -> None:
        self.schemas = schemas
        shared = _COMPILED.setdefault(schemas.generation, {})
        self._compiled = shared if schemas.source == BUILTIN else {}

    def validate(self, message: Message) -> tuple[Diagnostic, ...]:
        """Everything wrong with a whole envelope, outermost layer first."""
        if message.problems or not isinstance(message.document, dict):
            return message.problems
        envelope = self._judge(ENVELOPE, message.document, "envelope", "$")
        body = inner(message.document)
        if not body:
            return envelope
        return envelope + self._extra_items(message) + self._message(body)

    def validate_content(self, content: Any, key: str, path: str = "$") -> tuple[Diagnostic, ...]:  # noqa: ANN401
        """Everything wrong with the bare content that belongs under use-case key `key`."""
        known = model_of_key(key, self.schemas.generation)
        if known is None or known.name not in self.schemas.schemas:
            return (_unknown_key(path, key, self._keys),)
        return self._judge(known.name, content, "content", path)

    def _message(self, body: Mapping[str, Any]) -> tuple[Diagnostic, ...]:
        keys = [key for key in body if key not in HEADER_FIELDS]
        known = [key for key in keys if self._is_known(key)]
        found: tuple[Diagnostic, ...] = ()
        if len(known) != 1:
            found += (self._not_one_key(keys, known),)
        found += tuple(
            _unknown_key(f"{MESSAGE_PATH}.{key}", key, self._keys)
            for key in keys
            if known and key not in known
        )
        bare = bool(known) and all(not self._has_header(key) for key in known)
        has_header = any(field in body for field in HEADER_FIELDS)
        if bare and has_header:
            text = f"Un message « {known[0]} » se transmet sans en-tête RC-DE, celui-ci en a un."
            severity_note = Diagnostic(
                "header", MESSAGE_PATH, "HD-09", text, "pas d'en-tête", "un en-tête", "warning"
            )
            found += (severity_note,)
        if not bare and not has_header:
            text = "L'en-tête RC-DE manque : seuls error, info et customContent s'en passent."
            found += (Diagnostic("header", MESSAGE_PATH, "HD-09", text, ", ".join(HEADER_FIELDS), "absent"),)
        elif not bare:
            found += self._judge(HEADER, body, "header", MESSAGE_PATH)
        for key in known:
            found += self.validate_content(body[key], key, f"{MESSAGE_PATH}.{key}")
        return found

    def _judge(self, name: str, value: Any, layer: Layer, path: str) -> tuple[Diagnostic, ...]:  # noqa: ANN401
        too_long = _too_long(value, layer, path) if layer != "header" else ()
        if too_long:
            return too_long
        if self._validator(name).is_valid(value):
            return ()
        from recette.messages.explanation import explain

        return explain(self.schemas.schemas[name], value, layer, path, name)

    def _validator(self, name: str) -> jsonschema_rs.Draft7Validator:
        if name not in self._compiled:
            import jsonschema_rs

            self._compiled[name] = jsonschema_rs.Draft7Validator(
                self.schemas.schemas[name],
                validate_formats=True,
                pattern_options=jsonschema_rs.RegexOptions(),
            )
        return self._compiled[name]

    @cached_property
    def _keys(self) -> tuple[str, ...]:
        names = self.schemas.schemas.keys() - {ENVELOPE, HEADER}
        return tuple(sorted(model(name, self.schemas.generation).key for name in names))

    def _is_known(self, key: str) -> bool:
        return key in self._keys

    def _has_header(self, key: str) -> bool:
        known = model_of_key(key, self.schemas.generation)
        return known is not None and known.has_header

    def _not_one_key(self, keys: list[str], known: list[str]) -> Diagnostic:
        if len(known) > 1:
            text = f"Le message porte {len(known)} contenus ({', '.join(known)}) : il en faut exactement un."
            return Diagnostic("content", MESSAGE_PATH, "HD-08", text, "une clé de contenu", ", ".join(known))
        if keys:
            return _unknown_key(f"{MESSAGE_PATH}.{keys[0]}", keys[0], self._keys)
        text = "Le message ne porte aucun contenu à côté de son en-tête."
        return Diagnostic("content", MESSAGE_PATH, "HD-08", text, "une clé de contenu", "aucune")

    @staticmethod
    def _extra_items(message: Message) -> tuple[Diagnostic, ...]:
        content = message.document["content"]
        if len(content) == 1:
            return ()
        text = f"« content » porte {len(content)} messages ; le hub n'achemine que le premier."
        return (
            Diagnostic(
                "envelope", "$.content", "EN-13", text, "1 message", f"{len(content)} messages", "warning"
            ),
        )


def _unknown_key(path: str, key: str, known: tuple[str, ...]) -> Diagnostic:
    from difflib import get_close_matches

    near = get_close_matches(key, known, n=1)
    text = f"La clé « {key[:60]} » ne désigne aucun message de cette génération"
    text += f" : vouliez-vous dire « {near[0]} » ?" if near else "."
    return Diagnostic("content", path, "HD-08", text, near[0] if near else ", ".join(known), key[:60])


def _too_long(value: Any, layer: Layer, path: str) -> tuple[Diagnostic, ...]:  # noqa: ANN401
    """Identifiers beyond the bound, looked for at the first level only: deeper ones meet linear patterns."""
    if not isinstance(value, dict):
        return ()
    return tuple(
        Diagnostic(
            layer,
            f"{path}.{name}",
            "DA-02" if layer == "content" else "EN-01",
            f"« {name} » fait {len(text)} caractères, plus que la limite de la recette ({MAX_IDENTIFIER}).",
            f"au plus {MAX_IDENTIFIER} caractères",
            shown(text),
        )
        for name, text in value.items()
        if isinstance(text, str) and len(text) > MAX_IDENTIFIER and name.lower().endswith("id")
    )

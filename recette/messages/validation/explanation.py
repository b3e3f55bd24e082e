"""Says in French what a schema error means, where it is, and which requirement it breaks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from itertools import islice
from typing import Any

import jsonschema
from jsonschema.exceptions import ValidationError
from referencing import Registry

from recette.messages.dictionary.code_lists import meaning
from recette.messages.json.schemas import decider
from recette.messages.validation.diagnostics import Diagnostic, Layer, below
from recette.messages.validation.explained_rules import rule_of
from recette.wording.nearest_name import nearest
from recette.wording.values import listed, plain, shown

MAX_EXPLAINED = 50
"""Errors explained for one layer of one message."""
_WHOLE = {"envelope": "l'enveloppe", "header": "l'en-tête", "transport": "le corps", "content": "le contenu"}
_TYPES = {
    "string": "un texte",
    "number": "un nombre",
    "integer": "un nombre entier",
    "boolean": "true ou false",
    "array": "une liste",
    "object": "un objet",
}


@dataclass(frozen=True, slots=True)
class _Place:
    """Where an error is: the message or layer it is in, its path, the field it is about."""

    layer: Layer
    model: str
    root: str
    steps: tuple[str | int, ...]

    @property
    def field(self) -> str:
        return next((step for step in reversed(self.steps) if isinstance(step, str)), "")

    @property
    def label(self) -> str:
        return f"« {plain(self.field, 60)} »" if self.field else _WHOLE[self.layer].capitalize()

    @property
    def inside(self) -> str:
        return f"dans « {plain(self.field, 60)} »" if self.field else f"dans {_WHOLE[self.layer]}"

    def said(self, what: str, message: str, expected: str, actual: str, *more: str) -> Diagnostic:
        """The diagnostic for `what` went wrong here, or one step `more` below."""
        steps = (*self.steps, *more)
        rule = rule_of(self.layer, what, steps, self.model)
        return Diagnostic(self.layer, below(self.root, *steps), rule, message, expected, actual)


_DATE_TIME = "AAAA-MM-JJThh:mm:ss±hh:mm"


@cache
def _alone(keyword: str, value: str) -> Any:  # noqa: ANN401 - a jsonschema-rs validator
    return decider({keyword: value})


def _delegated(keyword: str) -> Callable[..., Iterator[ValidationError]]:
    def check(_: Any, demanded: str, value: object, __: Any) -> Iterator[ValidationError]:  # noqa: ANN401
        if isinstance(value, str) and not _alone(keyword, demanded).is_valid(value):
            yield ValidationError(keyword)

    return check


def _any_missing(_: Any, needed: list[str], value: object, __: Any) -> Iterator[ValidationError]:  # noqa: ANN401
    if isinstance(value, dict) and any(name not in value for name in needed):
        yield ValidationError("required")


# Python's own regular expressions backtrack and take `$` before a line feed: they never meet a message.
_Explainer: Any = jsonschema.validators.extend(  # type: ignore[no-untyped-call]
    jsonschema.Draft7Validator,
    {"pattern": _delegated("pattern"), "format": _delegated("format"), "required": _any_missing},
)


_CLOSED: Any = Registry()
"""Knows nothing and fetches nothing, where the default one opens connections."""


def explain(
    schema: Mapping[str, Any], value: object, layer: Layer, path: str, model: str
) -> tuple[Diagnostic, ...]:
    """The errors of `value` against `schema`, in the schema's order, at most MAX_EXPLAINED and a word on the rest.

    Never empty: it is asked about what jsonschema-rs has found invalid.
    """
    errors = _Explainer(schema, registry=_CLOSED).iter_errors(value)
    told = (one for error in errors for one in _explain(error, layer, path, model))
    found = list(islice(_without_echo(told), MAX_EXPLAINED + 1))
    if len(found) > MAX_EXPLAINED:
        text = f"Les erreurs au-delà des {MAX_EXPLAINED} premières ne sont pas détaillées."
        found[MAX_EXPLAINED:] = [
            Diagnostic(layer, path, "DA-01" if layer == "content" else found[0].rule, text)
        ]
    if not found:
        text = "Le message ne respecte pas son schéma (aucune explication plus précise)."
        found = [Diagnostic(layer, path, rule_of(layer, "other", (), model), text)]
    return tuple(found)


def _without_echo(told: Iterator[Diagnostic]) -> Iterator[Diagnostic]:
    """A date that breaks its pattern need not be told that it breaks its format too."""
    seen: set[tuple[str, str]] = set()
    for one in told:
        if (one.path, one.rule) not in seen or one.rule not in {"DA-04", "HD-04"}:
            yield one
        seen.add((one.path, one.rule))


def _explain(error: ValidationError, layer: Layer, root: str, model: str) -> Iterator[Diagnostic]:
    place = _Place(layer, model, root, tuple(error.absolute_path))
    explained = _EXPLAINED.get(str(error.validator))
    if explained is not None:
        yield from explained(place, error.validator_value, error.instance, error.schema)
    else:
        text = f"{place.label} ne respecte pas la contrainte {error.validator} du schéma."
        yield place.said("other", text, shown(error.validator_value), shown(error.instance))


def _required(place: _Place, needed: list[str], value: Any, schema: Any) -> Iterator[Diagnostic]:  # noqa: ANN401
    strange = [one for one in islice(value, MAX_EXPLAINED) if one not in schema.get("properties", {})]
    for name in (one for one in needed if one not in value):
        code = "code" in value and name == "label"
        text = f"Le champ obligatoire « {name} » manque"
        # Where more is allowed than the schema names, nothing else tells that a name is mistyped (but in the header).
        untold = schema.get("additionalProperties") is not False and place.layer != "header"
        near = nearest(name, strange) if untold else []
        if code:
            text += f" : un code s'accompagne de son libellé dans {place.label}."
        else:
            text += f" ; « {plain(near[0], 60)} » en est-il une faute de frappe ?" if near else "."
        yield place.said("label" if code else "required", text, "présent", "absent", name)


def _extra(place: _Place, _: Any, value: Any, schema: Any) -> Iterator[Diagnostic]:  # noqa: ANN401
    known = list(schema.get("properties", {}))
    for name in (one for one in value if one not in known):
        near = nearest(name, known)
        text = f"Le champ « {plain(name, 60)} » n'existe pas {place.inside}"
        text += f" : vouliez-vous dire « {near[0]} » ?" if near else "."
        expected = near[0] if near else listed(known) or "aucun champ"
        yield place.said("extra", text, expected, plain(name, 60), name)


def _enum(place: _Place, codes: list[Any], value: object, _: Any) -> Iterator[Diagnostic]:  # noqa: ANN401
    if not isinstance(value, str):
        return  # its type is wrong, which is told already
    texts = [str(code) for code in codes]
    trimmed = {text.strip(" ,"): text for text in texts if text != text.strip(" ,")}
    odd = trimmed.get(value.strip(" ,"))
    if odd is not None:
        text = f"Le code de {place.label} s'écrit {shown(odd)} dans les modèles officiels, blancs et virgule compris."
        yield place.said("enum", text, shown(odd), shown(value))
        return
    near = nearest(value, texts, 3, 0.5)
    text = f"{shown(value)} n'est pas un code de {place.label}"
    if value.strip() in texts:
        text += f" : le code {shown(value.strip())} s'écrit sans blanc autour."
    else:
        text += f" : vouliez-vous dire {' ou '.join(near)} ?" if near else "."
    yield place.said("enum", text, listed(texts), shown(value))


def _pattern(place: _Place, pattern: str, value: object, _: Any) -> Iterator[Diagnostic]:  # noqa: ANN401
    wanted = meaning(pattern) or f"une valeur conforme à {pattern}"
    text = f"{place.label} n'a pas la forme attendue : {wanted}."
    yield place.said("datetime" if "T\\d" in pattern else "pattern", text, wanted, shown(value))


def _format(place: _Place, wanted: Any, value: object, __: Any) -> Iterator[Diagnostic]:  # noqa: ANN401
    if place.layer == "envelope" and place.field == "dateTimeExpires" and _blank_for_t(str(wanted), value):
        text = (
            f"{place.label} sépare la date de l'heure par une espace, que RFC 3339 (5.6) exclut par sa grammaire et admet par une "
            "note ; le hub refuse dateTimeSent ainsi écrit (102), nulle source ne dit ce qu'il fait de dateTimeExpires."
        )
        told = place.said("datetime", text, f"{_DATE_TIME}, que tous acceptent", shown(value))
        yield replace(told, severity="unsure")
        return
    text = f"{place.label} n'est pas une date-heure qui existe, avec son décalage horaire."
    yield place.said("datetime", text, _DATE_TIME, shown(value))


def _blank_for_t(wanted: str, value: object) -> bool:
    """Whether a date-time has a blank where its T belongs, and nothing else against it."""
    if not isinstance(value, str) or value[10:11] != " ":
        return False
    return bool(_alone("format", wanted).is_valid(f"{value[:10]}T{value[11:]}"))


def _type(place: _Place, wanted: Any, value: object, _: Any) -> Iterator[Diagnostic]:  # noqa: ANN401
    expected, actual = _TYPES.get(str(wanted), str(wanted)), _kind(value)
    yield place.said("type", f"{place.label} doit être {expected}, pas {actual}.", expected, actual)


def _short_list(place: _Place, least: int, value: Any, _: Any) -> Iterator[Diagnostic]:  # noqa: ANN401
    text = f"{place.label} doit compter au moins {least} élément{'s' if least > 1 else ''}, pas {len(value)}."
    yield place.said("count", text, f"au moins {least}", str(len(value)))


def _long_list(place: _Place, most: int, value: Any, _: Any) -> Iterator[Diagnostic]:  # noqa: ANN401
    text = f"{place.label} doit compter au plus {most} élément{'s' if most > 1 else ''}, pas {len(value)}."
    yield place.said("count", text, f"au plus {most}", str(len(value)))


def _long_text(place: _Place, most: int, value: Any, _: Any) -> Iterator[Diagnostic]:  # noqa: ANN401
    text = f"{place.label} fait {len(value)} caractères, plus que la limite de la recette ({most})."
    told = place.said("pattern", text, f"au plus {most} caractères", shown(value))
    yield replace(told, refused_by="recette")


def _disputed_offset(place: _Place, _: Any, value: Any, __: Any) -> Iterator[Diagnostic]:  # noqa: ANN401
    """The one thing that a schema here forbids with `not`: see `bounds.DISPUTED_OFFSET`."""
    text = (
        f"{place.label} est en -00:00 : la description du champ sentAt (RC-DE) écrit ainsi l'UTC, le hub refuse "
        "cette forme (300). Les sources se contredisent."
    )
    told = place.said("datetime", text, "+00:00, que tous acceptent", shown(value))
    yield replace(told, severity="unsure", refused_by="hub")


_EXPLAINED: dict[str, Callable[[_Place, Any, Any, Any], Iterator[Diagnostic]]] = {
    "required": _required,
    "additionalProperties": _extra,
    "enum": _enum,
    "pattern": _pattern,
    "format": _format,
    "type": _type,
    "minItems": _short_list,
    "maxItems": _long_list,
    "maxLength": _long_text,
    "not": _disputed_offset,
}


def _kind(value: object) -> str:
    if isinstance(value, bool):
        return f"le booléen {shown(value)}"
    if isinstance(value, str):
        return f"le texte {shown(value)}"
    if isinstance(value, int | float):
        return f"le nombre {shown(value)}"
    return shown(value)

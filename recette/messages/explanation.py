"""Says in French what a schema error means, where it is, and which requirement it breaks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from functools import cache
from typing import Any

import jsonschema
import jsonschema_rs
from jsonschema.exceptions import ValidationError

from recette.messages.diagnostics import Diagnostic, Layer, shown

MAX_EXPLAINED = 50
"""Errors explained for one message; the rest are counted."""
_TYPES = {
    "string": "un texte",
    "number": "un nombre",
    "integer": "un entier",
    "boolean": "true ou false",
    "array": "une liste",
    "object": "un objet",
}
_ENVELOPE_RULES = {
    "distributionStatus": "EN-07",
    "distributionKind": "EN-08",
    "dateTimeSent": "EN-05",
    "dateTimeExpires": "EN-06",
    "language": "EN-10",
    "content": "EN-13",
}
_HEADER_RULES = {
    "messageId": "HD-01",
    "name": "HD-02",
    "URI": "HD-03",
    "sentAt": "HD-04",
    "kind": "HD-05",
    "status": "HD-06",
    "recipient": "HD-07",
    "sender": "HD-02",
}


@cache
def _one_pattern(pattern: str) -> jsonschema_rs.Draft7Validator:
    return jsonschema_rs.Draft7Validator(
        {"type": "string", "pattern": pattern}, pattern_options=jsonschema_rs.RegexOptions()
    )


def _pattern(_: Any, pattern: str, value: object, __: Any) -> Iterator[ValidationError]:  # noqa: ANN401
    if isinstance(value, str) and not _one_pattern(pattern).is_valid(value):
        yield ValidationError("pattern")


def _format(_: Any, form: str, value: object, __: Any) -> Iterator[ValidationError]:  # noqa: ANN401
    checker = jsonschema_rs.Draft7Validator({"format": form}, validate_formats=True)
    if isinstance(value, str) and not checker.is_valid(value):
        yield ValidationError("format")


# Python's own regular expressions backtrack and take `$` before a line feed: they never meet a message.
_Explainer: Any = jsonschema.validators.extend(  # type: ignore[no-untyped-call]
    jsonschema.Draft7Validator, {"pattern": _pattern, "format": _format}
)


def explain(
    schema: Mapping[str, Any], value: object, layer: Layer, path: str, name: str
) -> tuple[Diagnostic, ...]:
    """Every error of `value` against `schema`, in document order, at most MAX_EXPLAINED of them."""
    errors = sorted(
        _Explainer(schema).iter_errors(value), key=lambda error: [str(step) for step in error.absolute_path]
    )
    found: list[Diagnostic] = []
    for error in errors:
        found.extend(_explain(error, layer, path, name))
    if not found:
        text = "Le message ne respecte pas son schéma (aucune explication plus précise)."
        found.append(Diagnostic(layer, path, "DA-01", text))
    unique = list(dict.fromkeys(_without_echo(found)))
    if len(unique) > MAX_EXPLAINED:
        text = f"{len(unique) - MAX_EXPLAINED} autres erreurs ne sont pas détaillées."
        unique[MAX_EXPLAINED:] = [Diagnostic(layer, path, "DA-01", text)]
    return tuple(unique)


def _without_echo(found: list[Diagnostic]) -> list[Diagnostic]:
    """A date that breaks its pattern need not be told that it breaks its format too."""
    told = {(one.path, one.rule) for one in found if one.expected != "date-time"}
    return [one for one in found if one.expected != "date-time" or (one.path, one.rule) not in told]


def _explain(  # noqa: C901 - one case for each keyword of the schemas
    error: ValidationError, layer: Layer, root: str, name: str
) -> Iterator[Diagnostic]:
    steps = list(error.absolute_path)
    path = root + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps)
    field = next((str(step) for step in reversed(steps) if isinstance(step, str)), "")
    limit: Any = error.validator_value
    value: Any = error.instance
    schema: Any = error.schema
    match error.validator:
        case "required":
            for missing in (n for n in limit if n not in value):
                rule = _rule(layer, missing, "required", name, [*steps, missing])
                yield Diagnostic(
                    layer,
                    f"{path}.{missing}",
                    rule,
                    f"Le champ obligatoire « {missing} » manque.",
                    "présent",
                    "absent",
                )
        case "additionalProperties":
            known = schema.get("properties", {})
            for extra in (n for n in value if n not in known):
                yield _extra(
                    layer=layer,
                    path=path,
                    name=name,
                    extra=extra,
                    known=list(known),
                    rule=_rule(layer, extra, "extra", name, steps),
                )
        case "enum":
            yield _not_listed(layer, path, _rule(layer, field, "enum", name, steps), value, list(limit))
        case "pattern":
            rule = _rule(layer, field, "datetime" if "T\\d" in limit else "pattern", name, steps)
            yield Diagnostic(
                layer, path, rule, f"« {field} » n'a pas la forme attendue.", _form(limit), shown(value)
            )
        case "format":
            rule = _rule(layer, field, "datetime", name, steps)
            yield Diagnostic(
                layer, path, rule, f"« {field} » n'est pas une date-heure.", "date-time", shown(value)
            )
        case "type":
            wanted = _TYPES.get(str(limit), str(limit))
            yield Diagnostic(
                layer,
                path,
                _rule(layer, field, "type", name, steps),
                f"« {field or 'message'} » doit être {wanted}.",
                wanted,
                _kind(value),
            )
        case "minItems":
            rule = _rule(layer, field, "count", name, steps)
            yield Diagnostic(
                layer,
                path,
                rule,
                f"« {field} » est une liste trop courte.",
                f"au moins {limit}",
                str(len(value)),
            )
        case "maxItems":
            rule = "DA-15" if field == "customMap" else _rule(layer, field, "count", name, steps)
            yield Diagnostic(
                layer,
                path,
                rule,
                f"« {field} » est une liste trop longue.",
                f"au plus {limit}",
                str(len(value)),
            )
        case other:
            text = f"« {field or 'message'} » ne respecte pas la contrainte {other} du schéma."
            yield Diagnostic(
                layer, path, _rule(layer, field, "other", name, steps), text, shown(limit), shown(value)
            )


def _rule(layer: Layer, field: str, what: str, name: str, steps: list[Any]) -> str:
    if layer == "envelope":
        if what == "extra":
            return "EN-14"
        return "EN-01" if what == "required" else _ENVELOPE_RULES.get(field, "EN-01")
    if layer == "header":
        return "HD-07" if "recipient" in steps else _HEADER_RULES.get(field, "HD-01")
    if field == "phoneNumber":
        return "DA-13"
    if field in {"age", "sex"}:
        return "DA-14"
    if what == "extra" and name == "RS-EDA-MAJ":
        return "DA-19"
    if what == "required" and field == "label" and name in {"RS-EDA", "RC-EDA"}:
        return "DA-20"
    return {"enum": "DA-03", "pattern": "DA-02", "datetime": "DA-04"}.get(what, "DA-01")


def _extra(*, layer: Layer, path: str, name: str, extra: str, known: list[str], rule: str) -> Diagnostic:
    near = get_close_matches(extra, known, n=1)
    text = f"Le champ « {extra[:60]} » n'existe pas ici"
    text += f" : vouliez-vous dire « {near[0]} » ?" if near else f" ({name})."
    return Diagnostic(layer, f"{path}.{extra[:60]}", rule, text, near[0] if near else "absent", extra[:60])


def _not_listed(layer: Layer, path: str, rule: str, value: object, codes: list[Any]) -> Diagnostic:
    texts = [str(code) for code in codes]
    stripped = {text.strip(" ,"): text for text in texts if text != text.strip(" ,")}
    if isinstance(value, str) and value.strip(" ,") in stripped:
        odd = stripped[value.strip(" ,")]
        text = f"Le code s'écrit {shown(odd)} dans les modèles officiels, blancs et virgule compris."
        return Diagnostic(layer, path, rule, text, shown(odd), shown(value))
    near = get_close_matches(str(value), texts, n=3, cutoff=0.5)
    text = f"{shown(value)} n'est pas un code de la liste"
    text += f" : vouliez-vous dire {' ou '.join(near)} ?" if near else "."
    return Diagnostic(
        layer, path, rule, text, ", ".join(texts[:12]) + ("…" if len(texts) > 12 else ""), shown(value)
    )


def _form(pattern: str) -> str:
    words = {
        "patient": "<propriétaire>.patient.<numéro>",
        "resource": "<propriétaire>.resource.<numéro>",
        "request": "<demandeur>.request.<numéro>",
        "medicalNote": "<propriétaire>.medicalNote.<numéro>",
    }
    if "T\\d" in pattern:
        return "AAAA-MM-JJThh:mm:ss±hh:mm, sans Z ni fraction"
    if pattern.lstrip("^").startswith("fr("):
        return "fr.<domaine>.<organisation>[.<numéro>]"
    return next((form for word, form in words.items() if f"{word}(" in pattern), f"conforme à {pattern}")


def _kind(value: object) -> str:
    if isinstance(value, bool):
        return f"le booléen {shown(value)}"
    if isinstance(value, str):
        return f"le texte {shown(value)}"
    if isinstance(value, int | float):
        return f"le nombre {shown(value)}"
    return shown(value)

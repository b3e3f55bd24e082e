"""The contract of the `http` driver as an OpenAPI document: every action, and what each order holds and leaves out.

What an order holds of a message is read off the scenarios, so that it is told of each model as it is played.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from recette import __version__
from recette.play.drawing import drawn_names
from recette.scenario.model import Casting, Scenario
from recette.scenario.steps import Content, MessageStep
from recette.scenario.template import Unbound, as_typed, fill

_ANY = "un texte qui commence par @ renvoie à ce que votre logiciel fabrique ailleurs dans la même fiche"
_COMMON: dict[str, Any] = {
    "run": {"type": "string", "description": "la campagne"},
    "scenario": {"type": "string", "description": "le passage : scénario.génération@acteur"},
    "step": {"type": "string", "description": "l'étape du scénario"},
    "vhost": {"type": "string", "description": "le vHost où envoyer"},
    "from": {"type": "string", "description": "l'identifiant client de votre logiciel"},
    "caseId": {
        "type": ["string", "null"],
        "description": "le dossier, tel que votre logiciel ou le partenaire l'a nommé ; null tant qu'il n'y en a pas",
    },
    "format": {"enum": ["json", "xml"], "description": "la forme des messages à envoyer"},
}
_TYPES: dict[type, str] = {
    dict: "object", list: "array", str: "string", bool: "boolean", int: "integer", float: "number",
}  # fmt: skip


@dataclass(slots=True)
class _Told:
    """What orders for one model hold, over all scenarios."""

    key: str
    holds: dict[str, str] = field(default_factory=dict)
    """The JSON type of each field at the top."""
    left: set[str] = field(default_factory=set)
    """Paths of what the software makes itself."""


def hook_contract(scenarios: Iterable[Scenario]) -> dict[str, Any]:
    """The document (OpenAPI 3.1), for the orders that these scenarios give."""
    orders = _orders(scenarios)
    data = {f"data-{name}": _data(name, told) for name, told in sorted(orders.items())}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Le crochet par lequel la recette fait agir votre logiciel",
            "version": __version__,
            "description": "Ce que la recette envoie à driver.url quand la cible dit « driver: {kind: http} ». Un pilote "
            "« command » reçoit le même JSON sur son entrée.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "http://127.0.0.1:8080", "description": "l'adresse est la vôtre"}],
        "paths": {"/agir": {"post": _operation()}},
        "components": {
            "schemas": {"send": _send(orders), "check": _check(), "screen": _screen(), **data},
            "responses": _RESPONSES,
        },
    }


def _operation() -> dict[str, Any]:
    schema = {
        "oneOf": [{"$ref": "#/components/schemas/send"}, {"$ref": "#/components/schemas/check"}],
        "discriminator": {
            "propertyName": "action",
            "mapping": {"send": "#/components/schemas/send", "check": "#/components/schemas/check"},
        },
    }
    return {
        "operationId": "agir",
        "summary": "Une action demandée à votre logiciel : envoyer un message, ou dire ce que montre son écran",
        "parameters": [
            {
                "name": "Idempotency-Key",
                "in": "header",
                "schema": {"type": "string"},
                "description": "le même quand la recette redemande la même action (send) : ne la faites qu'une fois",
            }
        ],
        "requestBody": {"required": True, "content": {"application/json": {"schema": schema}}},
        "responses": {
            "2XX": {"$ref": "#/components/responses/promise"},
            "3XX": {"$ref": "#/components/responses/elsewhere"},
            "4XX": {"$ref": "#/components/responses/cannot"},
            "5XX": {"$ref": "#/components/responses/again"},
        },
    }


_RESPONSES: dict[str, Any] = {
    "promise": {
        "description": "send : ce sera fait, et la recette attend le message sur le hub. check : ce que montre l'écran.",
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/screen"}}},
    },
    "elsewhere": {"description": "Une erreur du pilote : la recette ne suit aucun renvoi."},
    "cannot": {
        "description": "Le logiciel ne peut pas : une erreur du pilote (PIL-01), jamais de l'éditeur. Le début du texte "
        "est cité.",
        "content": {"text/plain": {"schema": {"type": "string"}}},
    },
    "again": {
        "description": "La recette redemande (driver.retries fois), avec le même Idempotency-Key ; puis comme 4XX.",
        "content": {"text/plain": {"schema": {"type": "string"}}},
    },
}


def _send(orders: Mapping[str, _Told]) -> dict[str, Any]:
    return {
        "type": "object",
        "description": "Envoyez ce message, comme si une personne l'avait saisi.",
        "properties": {
            **_COMMON,
            "action": {"const": "send"},
            "model": {"enum": sorted(orders), "description": "le message à envoyer"},
            "to": {"type": "string", "description": "l'identifiant client du destinataire"},
            "data": {"type": "object"},
        },
        "required": [*_COMMON, "action", "model", "to", "data"],
        "additionalProperties": False,
        "allOf": [
            {
                "if": {"properties": {"model": {"const": name}}},
                "then": {"properties": {"data": {"$ref": f"#/components/schemas/data-{name}"}}},
            }
            for name in sorted(orders)
        ],
    }


def _check() -> dict[str, Any]:
    asked = {
        "check": {"type": "string", "description": "ce qu'il faut regarder"},
        "text": {"type": "string", "description": "la question, telle qu'une personne la lirait"},
        "requirement": {"type": "string", "description": "l'exigence, par exemple ER-06"},
    }
    return {
        "type": "object",
        "description": "Dites ce que montre l'écran de votre logiciel ; rien n'est à envoyer.",
        "properties": {
            **_COMMON,
            "action": {"const": "check"},
            "model": {"const": ""},
            "to": {"const": ""},
            "data": {
                "type": "object", "properties": asked, "required": [*asked], "additionalProperties": False,
            },
        },
        "required": [*_COMMON, "action", "model", "to", "data"],
        "additionalProperties": False,
    }  # fmt: skip


def _screen() -> dict[str, Any]:
    return {
        "type": "object",
        "description": "La réponse à check ; à send, rien n'est lu.",
        "properties": {
            "shown": {"type": "boolean", "description": "si l'écran montre ce qui est demandé"},
            "values": {
                "type": "object",
                "minProperties": 1,
                "description": "ce que l'écran montre, nom par nom : sans valeurs, rien n'est observé",
            },
        },
        "required": ["shown", "values"],
    }


def _data(name: str, told: _Told) -> dict[str, Any]:
    left = ", ".join(sorted(told.left)) or "rien d'autre"
    return {
        "type": "object",
        "description": f"{name} : ce qu'une personne saisirait de « {told.key} », à tout niveau selon le scénario ; {_ANY}. "
        f"Laissé à votre logiciel : l'enveloppe et l'en-tête, les dates d'envoi ; et {left}.",
        "properties": {key: {"type": kind} if kind else {} for key, kind in sorted(told.holds.items())},
        "additionalProperties": False,
    }


def _orders(scenarios: Iterable[Scenario]) -> dict[str, _Told]:
    found: dict[str, _Told] = {}
    for scenario in scenarios:
        for casting in _castings(scenario):
            for step in casting.steps:
                if isinstance(step, MessageStep) and casting.by_editor(step) and step.by_editor.ask:
                    _note(found, casting, step.contents[0])
    return found


def _castings(scenario: Scenario) -> Iterator[Casting]:
    """The scenario with each of its actors under test, clients bearing the names of their actors."""
    for actor in scenario.testable:
        yield Casting(scenario=scenario, editor=actor, clients={name: name for name in scenario.actors})


def _note(found: dict[str, _Told], casting: Casting, content: Content) -> None:
    """What an order of this content holds, whatever the play has learned by then."""
    known = dict.fromkeys(
        ["now", *casting.scenario.actors, *drawn_names(casting)], "2026-01-01T00:00:00+01:00"
    )
    filled = fill(content.data, {**known, **casting.scenario.variables})
    told = found.setdefault(content.model, _Told(content.key))
    typed = as_typed(filled)
    for key, value in filled.items():
        kind = _TYPES.get(type(typed.get(key)), "")
        if key in typed or isinstance(value, Unbound):  # once it is known, it is there
            before = told.holds.get(key, kind)
            told.holds[key] = kind if before == kind and not isinstance(value, Unbound) else ""
    told.left |= set(_paths(filled, "")) - set(_paths(typed, ""))


def _paths(node: Any, path: str) -> Iterator[str]:  # noqa: ANN401 - a JSON tree
    """Where its leaves are; items of a list are one."""
    if isinstance(node, dict):
        for name, child in node.items():
            yield from _paths(child, f"{path}.{name}".removeprefix("."))
    elif isinstance(node, list):
        for child in node:
            yield from _paths(child, f"{path}[]")
    else:
        yield path

"""The grammar of the scenario language, said once, as a JSON Schema.

Text editors complete and check by it (`recette lint --schema`); a scenario is held to it when it is loaded.
"""

from __future__ import annotations

from typing import Any, get_args

from recette.messages.dictionary.generations import generations
from recette.messages.dictionary.models import models
from recette.messages.error_codes import ERROR_CODES
from recette.messages.roles import ROLES
from recette.messages.vhosts import KNOWN_VHOSTS
from recette.scenario.requirements import catalogue
from recette.scenario.steps import Incident

Schema = dict[str, Any]
ACTIONS = ("message", "send", "expect", "nothing", "attest", "disturb")
"""What a step does: exactly one of them."""
DEADLINES = ("ack", "answer", "quiet")
KINDS = (
    "request",
    "resource",
    "patient",
    "medicalNote",
    "report",
    "context",
    "event",
    "mission",
    "operation",
    "appointment",
)
"""What an identifier names."""
MAX_TIMES = 1_000
DURATION = r"^(-?\d+(?:\.\d+)?)(ms|s|m|h)$"
PATH = r"^\$(\.[A-Za-z0-9_-]+|\[(\d+|\*)\])+$"
_FORMATS = ("json", "xml", "other")
_DATES = ("ignored", "instant")
_TEXT: Schema = {"type": ["string", "number", "boolean"]}
_NAME: Schema = {"type": "string", "minLength": 1}


_DURATION: Schema = {"type": "string", "pattern": DURATION}
_CODES: Schema = {"enum": list(ERROR_CODES)}


def language_schema() -> Schema:
    """Draft 7, which is what YAML editors understand."""
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Scénario de recette",
        "definitions": {"etape": _step(), "message": _message(), "contenu": _content()},
        **_table(_top(), "id", "title", "perimeter", "actors", "editor", "steps"),
    }


def _told(text: str, schema: Schema) -> Schema:
    """In any generation, or in each by a table `g1`, `g2`, `g3`, where null is absence."""
    nullable = {"anyOf": [schema, {"type": "null"}]}
    by_generation = {
        "type": "object",
        "properties": {f"g{one}": nullable for one in generations()},
        "additionalProperties": False,
        "minProperties": 1,
    }
    return {"description": text, "anyOf": [schema, by_generation]}


def _table(properties: Schema, *required: str) -> Schema:
    return {
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
        **({"required": list(required)} if required else {}),
    }


def _map(values: Schema) -> Schema:
    return {"type": "object", "additionalProperties": values}


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def _top() -> Schema:
    perimeters = list(dict.fromkeys(one.perimeter for one in KNOWN_VHOSTS))
    identifier = _table(
        {
            "kind": _told("Ce qu'il désigne.", {"enum": list(KINDS)}),
            "by": _told("L'acteur qui le forme.", _NAME),
        },
        "kind",
        "by",
    )
    return {
        "id": {"description": "Le nom du scénario, unique dans le cahier.", **_NAME},
        "title": _told("Ce qui se passe, en une ligne.", _NAME),
        "perimeter": _told("Le périmètre : il dit les vHosts.", {"enum": perimeters}),
        "partners_on": _told(
            "Les partenaires vivent sur un autre vHost, de ce périmètre : le hub convertit.",
            {"enum": perimeters},
        ),
        "generations": {
            "description": "Les générations des modèles pour lesquelles il est écrit ; si rien n'est dit, toutes celles qui ont ses messages.",
            "anyOf": [
                {**_list({"enum": list(generations())}), "minItems": 1, "uniqueItems": True},
                {"type": "string", "pattern": r"^[1-9]\d?-$"},
            ],
        },
        "summary": _told("L'histoire, en quelques phrases.", {"type": "string"}),
        "requirements": _told("Les exigences qu'il touche.", _list(_told("", {"enum": list(catalogue())}))),
        "proves": _told(
            "Celles pour lesquelles il existe : si rien ne permet de les observer, il est NON CONCLUANT.",
            _list(_told("", {"enum": list(catalogue())})),
        ),
        "actors": _told("Chaque acteur et son rôle.", _map(_told("", {"enum": list(ROLES)}))),
        "editor": _told(
            "L'acteur testé, ou ceux dont chacun peut l'être : le scénario se joue pour chacun.",
            {"anyOf": [_NAME, {**_list(_NAME), "minItems": 1}]},
        ),
        "case": _told("L'acteur qui forme le caseId.", _NAME),
        "disputed": _told("Ce sur quoi les sources divergent, et laquelle il suit.", {"type": "string"}),
        "harmful": _told("Pourrait gêner un service en marche.", {"type": "boolean"}),
        "identifiers": _told("Les identifiants formés en route, et par qui.", _map(_told("", identifier))),
        "variables": _told("Des valeurs nommées, pour les données.", _map(_told("", _TEXT))),
        "steps": _told(
            "Les étapes, dans l'ordre.",
            {**_list(_told("", {"$ref": "#/definitions/etape"})), "minItems": 1},
        ),
    }


def _ack() -> Schema:
    """How a partner answers."""
    return _table(
        {
            "after": _told("Le retard du partenaire.", _DURATION),
            "refuse": _told("Le partenaire refuse, avec ce code.", _CODES),
            "error": _told("Le partenaire répond par une erreur seule, avec ce code.", _CODES),
            "cause": _told("Ce que dit l'erreur.", {"type": "string"}),
        }
    )


def _silence() -> Schema:
    return _table(
        {
            "from": _told("Qui se tait.", _NAME),
            "models": _told("Seulement ces messages.", _list(_model())),
        },
        "from",
    )


def _attest() -> Schema:
    """What a person, or the software itself, is asked about a screen."""
    return _table(
        {
            "text": _told("Ce que l'écran doit montrer.", _NAME),
            "requirement": _told("L'exigence prouvée.", {"enum": list(catalogue())}),
            "of": _told("L'acteur dont c'est l'écran.", _NAME),
            "check": _told("Le nom sous lequel un logiciel répond de son écran.", _NAME),
        },
        "text",
    )


def _disturb() -> Schema:
    """What the recette does to a link."""
    return _table(
        {
            "of": _told("L'acteur dont la liaison est gênée.", _NAME),
            "how": _told("L'incident.", {"enum": list(get_args(Incident))}),
            "for": _told("Combien de temps il dure (redemarrage, silence, lenteur).", _DURATION),
        },
        "of",
        "how",
    )


def _step() -> Schema:
    path = {"type": "string", "pattern": PATH}
    message = {"$ref": "#/definitions/message"}
    properties = {
        "id": {"description": "Le nom de l'étape, unique dans le scénario.", "type": ["string", "integer"]},
        "title": _told("Ce qui se passe.", _NAME),
        "message": _told("Un message va d'un acteur à un autre.", message),
        "send": _told("Un partenaire envoie.", message),
        "expect": _told("L'éditeur testé envoie.", message),
        "nothing": _told("Rien ne doit venir.", _silence()),
        "attest": _told("Une personne dit ce que montre l'écran.", _attest()),
        "disturb": _told("La recette gêne la liaison de l'éditeur, qui doit revenir seul.", _disturb()),
        "ignore": _told("Les chemins non comparés.", _list(_told("", path))),
        "identity": _told(
            "Le champ qui distingue les éléments, par chemin de liste.", _map(_told("", _NAME))
        ),
        "ordered": _told("L'ordre des listes compte.", {"type": "boolean"}),
        "dates": _told("Les dates-heures : ignorées, ou comparées.", {"enum": list(_DATES)}),
        "capture": _told(
            "Retient des valeurs reçues, par nom de variable.",
            _map(_told("", {"anyOf": [{"const": "distributionID"}, path]})),
        ),
        "within": _told("Le délai.", {"anyOf": [{"enum": list(DEADLINES)}, _DURATION]}),
        "ack": _told(
            "L'acquittement : attendu ou non, ou comment le partenaire répond.",
            {"anyOf": [{"type": "boolean"}, _ack()]},
        ),
        "refused": _told("Le hub doit refuser ce message, avec ce code.", _CODES),
        "prompt": _told("Ce qu'une personne doit faire.", _NAME),
        "group": _told("Des étapes voisines du même groupe viennent dans n'importe quel ordre.", _NAME),
        "optional": _told("Le message de l'éditeur peut ne pas venir.", {"type": "boolean"}),
        "ask": _told("false : l'éditeur doit envoyer de lui-même.", {"type": "boolean"}),
        "times": _told(
            "Combien de fois le partenaire envoie.",
            {"type": "integer", "minimum": 1, "maximum": MAX_TIMES},
        ),
        "format": _told("Le format du partenaire.", {"enum": list(_FORMATS)}),
        "expires": _told("La durée de vie du message du partenaire.", _DURATION),
    }
    return {**_table(properties, "id"), "oneOf": [{"required": [one]} for one in ACTIONS]}


def _message() -> Schema:
    properties = {
        "from": _told("Qui envoie.", _NAME),
        "to": _told("À qui.", _NAME),
        "unknown": _told("À un client inconnu du hub.", {"const": True}),
        "again": _told("L'étape dont le message repart tel quel.", {"type": ["string", "integer"]}),
        "any_of": _told("Les messages admis.", _list(_told("", {"$ref": "#/definitions/contenu"}))),
        **_content()["properties"],
    }
    said = [["model", "data"], ["again"], ["any_of"]]
    return {**_table(properties, "from"), "anyOf": [{"required": one} for one in said]}


def _content() -> Schema:
    data = {"anyOf": [{"type": "object"}, {"type": "string", "pattern": r"\.(ya?ml|json)$"}]}
    properties = {
        "model": _model(),
        "data": _told("Ce qui va sous la clé du message, ou le fichier qui le contient.", data),
    }
    return _table(properties, "model", "data")


def _model() -> Schema:
    names = dict.fromkeys(one.name for generation in generations() for one in models(generation))
    return _told("Le modèle du message.", {"enum": list(names)})


def resolved_grammar() -> Schema:
    """The grammar of a scenario as it reads in one generation, where no table `g1`, `g2`… is left."""
    found = _resolved(language_schema())
    assert isinstance(found, dict)
    return found


def _resolved(node: Any) -> Any:  # noqa: ANN401 - a JSON tree
    if isinstance(node, list):
        return [_resolved(one) for one in node]
    if not isinstance(node, dict):
        return node
    if "description" in node and len(node.get("anyOf", ())) == 2 and _is_by_generation(node["anyOf"][1]):
        return {"description": node["description"], **_resolved(node["anyOf"][0])}
    return {name: _resolved(child) for name, child in node.items()}


def _is_by_generation(schema: Schema) -> bool:
    names = {f"g{one}" for one in generations()}
    return set(schema.get("properties", {})) == names

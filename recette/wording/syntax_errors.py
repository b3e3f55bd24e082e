"""What is wrong with the syntax of a document, in French: the parsers speak English, and of much say only that it is wrong."""

from __future__ import annotations

import json
import re

from recette.wording.values import plain

_JSON = {
    "Expecting value": "une valeur est attendue",
    "Expecting property name enclosed in double quotes": "un nom de champ entre guillemets doubles est attendu",
    "Expecting ':' delimiter": "« : » est attendu",
    "Expecting ',' delimiter": "une virgule est attendue, ou la fin de la liste ou de l'objet",
    "Illegal trailing comma before end of object": "virgule de trop à la fin d'un objet",
    "Illegal trailing comma before end of array": "virgule de trop à la fin d'une liste",
    "Unterminated string starting at": "cette chaîne n'a pas de guillemet final",
    "Invalid control character at": "caractère de contrôle dans une chaîne",
    "Invalid \\escape": "séquence d'échappement inconnue",
    "Invalid \\uXXXX escape": "séquence \\u incomplète",
    "Extra data": "du texte suit la fin du document",
}
_YAML = {
    "did not find expected ',' or ']'": "une virgule ou « ] » est attendue",
    "did not find expected ',' or '}'": "une virgule ou « } » est attendue",
    "did not find expected key": "une clé est attendue, alignée sur les précédentes",
    "did not find expected '-' indicator": "un tiret est attendu, aligné sur les précédents",
    "did not find expected node content": "une valeur est attendue",
    "mapping values are not allowed in this context": "« : » n'a pas de sens à cet endroit",
    "block sequence entries are not allowed in this context": "« - » n'a pas de sens à cet endroit",
    "could not find expected ':'": "« : » est attendu",
    "found unexpected end of stream": "le fichier s'arrête avant la fin d'un texte entre guillemets",
    "found character that cannot start any token": "aucune valeur ne commence par ce caractère : est-ce une tabulation ?",
    "found undefined alias": "cet alias (*) n'est défini nulle part au-dessus",
    "found unknown escape character": "séquence d'échappement inconnue dans un texte entre guillemets doubles",
    "second occurrence": "cette ancre (&) est définie deux fois",
    "but found another document": "un second document (---) commence",
}
_XML = (
    (r"Opening and ending tag mismatch: (\S+)", "l'élément {} n'est pas fermé là où il le faut"),
    (r"Premature end of data in tag (\S+)", "l'élément {} n'est pas fermé"),
    (r"Couldn't find end of Start Tag (\S+)", "la balise ouvrante {} n'est pas finie"),
    (r"Namespace prefix (\S+) .* not defined", "le préfixe {} n'est lié à aucun espace de noms"),
    (r"Attribute (\S+) redefined", "l'attribut {} est donné deux fois"),
    (r"Extra content at the end", "du texte suit la fin du document"),
    (r"Start tag expected", "une balise est attendue"),
    (r"Document is empty", "il est vide"),
    (r"AttValue:", "la valeur d'un attribut est attendue entre guillemets"),
    (r"EntityRef: expecting ';'|xmlParseEntityRef", "« & » s'écrit &amp;"),
    (r"StartTag: invalid element name", "ce n'est pas un nom d'élément : « < » s'écrit &lt;"),
    (r"PCDATA invalid Char", "caractère que XML ne permet pas"),
)


def in_json(error: json.JSONDecodeError) -> str:
    """Where it is, and what, where that has a French word."""
    return _placed(error.lineno, error.colno, _JSON.get(error.msg, ""))


def in_yaml(problem: str | None) -> str:
    """What it is; nothing where that has no French word."""
    return _YAML.get(problem or "", "")


def in_xml(line: int, column: int, message: str) -> str:
    """Where it is, and what, where that has a French word."""
    for pattern, told in _XML:
        found = re.match(pattern, message[:300])
        if found is not None:
            return _placed(line, column, told.format(*(plain(one, 40) for one in found.groups())))
    return _placed(line, column, "")


def _placed(line: int, column: int, told: str) -> str:
    return f"ligne {line}, colonne {column}" + (f" : {told}" if told else "")

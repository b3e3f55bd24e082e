"""What parsers find wrong with a document is said in French, with its place, whatever they call it."""

from __future__ import annotations

import re

import pytest

from recette.messages.json.parsing import parse_json
from recette.messages.xml.parsing import parse_xml
from recette.scenario.problems import ScenarioError
from recette.scenario.yaml_source import parse
from recette.wording.syntax_errors import in_xml, in_yaml

ENGLISH = re.compile(
    r"\b(expect\w*|found|not|the|of|at|invalid|line|tag|end|data|escape|character)\b", re.IGNORECASE
)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"a": }', "ligne 1, colonne 7 : une valeur est attendue"),
        (b'{"a" 1}', "« : » est attendu"),
        (b'{"a":1 "b":2}', "une virgule est attendue"),
        (b"{a: 1}", "un nom de champ entre guillemets doubles"),
        (b'"abc', "pas de guillemet final"),
        (b'{"a":"\\q"}', "échappement inconnue"),
        (b'{"a":"\\u12"}', "séquence \\u incomplète"),
        (b'{"a":1} x', "suit la fin"),
        (b'{"a":"\t"}', "caractère de contrôle"),
    ],
)
def test_json(body: bytes, said: str) -> None:
    _, (problem,) = parse_json(body)
    assert said in problem.message
    assert not ENGLISH.search(problem.message)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"<a><b></a>", "ligne 1, colonne 11 : l'élément b n'est pas fermé"),
        (b"<a>", "l'élément a n'est pas fermé"),
        (b"<a/><b/>", "suit la fin"),
        (b"<a x=1/>", "entre guillemets"),
        (b"<a>&b</a>", "s'écrit &amp;"),
        (b"<a>& b</a>", "s'écrit &amp;"),
        (b"<p:a/>", "préfixe p"),
        (b"<a>1 < 2</a>", "s'écrit &lt;"),
        (b"<a x='1' x='2'/>", "x est donné deux fois"),
        (b"", "n'est pas du XML"),
    ],
)
def test_xml(body: bytes, said: str) -> None:
    _, (problem,) = parse_xml(body)
    assert said in problem.message
    assert not ENGLISH.search(problem.message)


@pytest.mark.parametrize(
    ("text", "place", "said"),
    [
        ("a: [1, 2\n", (2, 1), "une virgule ou « ] »"),
        ("a: {b: 1\n", (2, 1), "une virgule ou « } »"),
        ("a: b: c\n", (1, 5), "« : » n'a pas de sens"),
        ("- a\nb: c\n", (2, 1), "un tiret est attendu"),
        ("a:\n  - b\n c: d\n", (3, 2), "une clé est attendue"),
        ('a: "x\n', (2, 1), "texte entre guillemets"),
        ("\ta: b\n", (1, 1), "une tabulation"),
        ("a: *x\n", (1, 4), "alias"),
        ('a: "\\q"\n', (1, 5), "échappement inconnue"),
        ("a: &x 1\nb: &x 2\n", (2, 4), "ancre"),
        ("--- a\n--- b\n", (2, 1), "second document"),
        ("a: 1\nb: \x01\n", (2, 4), "caractère de contrôle"),
        ("a: 1\nb: !autre c\n", (2, 4), "ôtez l'étiquette"),
        ("a: ]\n", (1, 4), "voyez l'alignement"),
    ],
)
def test_yaml(text: str, place: tuple[int, int], said: str) -> None:
    with pytest.raises(ScenarioError) as error:
        parse("essai.yaml", text)
    (problem,) = error.value.problems
    assert (problem.line, problem.column) == place
    assert said in problem.text
    assert not ENGLISH.search(problem.text)


def test_what_has_no_french_word_is_located_all_the_same() -> None:
    assert in_yaml("something new") == ""
    assert in_xml(3, 4, "something new") == "ligne 3, colonne 4"

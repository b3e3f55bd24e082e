"""What a person says of values, one by one."""

from __future__ import annotations

from recette.play.drivers.marks import Mark, in_words, markable, worst

SHEET = [
    "Patient n° 1",
    "  Identité",
    "    Nom : A",
    "  Âge : 3 ans",
    "Patient n° 2",
    "    Nom : B : C",
    "Ville : D",
]


def test_a_value_is_told_with_all_that_it_stands_under() -> None:
    assert markable(SHEET) == [
        (2, "Patient n° 1 › Identité › Nom : A"),
        (3, "Patient n° 1 › Âge : 3 ans"),
        (5, "Patient n° 2 › Nom : B : C"),
        (6, "Ville : D"),
    ]


def test_the_whole_is_as_good_as_the_worst_and_says_what_differs() -> None:
    marks = [Mark("a", "conforme"), Mark("b", "approche", "tronqué"), Mark("c", "non-conforme")]
    assert worst(marks) == "non-conforme"
    assert worst(marks[:2]) == "approche"
    assert worst([]) == "conforme"
    told = "vu ; b : approché (tronqué) ; c : non conforme ; 1 valeur conforme, regardée seule"
    assert in_words(marks, "vu") == told
    assert in_words([]) == ""

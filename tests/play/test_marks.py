"""What a person says of values, one by one."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from recette.messages.vhosts import vhost
from recette.play.deadline import Deadline
from recette.play.drivers.driver import Attestation, Question
from recette.play.drivers.marks import Mark, in_words, markable, worst
from recette.play.drivers.operator import OperatorDriver
from tests.play.test_operator_across import Screen

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


def attested(screen: Screen, *typed: str, optional: bool = False, seconds: float = 30) -> Attestation:
    """What comes of what is typed at a terminal, of a screen with two values; the lines left over were not asked for."""

    async def ask() -> Attestation:
        terminal: Any = screen
        driver = OperatorDriver(terminal, vhost("15-15_v2.1"), "fr.health.samu991", by="Zoé", patience=30.0)
        question = Question(
            "s", "e", "Titre", "non-remis", "Le dossier est dit non remis.", Deadline(seconds)
        )
        return await driver.attest(replace(question, values=("Nom : A", "Ville : D"), optional=optional))

    for line in typed:
        screen.typed.put_nowait(line)
    found = asyncio.run(ask())
    assert screen.typed.empty()
    return found


def test_values_that_are_right_do_not_answer_what_a_scenario_asks() -> None:
    screen = Screen()
    found = attested(screen, "v", "c", "", "n", "rien ne le dit")
    assert "  Reste ce qui est demandé : Le dossier est dit non remis." in screen.shown
    comment = "rien ne le dit ; 1 valeur conforme, regardée seule"
    assert found == Attestation("non-conforme", by="Zoé", comment=comment)


@pytest.mark.parametrize(
    ("typed", "optional", "answer"),
    [(("v", "c", "a", "tronqué"), False, "approche"), (("v", "c", "c"), True, "conforme")],
)
def test_a_value_that_differs_or_a_message_as_such_is_answered_by_its_values(
    typed: tuple[str, ...], optional: bool, answer: str
) -> None:
    assert attested(Screen(), *typed, optional=optional).answer == answer


def test_a_wrong_key_asks_for_the_same_value_again_and_more_time_is_told() -> None:
    screen = Screen()
    found = attested(screen, "v", "x", "+", "c", "c", optional=True)
    assert found.answer == "conforme"
    asked = [line for line in screen.shown if line.startswith("  Nom : A ?")]
    assert len(asked) == 3
    assert "  « x » n'est pas une réponse." in screen.shown
    assert any(line.startswith("  Délai prolongé : reste 5 min") for line in screen.shown)


def test_what_was_marked_before_the_time_ran_out_is_kept() -> None:
    screen = Screen()
    found = attested(screen, "v", "n", "une lettre manque", seconds=0.5)
    assert found == Attestation(
        "sans-reponse", by="Zoé", comment="temps écoulé après : Nom : A : non conforme (une lettre manque)"
    )

"""What the operator's terminal says when nothing comes."""

from __future__ import annotations

from recette.messages.building import serialise
from recette.messages.reading import JSON_TYPE, Message, read
from recette.play.drivers.operator_texts import nothing_came, partner_answer

EDITOR, QUEUE = "fr.health.samu991", "fr.health.samu992.message"


def test_what_explains_it_best_comes_first() -> None:
    lines = list(nothing_came(EDITOR, "15-15_v1.5", {QUEUE: {"messages": 2, "consumers": 2}}))
    assert QUEUE in lines[0]
    assert "autre lecteur" in lines[0]
    assert "attendent" in lines[1]
    advice = "\n".join(lines[2:])
    for hint in (f"{EDITOR}.info", "vHost 15-15_v1.5", "hubsante", "explicitAddressValue"):
        assert hint in advice


def test_without_a_rival_only_the_advice() -> None:
    lines = list(nothing_came(EDITOR, "15-15_v1.5", {QUEUE: {"messages": 0, "consumers": 1}}))
    assert "!" not in "\n".join(lines)


def message(content: dict[str, object]) -> Message:
    return read(
        serialise({"content": [{"jsonContent": {"embeddedJsonContent": {"message": content}}}]}), JSON_TYPE, 1
    )


def test_a_partner_that_answers_with_an_error_does_not_acknowledge() -> None:
    receipt = message({"reference": {"distributionID": "x"}})
    assert partner_answer("samu992", receipt) == "  → samu992 acquitte (RC-REF)."
    code = {"statusCode": 704, "statusString": "INVALID_DATA"}
    error = message(
        {"error": {"errorCode": code, "errorCause": "Dossier inexploitable", "referencedDistributionID": "x"}}
    )
    told = partner_answer("samu992", error)
    assert told == "  → samu992 répond par une erreur (RS-ERROR 704 : Dossier inexploitable)."

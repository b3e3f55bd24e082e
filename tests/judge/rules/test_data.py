"""Values that are not as they were keyed: what differs is said, and where to look."""

from __future__ import annotations

import unicodedata
from typing import Any

import pytest

from tests.judge.journal_builder import Content, JournalBuilder, by, found, inside


def content(document: Content) -> Any:
    message = inside(document)
    return message[next(reversed(message))]


def shared(change: Any) -> JournalBuilder:
    play = JournalBuilder("15-15-partage-simple.g3@origine").open("partage")
    play.editor_says(play.due("partage"), change=change)
    return play.close().rest()


def test_another_unicode_form_is_said() -> None:
    def decomposed(document: Content) -> None:
        location = content(document)["location"]
        location["name"] = unicodedata.normalize("NFD", location["name"])

    result = shared(decomposed).judged()
    assert found(result) == [("DA-05", "fail")]
    (finding,) = result.findings
    assert "forme Unicode" in finding.explanation
    assert finding.expected.endswith("(forme composée, NFC)")
    assert finding.actual.endswith("(forme décomposée, NFD)")


@pytest.mark.parametrize(
    ("sent", "advice"),
    [
        ("Résidence des", "coupé après 13 caractères"),
        ("RÉSIDENCE DES ÉRABLES (LIEU FICTIF)", "casse"),
        ("AUTRE", "table de correspondance"),
        (12, "type"),
        (None, "relié"),
    ],
)
def test_the_advice_says_where_to_look(sent: object, advice: str) -> None:
    def changed(document: Content) -> None:
        location = content(document)["location"]
        location.pop("name")
        if sent is not None:
            location["name"] = sent

    (finding,) = by(shared(changed).judged(), "DA-05")
    assert advice in finding.advice


def test_the_sender_s_own_number_of_the_case_was_never_keyed() -> None:
    play = JournalBuilder("robustesse-message-maximal.g3@origine").open("partage")
    play.editor_says(
        play.due("partage"), change=lambda document: content(document).update(senderCaseId="D-2026-000123")
    )
    result = play.close().rest().judged()
    assert found(result) == []
    assert result.verdict == "pass"

"""Values that are not as they were keyed: what differs is said, and where to look."""

from __future__ import annotations

import unicodedata
from typing import Any

import pytest

from recette.messages.building import serialise
from recette.messages.hub_saw import HubSaw
from recette.messages.reading import JSON_TYPE, XML_TYPE
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


@pytest.mark.parametrize(
    ("said", "written", "more", "told"),
    [
        (XML_TYPE, XML_TYPE, b"\n", []),
        (None, XML_TYPE, b"\n", []),
        (XML_TYPE, XML_TYPE, b"<", ["DA-01"]),
        (JSON_TYPE, JSON_TYPE, b"}", ["DA-01"]),
    ],
)
def test_what_a_lax_hub_wrote_anew_is_read_as_the_hub_read_it(
    said: str | None, written: str, more: bytes, told: list[str]
) -> None:
    """What is not of health is XML unless it says that it is JSON; a hub writes a date with blanks anew, too."""
    play = JournalBuilder("15-nexsis-affaire-partagee-par-les-pompiers.g3@pompiers").rest()
    sent = play.last("RC-EDA").document
    play.write(
        HubSaw(
            vhost="15-nexsis_v1.9.1",
            client=play.casting.editor_client,
            action="received",
            distribution_id=sent["distributionID"],
            content_type=said,
            body=serialise(sent, written, 3) + more,
        )
    )
    assert [one.rule for one in play.judged().findings] == told

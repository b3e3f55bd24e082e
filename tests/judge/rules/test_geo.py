"""Geolocation: what CI-32 says of an answer, and which answers it leaves alone."""

from __future__ import annotations

from recette.sandbox.editor import Outgoing, ReferenceEditor
from tests.judge.playing import Play, rules

ASKED = "15-gps-details-demandes.g3@fournisseur"


def test_an_answer_that_says_more_than_was_asked_is_an_answer(play: Play) -> None:
    def generous(editor: ReferenceEditor, out: Outgoing) -> list[Outgoing]:
        if out.model == "GEO-RES" and editor.memory.seen:
            first = out.content["resource"][0]
            more = {**first, "resourceId": editor.identifiers.make("resource"), "name": "VLM fictive 12"}
            out.content["resource"].insert(0, more)
        return [out]

    result = play(ASKED, generous)
    assert (result.verdict, rules(result)) == ("pass", [])


def test_a_wrong_detail_in_an_answer_is_a_wrong_value(play: Play) -> None:
    def wrong(editor: ReferenceEditor, out: Outgoing) -> list[Outgoing]:
        if out.model == "GEO-RES" and editor.memory.seen:
            out.content["resource"][0]["mobility"] = "FIXE"
        return [out]

    assert rules(play(ASKED, wrong)) == [("DA-05", "fail")]


def test_a_resource_that_was_never_told_of_its_own_accord_is_a_missing_value(play: Play) -> None:
    """CI-32 speaks of answers; what is told unasked has no other rule than DA-05."""

    def partial(_: ReferenceEditor, out: Outgoing) -> list[Outgoing]:
        if out.model == "GEO-RES":
            del out.content["resource"][1:]
        return [out]

    assert rules(play("15-gps-details-des-ressources.g1@fournisseur", partial)) == [("DA-05", "fail")]


def test_two_positions_mixed_up_are_wrong_values(play: Play) -> None:
    def swapped(_: ReferenceEditor, out: Outgoing) -> list[Outgoing]:
        if out.model == "GEO-POS" and out.content["position"][0]["status"] == "INDISPONIBLE":
            out.content["position"][0]["resourceId"] += "9"
        return [out]

    result = play("15-gps-positions-successives.g2@fournisseur", swapped)
    assert {one.rule for one in result.findings} == {"DA-05"}

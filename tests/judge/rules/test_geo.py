"""Geolocation: what CI-32 says of an answer, and which answers it leaves alone."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from recette.messages.building import format_datetime
from recette.sandbox.editor import Outgoing, ReferenceEditor
from tests.judge.journal_builder import Content, JournalBuilder, found, inside
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


def moves(generation: int, *, minutes: int, shift: float = 0.0, goes_on: bool = False) -> JournalBuilder:
    """A vehicle tells where it is, and later where it is then, with the date of the first time, or its own."""
    play = JournalBuilder(f"15-gps-positions-successives.g{generation}@fournisseur").open("a-la-base")
    begun = play.at - timedelta(minutes=minutes)
    first = begun - timedelta(seconds=30)

    def position(document: Content, sent: datetime, dated: datetime) -> Content:
        document["dateTimeSent"] = inside(document)["sentAt"] = format_datetime(sent)
        told: Content = inside(document)["geoPositionsUpdate"]["position"][0]
        told["datetime"] = format_datetime(dated)
        return told

    def there(told: Content) -> Content:
        place: Content = told["coord"][0] if isinstance(told["coord"], list) else told["coord"]
        return place

    base: dict[str, float] = {}

    def at_base(document: Content) -> None:
        base.update(there(position(document, begun, first)))

    def on_the_way(document: Content) -> None:
        place = there(position(document, play.at, first + timedelta(minutes=minutes) * goes_on))
        if shift:
            place.update(base, lat=base["lat"] + shift)

    play.editor_says(play.due("a-la-base"), change=at_base)
    play.close().open("en-route")
    play.editor_says(play.due("en-route"), change=on_the_way)
    return play.close().rest()


@pytest.mark.parametrize(("generation", "verdict"), [(1, "fail"), (2, "fail"), (3, "remark")])
def test_a_position_whose_date_stands_still_while_the_vehicle_moves(generation: int, verdict: str) -> None:
    """From generation 3 the schema dates when coordinates came in, and several may come at once."""
    result = moves(generation, minutes=3).judged()
    assert found(result) == [("DA-27", verdict)]
    assert result.findings[0].path.endswith("position[0].datetime")


@pytest.mark.parametrize("generation", [1, 2, 3])
def test_a_position_whose_date_goes_on_or_that_left_at_once_is_right(generation: int) -> None:
    assert found(moves(generation, minutes=3, goes_on=True).judged()) == []
    assert found(moves(generation, minutes=0).judged()) == []


def test_a_vehicle_at_rest_may_repeat_its_last_known_position() -> None:
    """What differs is within what a receiver is off by; the value itself is another rule's."""
    assert {rule for rule, _ in found(moves(2, minutes=3, shift=0.0002).judged())} == {"DA-05"}
    assert {rule for rule, _ in found(moves(2, minutes=3, shift=0.02).judged())} == {"DA-05", "DA-27"}


@pytest.mark.parametrize("latitude", [10**400, 1e308, -361], ids=["digits", "float", "beyond"])
def test_a_position_that_is_no_place_on_earth_fails_no_rule(latitude: float) -> None:
    play = JournalBuilder("15-gps-positions-successives.g2@fournisseur").open("a-la-base")

    def beyond(document: Content) -> None:
        inside(document)["geoPositionsUpdate"]["position"][0]["coord"][0]["lat"] = latitude

    play.editor_says(play.due("a-la-base"), change=beyond)
    assert {rule for rule, _ in found(play.close().rest().judged())} == {"DA-05"}

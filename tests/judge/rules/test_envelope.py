"""The envelope: an identifier with nothing of its own, an expiry at once, real cases and exercises, addresses."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from recette.messages.building import format_datetime
from recette.messages.hub_saw import HubSaw
from tests.judge.journal_builder import Content, JournalBuilder, by, found, inside

SHARE = "15-15-partage-simple.g3@origine"


def said(step: str, **values: object) -> JournalBuilder:
    """The share, with another envelope in one step; `status` and `kind` stand in the header too."""
    play = JournalBuilder(SHARE).open(step)

    def other(document: Content) -> None:
        document.update(values)
        for name, field in (
            ("distributionStatus", "status"),
            ("distributionKind", "kind"),
            ("distributionID", "messageId"),
        ):
            if name in values:
                inside(document)[field] = values[name]

    play.editor_says(play.due(step), change=other)
    return play.close().rest()


def test_an_id_with_nothing_of_its_own() -> None:
    client = JournalBuilder(SHARE).casting.editor_client
    assert found(said("partage", distributionID=f"{client}_").judged()) == [("EN-03", "fail")]


@pytest.mark.parametrize(
    ("field", "told"), [("dateTimeExpires", ("EN-06", "inconc")), ("dateTimeSent", ("EN-05", "fail"))]
)
def test_a_blank_for_the_t_of_a_date(field: str, told: tuple[str, str]) -> None:
    """Once, in words of its own; of the one nobody knows what the hub does, the other it was seen to refuse."""
    play = JournalBuilder(SHARE).open("partage")

    def blank(document: Content) -> None:
        document[field] = document[field].replace("T", " ")

    play.editor_says(play.due("partage"), change=blank)
    assert found(play.close().rest().judged()) == [told]


@pytest.mark.parametrize(("field", "rule"), [("dateTimeSent", "EN-05"), ("dateTimeExpires", "EN-06")])
def test_a_small_z_is_no_offset_in_digits_either(field: str, rule: str) -> None:
    play = JournalBuilder(SHARE).open("partage")

    def small(document: Content) -> None:
        document[field] = f"{document[field][:19]}z"

    play.editor_says(play.due("partage"), change=small)
    assert found(play.close().rest().judged()) == [(rule, "fail")]


@pytest.mark.parametrize(("seconds", "told"), [(1, [("EN-06", "remark")]), (61, [])])
def test_an_expiry_at_once_is_a_remark(seconds: int, told: list[tuple[str, str]]) -> None:
    at = JournalBuilder(SHARE).at + timedelta(hours=1)  # the journal's seconds go on while it is built
    play = JournalBuilder(SHARE).open("partage")

    def soon(document: Content) -> None:
        document["dateTimeExpires"] = format_datetime(play.at + timedelta(seconds=seconds))

    play.editor_says(play.due("partage"), change=soon)
    assert at > play.at
    assert found(play.close().rest().judged()) == told


def test_a_real_case_that_goes_on_as_an_exercise() -> None:
    result = said("second-patient", distributionStatus="Exercise").judged()
    assert found(result) == [("EN-07", "fail")]
    assert by(result, "EN-07")[0].expected == "Actual"


def test_an_exercise_from_beginning_to_end_is_none() -> None:
    play = JournalBuilder(SHARE)
    for step in ("partage", "second-patient"):
        play.open(step)

        def exercise(document: Content) -> None:
            document["distributionStatus"] = inside(document)["status"] = "Exercise"

        play.editor_says(play.due(step), change=exercise)
        play.close()
    assert found(play.rest().judged()) == []


def test_a_share_that_is_sent_as_a_cancellation_is_a_remark() -> None:
    assert found(said("partage", distributionKind="Cancel").judged()) == [("EN-09", "remark")]
    assert found(said("partage", distributionKind="Update").judged()) == []


def test_a_message_that_the_editor_sends_to_itself() -> None:
    play = JournalBuilder("15-15-ressource-acceptee.g3@sollicite").until("depart")
    editor = play.casting.editor_client
    play.write(
        HubSaw(
            vhost=play.entries[0].event.targets[0].vhost,  # type: ignore[union-attr]
            client=editor,
            action="forwarded",
            recipient=f"{editor}.message",
            distribution_id=f"{editor}_soi",
        )
    )
    assert found(play.rest().judged()) == [("EN-12", "fail")]


@pytest.mark.parametrize(("status", "told"), [("Exercise", [("EN-07", "remark")]), ("Actual", [])])
def test_an_answer_in_another_status_than_its_partner_s(status: str, told: list[tuple[str, str]]) -> None:
    play = JournalBuilder("15-15-ressource-refusee.g3@sollicite").open("refus")

    def other(document: Content) -> None:
        document["distributionStatus"] = inside(document)["status"] = status

    play.editor_says(play.due("refus"), change=other)
    assert found(play.close().rest().judged()) == told


@pytest.mark.parametrize("acknowledging", [True, False])
def test_a_whole_play_without_a_basic_ack_is_a_remark(acknowledging: bool) -> None:
    play = JournalBuilder("15-15-partage-simple.g3@destinataire")
    editor = play.casting.editor_client
    saw = play.entries[2].event
    assert isinstance(saw, HubSaw)
    assert saw.recipient == f"{editor}.message"
    play.write(replace(saw, reason="by hand"))
    if acknowledging:
        play.write(replace(saw, action="acknowledging"))
    result = play.rest().judged()
    assert found(result) == ([] if acknowledging else [("TR-13", "remark")])
    assert result.verdict == "pass"


@pytest.mark.parametrize(("seconds", "verdict"), [(0, "fail"), (20, "inconc")])
def test_what_was_long_on_its_way_may_be_sent_again_as_it_was(seconds: int, verdict: str) -> None:
    """A broker in alarm confirms nothing meanwhile."""
    play = JournalBuilder(SHARE).open("partage")

    def held_back(document: Content) -> None:
        document["dateTimeSent"] = format_datetime(play.at - timedelta(seconds=seconds))

    said = play.editor_says(play.due("partage"), change=held_back)
    play.arrives(said)
    (told,) = by(play.close().rest().judged(), "EN-04")
    assert (told.verdict, told.attributed_to) == (verdict, "editor" if verdict == "fail" else "hub")
    assert ("confirmation" in told.explanation) == (verdict == "inconc")


@pytest.mark.parametrize("slow", [20, -20])
@pytest.mark.parametrize(("seconds", "verdict"), [(0, "fail"), (20, "inconc")])
def test_a_clock_that_is_off_holds_no_message_back(slow: int, seconds: int, verdict: str) -> None:
    """Every message of a slow clock seems long on its way: it is told by the one that is longer than the others."""
    play = JournalBuilder(SHARE).open("partage")

    def dated(document: Content, held: int = 0) -> None:
        document["dateTimeSent"] = format_datetime(play.at - timedelta(seconds=slow + held))

    said = play.editor_says(play.due("partage"), change=lambda document: dated(document, seconds))
    play.arrives(said)
    play.close().open("second-patient")
    play.editor_says(play.due("second-patient"), change=dated)
    (told,) = by(play.close().judged(), "EN-04")
    assert (told.verdict, told.attributed_to) == (verdict, "editor" if verdict == "fail" else "hub")


def test_another_message_under_the_same_id_is_no_copy() -> None:
    play = JournalBuilder(SHARE).open("partage")
    said = play.editor_says(
        play.due("partage"),
        change=lambda document: document.update(
            dateTimeSent=format_datetime(play.at - timedelta(seconds=20))
        ),
    )
    said.document["dateTimeExpires"] = format_datetime(play.at + timedelta(hours=3))
    play.arrives(said)
    (told,) = by(play.close().rest().judged(), "EN-04")
    assert told.verdict == "fail"

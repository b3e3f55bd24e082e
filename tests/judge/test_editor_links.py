"""An editor on several connections, of which one breaks: it is excused for what hung on that one alone."""

from __future__ import annotations

import pytest

from recette.judge.editor_links import EditorLinks
from recette.messages.hub_saw import HubSaw
from tests.judge.journal_builder import JournalBuilder, found

EDITOR, VHOST = "fr.health.samu991", "15-15_v2.1"
READER, ANSWERS, WRITER = 1, 2, 3
"""Who reads .message, who reads .ack and .info, who publishes."""


def act(action: str, connection: int | None, queue: str | None = None) -> HubSaw:
    return HubSaw(
        vhost=VHOST,
        client=EDITOR,
        action=action,
        recipient=f"{EDITOR}.{queue}" if queue else None,
        distribution_id=None,
        connection=connection,
    )


COMES = [
    *(act("connected", one) for one in (READER, ANSWERS, WRITER)),
    act("consuming", READER, "message"),
    act("consuming", ANSWERS, "ack"),
    act("consuming", ANSWERS, "info"),
    act("publishing", WRITER),
]


def unanswered_while(broken: int | None, back: list[HubSaw], come: list[HubSaw]) -> list[tuple[str, str]]:
    """A message goes without its ack while a connection is broken; the ack comes once it is back."""
    play = JournalBuilder("15-15-partage-simple.g3@destinataire")
    assert play.casting.editor_client == EDITOR
    for one in come:
        play.write(one)
    play.write(act("disconnected", broken))
    play.unanswered("partage")
    for one in back:
        play.write(one)
    play.close()
    return found(play.rest().judged())


def test_a_connection_that_reads_answers_alone_excuses_no_message_left_unread() -> None:
    back = [act("connected", 4), act("consuming", 4, "ack"), act("consuming", 4, "info")]
    assert unanswered_while(ANSWERS, back, COMES) == [("AC-01", "fail")]


@pytest.mark.parametrize(
    ("broken", "back"),
    [(READER, [act("connected", 4), act("consuming", 4, "message")]), (WRITER, [act("connected", 4)])],
)
def test_the_one_that_reads_messages_and_the_one_that_publishes_do(broken: int, back: list[HubSaw]) -> None:
    assert unanswered_while(broken, back, COMES) == [("AC-01", "inconc")]


def test_a_reader_is_not_back_with_another_connection() -> None:
    """Whoever opens one for each publication goes on doing so while nobody reads its messages."""
    assert unanswered_while(READER, [act("connected", 4), act("publishing", 4)], COMES) == [("AC-01", "fail")]


def test_who_will_publish_is_not_known_before_anybody_has() -> None:
    come = [one for one in COMES if one.connection != WRITER]
    assert unanswered_while(ANSWERS, [act("connected", 4)], come) == [("AC-01", "inconc")]


def test_a_journal_that_names_no_connection_is_judged_as_before() -> None:
    come = [act(one.action, None, (one.recipient or "").removeprefix(f"{EDITOR}.") or None) for one in COMES]
    assert unanswered_while(None, [act("connected", None)], come) == [("AC-01", "inconc")]
    assert unanswered_while(None, [], come) == [("AC-01", "fail")]


def test_two_connections_cut_at_once_are_back_once_both_are() -> None:
    links = EditorLinks(VHOST, EDITOR)
    for number, one in enumerate(COMES):
        assert links.saw(number, one) is None
    gap = links.saw(10, act("disconnected", WRITER))
    assert gap is not None
    assert links.saw(11, act("disconnected", READER)) is None
    for number, one in ((12, act("connected", 4)), (13, act("consuming", 4, "ack"))):
        links.saw(number, one)
        assert links.gap is gap
    links.saw(14, act("consuming-unacked", 4, "message"))
    assert (links.gap, gap.ended) == (None, 14)


def test_the_oldest_of_many_connections_are_forgotten() -> None:
    links = EditorLinks(VHOST, EDITOR)
    links.saw(1, act("consuming", 1, "ack"))
    for number in range(2, 3_000):
        links.saw(number, act("publishing", number))
    assert links.saw(3_000, act("disconnected", 1)) is not None


def test_one_that_closes_its_connection_is_excused_for_nothing() -> None:
    links = EditorLinks(VHOST, EDITOR)
    for number, one in enumerate(COMES):
        links.saw(number, one)
    assert links.saw(10, act("closed", READER)) is None
    assert links.gap is None

"""What a broker denies an editor, and what it empties for it, is told as the hub at home tells it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pamqp import commands as amqp

from recette.amqp import frames
from recette.amqp.methods import method
from recette.journal.wire_events import WireClosed, WireOpened
from recette.messages.hub_saw import HubSaw
from recette.relay.acts import Acts
from recette.relay.watch import Watch

OWN = "fr.health.samu991.message"
CONSUME, PURGE, BIND, GET = (60, 20), (50, 30), (50, 20), (60, 70)


class Link:
    """A connection that is open; what a relay tells of it."""

    def __init__(self) -> None:
        self._acts, self.told = Acts(), list[HubSaw]()
        self._watch = Watch(1, lambda event: self.told.extend(self._acts.of(event)), external="editor")
        self._watch.saw("editor", frames.PROTOCOL_HEADER + method(0, amqp.Connection.Open(virtual_host="v")))
        self._watch.saw("hub", method(0, amqp.Connection.OpenOk()))

    def asks(self, *what: object) -> None:
        for one in what:
            self._watch.saw("editor", method(1, one))  # type: ignore[arg-type]

    def answers(self, *what: object) -> None:
        for one in what:
            self._watch.saw("hub", method(1, one))  # type: ignore[arg-type]

    def acts(self, *of: str) -> list[tuple[str, str | None, str]]:
        return [(one.action, one.recipient, one.reason) for one in self.told if one.action in of]


def test_a_purge_is_told_with_what_it_lost() -> None:
    link = Link()
    link.asks(amqp.Queue.Purge(queue=OWN), amqp.Queue.Purge(queue="b"))
    assert link.acts("purged") == []
    link.answers(amqp.Queue.PurgeOk(7), amqp.Queue.PurgeOk(0))
    assert link.acts("purged") == [("purged", OWN, "7"), ("purged", "b", "0")]


def test_a_purge_that_wants_no_answer_is_told_without() -> None:
    link = Link()
    link.asks(amqp.Queue.Purge(queue=OWN, nowait=True))
    assert link.acts("purged") == [("purged", OWN, "")]


def test_a_purge_of_a_channel_that_was_closed_is_forgotten() -> None:
    link = Link()
    link.asks(amqp.Queue.Purge(queue="other"), amqp.Channel.Open(), amqp.Queue.Purge(queue=OWN))
    link.answers(amqp.Queue.PurgeOk(1))
    assert link.acts("purged") == [("purged", OWN, "1")]


DENIED = "ACCESS_REFUSED - {}access to {} '{}' in vhost 'v' refused for user 'editor'"


@pytest.mark.parametrize(
    ("blamed", "code", "text", "told"),
    [
        (CONSUME, 403, DENIED.format("", "queue", "b.message"), [("read-refused", "b.message", "")]),
        (GET, 403, DENIED.format("read ", "queue", "b.message"), [("read-refused", "b.message", "")]),
        (PURGE, 403, DENIED.format("", "queue", "b.message"), [("read-refused", "b.message", "")]),
        (BIND, 403, DENIED.format("write ", "queue", OWN), [("bind-refused", OWN, "")]),
        (BIND, 403, DENIED.format("", "exchange", "hubsante"), [("bind-refused", "hubsante", "")]),
        (CONSUME, 403, f"ACCESS_REFUSED - queue '{OWN}' in vhost 'v' in exclusive use", []),
        (CONSUME, 404, f"NOT_FOUND - no queue '{OWN}' in vhost 'v'", []),
        ((50, 10), 403, DENIED.format("configure ", "queue", "b.message"), []),
    ],
)
def test_what_is_denied_is_told_and_nothing_else(
    blamed: tuple[int, int], code: int, text: str, told: list[tuple[str, str, str]]
) -> None:
    link = Link()
    link.answers(amqp.Channel.Close(code, text, *blamed))
    assert link.acts("read-refused", "bind-refused") == told


def test_who_leaves_is_told_with_the_last_connection() -> None:
    acts = Acts()
    opened = WireOpened(connection=1, user="e", vhost="v", mechanism="PLAIN", product="", tls="", heartbeat=0)
    for one in (opened, replace(opened, connection=2), replace(opened, connection=3, user="f")):
        list(acts.of(one))
    closed = [WireClosed(connection=number, side="editor", clean=True) for number in (1, 2, 4)]
    told = []
    for end in closed:
        told.append(acts.leaves(end))
        list(acts.of(end))
    assert told == [None, ("v", "e"), None]


@pytest.mark.parametrize(("clean", "told"), [(True, "closed"), (False, "disconnected")])
def test_how_a_connection_ended_is_told(clean: bool, told: str) -> None:
    acts = Acts()
    opened = WireOpened(connection=1, user="e", vhost="v", mechanism="PLAIN", product="", tls="", heartbeat=0)
    ended = WireClosed(connection=1, side="editor", clean=clean)
    assert [one.action for event in (opened, ended) for one in acts.of(event)] == ["connected", told]

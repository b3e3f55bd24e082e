"""Whatever passes on a link, what the relay remembers of it has a bound, and what it says of the rest stays true."""

from __future__ import annotations

from typing import Any

import pytest
from pamqp import commands as amqp

from recette.amqp import frames, methods
from recette.journal.event import RunEvent
from recette.journal.wire_events import (
    WireAsked,
    WireDelivered,
    WireOpened,
    WirePublished,
    WireSettled,
)
from recette.relay import acts, watch
from recette.relay.acts import Acts
from recette.relay.disturbances import TURNED, Turner
from recette.relay.recent import Recent


def published(channel: int, size: int, body: bytes) -> bytes:
    method = amqp.Basic.Publish(exchange="hubsante", routing_key="key")
    header = frames.CONTENT.pack(60, 0, size) + b"\0\0"
    return (
        methods.method(channel, method)
        + frames.frame(frames.HEADER, channel, header)
        + frames.frame(frames.BODY, channel, body)
    )


def test_messages_that_never_end_are_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    events: list[RunEvent] = []
    monkeypatch.setattr(watch, "PENDING_MAX", 1_000)
    one = watch.Watch(1, events.append)
    one.saw("editor", frames.PROTOCOL_HEADER)
    for channel in range(1, 100):
        one.saw("editor", published(channel, 200, b"x" * 100))
        assert sum(len(each.body) for each in one._contents.values()) <= 1_000
    one.saw("editor", b"".join(frames.frame(frames.BODY, each, b"y" * 100) for each in range(1, 100)))
    found = [each for each in events if isinstance(each, WirePublished)]
    assert [each.size for each in found] == [200] * 99
    kept = [each.body for each in found if each.body]
    assert kept == [b"x" * 100 + b"y" * 100] * len(kept)
    assert 0 < len(kept) < 99
    for _ in range(3):
        one.saw("editor", published(7, 900, b"z" * 900))
    assert events[-1].body == b"z" * 900  # type: ignore[attr-defined]


def test_body_frames_without_a_body_cost_nothing() -> None:
    events: list[RunEvent] = []
    one = watch.Watch(1, events.append)
    one.saw("editor", frames.PROTOCOL_HEADER + published(1, 1, b""))
    one.saw("editor", frames.frame(frames.BODY, 1, b"") * 50_000)
    assert [len(each.body) for each in one._contents.values()] == [0]
    one.saw("editor", frames.frame(frames.BODY, 1, b"x"))
    assert events[-1].body == b"x"  # type: ignore[attr-defined]


def delivered(tag: int, body: bytes, queue: str = "editor.message") -> WireDelivered:
    said: dict[str, Any] = {"content_type": None, "delivery_mode": 2, "expiration": None, "headers": {}}
    return WireDelivered(
        connection=1, channel=1, tag=tag, queue=queue, routing_key=queue, redelivered=False, body=body,
        size=len(body), **said,
    )  # fmt: skip


def opened() -> WireOpened:
    return WireOpened(
        connection=1, user="editor", vhost="15-15_v1.5", mechanism="PLAIN", product="", tls="", heartbeat=0
    )


def gave_back(tag: int) -> WireSettled:
    return WireSettled(
        connection=1, channel=1, side="editor", how="nack", tag=tag, multiple=False, requeue=True
    )


def actions(told_by: Acts, *events: RunEvent) -> list[str]:
    return [seen.action for event in events for seen in told_by.of(event)]


def test_what_needs_no_ack_does_not_hide_what_loops(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(acts, "_HELD_MAX", 50)
    one = Acts()
    unacked = WireAsked(
        connection=1, channel=2, method="basic.consume", name="editor.info", arguments={"no_ack": True}
    )
    actions(one, opened(), unacked)
    actions(one, *[delivered(tag, b"report", "editor.info") for tag in range(1_000, 1_100)])
    actions(one, *[delivered(tag, b"%d" % tag) for tag in range(200, 245)])
    loops = [each for tag in range(acts.LOOP) for each in (delivered(tag, b"again"), gave_back(tag))]
    assert actions(one, *loops) == ["looping"]


def test_what_was_given_back_once_is_forgotten_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(acts, "_HELD_MAX", 50)
    one = Acts()
    actions(one, opened())
    for tag in range(500):
        assert not actions(one, delivered(tag, b"%d" % tag), gave_back(tag))
    assert len(one._returned) == 50


def test_the_latest_are_remembered() -> None:
    one: Recent[int, str] = Recent(3, 100)
    for number in range(5):
        one.put(number, str(number))
    assert list(one) == [2, 3, 4]
    one.put(2, "two", 60)
    one.put(5, "five", 50)
    assert (list(one), 2 in one, one.get(5)) == ([5], False, "five")
    assert (one.pop(5), one.pop(5), len(one)) == ("five", None, 0)
    one.put(6, "six", 101)
    assert not len(one)


def turned(*pieces: bytes, armed: bool = True) -> bytes:
    written = bytearray()
    one = Turner(written.extend)
    if armed:
        one.arm()
    for piece in pieces:
        one(piece)
    return bytes(written)


def handed(tag: int, body: bytes, header: bytes | None = None) -> bytes:
    header = frames.CONTENT.pack(60, 0, len(body)) + b"\0\0" if header is None else header
    method = methods.deliver("c", tag, False, "", "q")
    return (
        frames.frame(frames.METHOD, 1, method)
        + frames.frame(frames.HEADER, 1, header)
        + frames.frame(frames.BODY, 1, body)
    )


async def test_a_hub_that_lies_is_not_turned_round(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = handed(1, b"one"), handed(2, b"two")
    assert turned(first, second) == second + first
    short = handed(1, b"one", b"\0")
    no_frames = b"\x01\x00\x01\x00\x00\x00\x01xx"
    assert (
        turned(first, no_frames[:5], no_frames[5:] + b"more", b"and more")
        == first + no_frames + b"moreand more"
    )
    assert short.startswith(turned(short))
    monkeypatch.setattr("recette.relay.disturbances._HELD_BYTES", 200)
    large = handed(1, b"x" * 500)
    assert turned(large, second) == large + second
    assert TURNED == "desordre"

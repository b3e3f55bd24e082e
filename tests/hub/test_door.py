"""Frames of a hub reach the library whole and in their order, however they were cut on the way."""

from __future__ import annotations

import asyncio

import pytest

from recette.amqp import frames
from recette.hub.door import Door
from recette.hub.errors import ProtocolError

FRAMES = [
    frames.HEARTBEAT_FRAME,
    frames.frame(frames.METHOD, 1, bytes.fromhex("003c0050") + bytes(8) + b"\x00"),  # basic.ack
    frames.frame(frames.BODY, 1, b"x" * 5_000),
    frames.HEARTBEAT_FRAME,
]


async def _through(cut: list[bytes], wanted: int) -> bytes:
    """What the library reads of so many bytes, one piece coming after the other."""
    reader = asyncio.StreamReader()
    door = Door(reader, lambda _: None)
    got = b""
    for piece in cut:
        reader.feed_data(piece)
        while len(got) < wanted:
            try:
                async with asyncio.timeout(0):
                    got += await door.readexactly(wanted - len(got))
            except TimeoutError:
                break
    reader.feed_eof()
    return got + (await door.readexactly(wanted - len(got)) if len(got) < wanted else b"")


@pytest.mark.parametrize("size", [1, 2, 7, 8, 100, 4_096, 100_000])
async def test_frames_are_the_same_however_they_are_cut(size: int) -> None:
    whole = b"".join(FRAMES)
    cut = [whole[at : at + size] for at in range(0, len(whole), size)]

    assert await _through(cut, len(whole)) == whole


async def test_what_came_before_a_wrong_frame_is_read_first() -> None:
    reader = asyncio.StreamReader()
    door = Door(reader, lambda _: None)
    reader.feed_data(FRAMES[0] + FRAMES[1] + frames.frame(9, 1, b"none of AMQP's kinds"))
    reader.feed_eof()

    before = b"".join(FRAMES[:2])
    got = b""
    while len(got) < len(before):
        got += await door.readexactly(len(before) - len(got))
    assert got == before
    assert not door.at_eof()
    with pytest.raises(ProtocolError, match="trame de type 9"):
        await door.readexactly(1)


async def test_a_frame_that_is_cut_off_is_no_orderly_end() -> None:
    reader = asyncio.StreamReader()
    door = Door(reader, lambda _: None)
    reader.feed_data(FRAMES[0] + FRAMES[2][:100])
    reader.feed_eof()

    assert await door.readexactly(len(FRAMES[0])) == FRAMES[0]
    assert not door.at_eof()
    with pytest.raises(asyncio.IncompleteReadError):
        await door.readexactly(1)

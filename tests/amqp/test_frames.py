"""Frames come out as they went in, however the bytes were split; what is no frame is refused."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recette.amqp import frames
from recette.amqp.errors import AmqpError

FRAMES = st.lists(
    st.tuples(st.sampled_from([1, 2, 3, 8]), st.integers(0, 65_535), st.binary(max_size=60)), max_size=8
)


@settings(deadline=None, derandomize=True)
@given(FRAMES, st.sets(st.integers(0, 600)))
def test_any_split(sent: list[frames.Frame], cuts: set[int]) -> None:
    data = b"".join(frames.frame(*one) for one in sent)
    reader = frames.FrameReader(frames.FRAME_MIN)
    places = [0, *sorted(cut for cut in cuts if cut < len(data)), len(data)]
    assert [one for start, end in pairwise(places) for one in reader.feed(data[start:end])] == sent


def test_a_frame_that_is_too_long_is_refused_by_its_head_alone() -> None:
    reader = frames.FrameReader(frames.FRAME_MIN)
    with pytest.raises(AmqpError, match="501"):
        list(reader.feed(frames.HEAD.pack(3, 1, 1_000_000_000)))


def test_a_frame_that_does_not_end_is_refused() -> None:
    reader = frames.FrameReader(frames.FRAME_MIN)
    with pytest.raises(AmqpError, match="206"):
        list(reader.feed(frames.HEAD.pack(1, 1, 3) + b"abcX"))


def test_what_comes_before_the_bad_frame_is_given() -> None:
    reader = frames.FrameReader(frames.FRAME_MIN)
    found = reader.feed(frames.HEARTBEAT_FRAME + frames.HEAD.pack(1, 1, 9_999))
    assert next(found) == (frames.HEARTBEAT, 0, b"")
    with pytest.raises(AmqpError):
        next(found)

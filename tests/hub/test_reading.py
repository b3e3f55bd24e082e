"""Properties are read as the client library would read them where it can, and never stop anything where it cannot."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pamqp import commands as amqp

from recette.amqp import tables
from recette.amqp.values import COUNT_MAX, DEPTH_MAX
from recette.hub.publishing import written
from recette.hub.reading import read_properties
from recette.journal.codec import decode, encode
from recette.journal.events import Entry, Received, Unreadable

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
VALUES: Any = st.recursive(
    st.one_of(
        st.booleans(), st.integers(-(2**63), 2**63 - 1), TEXT, st.none(), st.binary(max_size=20).map(bytearray),
        st.datetimes(datetime(1970, 1, 1), datetime(9999, 12, 31), timezones=st.just(UTC)).map(  # noqa: DTZ001
            lambda one: one.replace(microsecond=0)
        ),
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(TEXT.filter(bool), inner, max_size=4)),
    max_leaves=8,
)  # fmt: skip


def journaled(raw: bytes) -> None:
    """What was read is written down and read back, and can be passed on, whatever it is."""
    properties, why = read_properties(raw)
    if properties is not None:
        again, _ = read_properties(written(properties).marshal())
        assert again is not None
    place = {"vhost": "v", "client": "c", "queue": "q", "routing_key": "k"}
    event: Received | Unreadable
    if properties is None:
        event = Unreadable(**place, reason=why, properties=raw, body=b"\xff")
    else:
        event = Received(
            **place, redelivered=False, content_type=properties.content_type, expiration=properties.expiration,
            delivery_mode=properties.delivery_mode, headers=properties.headers, body=b"",
        )  # fmt: skip
    line, _ = encode(Entry(1, "2026-01-01T00:00:00+00:00", 0.0, event), "0" * 64)
    assert decode(line).number == 1


@settings(deadline=None, derandomize=True)
@given(st.dictionaries(TEXT.filter(bool), VALUES, max_size=5), TEXT)
def test_as_the_client_library_reads_them(headers: Any, text: str) -> None:
    raw = amqp.Basic.Properties(headers=headers, content_type=text, delivery_mode=2).marshal()
    properties, why = read_properties(raw)
    assert properties is not None
    assert (why, properties.content_type, properties.delivery_mode) == ("", text or None, 2)
    assert properties.headers == headers
    journaled(raw)


@settings(deadline=None, derandomize=True, max_examples=500)
@given(st.binary(max_size=120))
def test_noise(raw: bytes) -> None:
    journaled(raw)


@settings(deadline=None, derandomize=True, max_examples=300)
@given(st.dictionaries(TEXT.filter(bool), VALUES, min_size=1, max_size=5), st.data())
def test_spoiled(headers: Any, data: st.DataObject) -> None:
    raw = bytearray(amqp.Basic.Properties(headers=headers, expiration="10").marshal())
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    journaled(bytes(raw))


def refused(headers: Any) -> str:
    return read_properties(amqp.Basic.Properties(headers=headers).marshal())[1]


def test_the_bounds_are_where_they_are_said_to_be() -> None:
    inner: Any = None
    for _ in range(DEPTH_MAX - 2):  # the table itself, and the array that holds the value
        inner = [inner]
    assert refused({"a": inner}) == ""
    assert "nested deeper" in refused({"a": [[inner]]})
    assert refused({"a": [None] * (COUNT_MAX - 1)}) == ""
    assert "more than" in refused({"a": [None] * (COUNT_MAX + 1)})


ODD = {
    "name": b"\xff\x41" * 127, "bytes": b"\xff", "decimal": b"D\x02\xff\xff\xff\xff", "scale": b"D\xff\x00\x00\x00\x01",
    "far": b"T" + b"\xff" * 8, "double": b"d" + b"\xff" * 8,
}  # fmt: skip


@pytest.mark.parametrize("kind", ODD)
def test_odd_values_are_passed_on_all_the_same(kind: str) -> None:
    value = ODD[kind]
    if kind == "name":
        table = bytes((len(value),)) + value + b"V"
    elif kind == "bytes":
        table = b"\x01a" + tables.sized(b"S", value)
    else:
        table = b"\x01a" + value
    journaled(b"\x20\x00" + tables.sized(b"", table))


def test_numbers_that_json_cannot_say() -> None:
    raw = amqp.Basic.Properties(headers={"n": math.nan, "i": math.inf}).marshal()
    journaled(raw)

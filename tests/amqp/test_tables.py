"""Properties are split and put together again without a byte being changed; nothing else than MalformedError is raised."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pamqp import commands as amqp

from recette.amqp.errors import AmqpError, MalformedError
from recette.amqp.methods import decode_method
from recette.amqp.tables import Properties, split_table

TEXT = st.text(max_size=20)
VALUES: Any = st.recursive(
    st.one_of(st.booleans(), st.integers(-(2**63), 2**63 - 1), TEXT, st.none()),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(TEXT.filter(bool), inner, max_size=4)
    ),
    max_leaves=8,
)


@settings(deadline=None, derandomize=True)
@given(st.dictionaries(st.text(min_size=1, max_size=20), VALUES, max_size=5), st.one_of(st.none(), TEXT))
def test_there_and_back(headers: Any, text: str | None) -> None:
    raw = amqp.Basic.Properties(headers=headers, message_id=text, delivery_mode=2).marshal()
    split = Properties.parse(raw)
    assert split.encoded() == raw
    assert split.text("message_id") == (text or None)  # pamqp leaves an empty one out
    assert {name.decode() for name in split.headers()} == set(headers)


@settings(deadline=None, derandomize=True)
@given(st.binary(max_size=80))
def test_noise(data: bytes) -> None:
    with suppress(MalformedError):
        assert Properties.parse(data).encoded() == data
    with suppress(AmqpError):
        decode_method(data)


@pytest.mark.parametrize(
    "data", [b"\x01", b"\x01a", b"\x00t\x01", b"\x01aS\x00\x00\x00\x09x", b"\x01a?\x00"], ids=repr
)
def test_tables_that_are_none(data: bytes) -> None:
    with pytest.raises(MalformedError):
        split_table(data)

"""Randomness for ids and salts, taken from the system many at a time: each asking costs more than the bytes."""

from __future__ import annotations

import os

_SIZE = 16
"""Bytes of a UUID, and of a salt."""
_AT_ONCE = 256
_stock: list[bytes] = []
os.register_at_fork(after_in_child=_stock.clear)


def random_bytes() -> bytes:
    """Sixteen bytes that nobody can guess, given out once."""
    try:
        return _stock.pop()
    except IndexError:
        drawn = os.urandom(_SIZE * _AT_ONCE)
        _stock.extend(drawn[at : at + _SIZE] for at in range(_SIZE, len(drawn), _SIZE))
        return drawn[:_SIZE]

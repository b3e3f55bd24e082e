"""Ports for what is to listen only later: none that the system gives to somebody else in between."""

from __future__ import annotations

import random
import socket

_OURS = range(20_000, 32_000)
"""Below those that systems draw from by themselves (Linux: from 32768 on)."""


def port_to_come() -> int:
    """A port where nobody listens, and that nobody gets without asking for it by its number."""
    for port in random.sample(_OURS, 100):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError

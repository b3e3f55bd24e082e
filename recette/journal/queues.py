"""The partners' queues, as the journal holds them: messages and consumers by name."""

from __future__ import annotations

from collections.abc import Mapping


def shared(queues: Mapping[str, Mapping[str, int]]) -> list[str]:
    """Those that the run was not alone to read."""
    return [name for name, state in queues.items() if state.get("consumers", 1) > 1]

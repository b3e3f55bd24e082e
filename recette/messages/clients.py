"""What a client id tells (fact sheet 1.1)."""

from __future__ import annotations

HEALTH = "fr.health"
HUB = "fr.health.hub"
"""Whom the hub's own reports come from (fact sheet 7.1)."""

_LONGEST = 255 - len(".message")
"""Bytes: a client's queues are named after it, and AMQP's names end there."""


def names_a_client(text: str) -> bool:
    """Whether a broker can have queues of that name: short enough, in letters that can be seen and written in UTF-8."""
    return 0 < len(text.encode("utf-8", "replace")) <= _LONGEST and text.isprintable() and " " not in text


def is_health(client: str) -> bool:
    """Whether the hub takes this client for a health actor; all others speak XML with it (fact sheet 7.4)."""
    return client.startswith(HEALTH)

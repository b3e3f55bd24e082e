"""What a client id tells (fact sheet 1.1)."""

from __future__ import annotations

HEALTH = "fr.health"
HUB = "fr.health.hub"
"""Whom the hub's own reports come from (fact sheet 7.1)."""


def is_health(client: str) -> bool:
    """Whether the hub takes this client for a health actor; all others speak XML with it (fact sheet 7.4)."""
    return client.startswith(HEALTH)

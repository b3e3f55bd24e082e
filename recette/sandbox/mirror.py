"""A client of the hub that is shown what others are sent: its own queue takes it as well, and theirs lose nothing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from recette.hub import topology

WITNESS = "fr.health.temoin-recette"
"""Who reads the mirror of a hub at home."""


def mirror(vhost: str, clients: Iterable[str], witness: str = WITNESS) -> dict[str, Any]:
    """Definitions for a vHost on which `witness` is a client: all that is addressed to `clients` goes to its `.message`
    queue too.
    """
    return {
        "bindings": [
            {
                "vhost": vhost,
                "source": topology.DISTRIBUTION_EXCHANGE,
                "destination": topology.queue(witness, "message"),
                "destination_type": "queue",
                "routing_key": topology.queue(client, channel),
                "arguments": {},
            }
            for client in clients
            for channel in topology.CHANNELS
        ]
    }

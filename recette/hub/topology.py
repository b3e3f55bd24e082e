"""The names on a hub's vHost; they are exact (DST 3.1, 3.3)."""

from __future__ import annotations

from typing import Literal

CLIENT_EXCHANGE = "hubsante"
"""Where clients publish, with their own client id as routing key."""
DISPATCH_QUEUE = "dispatch"
DISTRIBUTION_EXCHANGE = "distribution"
DEAD_LETTER_EXCHANGE = "distribution.dlx"
DEAD_LETTER_QUEUE = "dispatch.dlq"

Channel = Literal["message", "ack", "info"]
CHANNELS: tuple[Channel, ...] = ("message", "ack", "info")


def queue(client: str, channel: Channel) -> str:
    """The queue `<clientId>.<channel>`; on the distribution exchange its routing key is the same."""
    return f"{client}.{channel}"

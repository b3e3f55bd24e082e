"""Messages put together from their frames, by channel and direction."""

from __future__ import annotations

from dataclasses import dataclass, field

from recette.amqp import frames

BODY_KEPT = 32 * 1024 * 1024
"""Bytes of a body that a journal keeps; of a longer one it keeps the size."""


@dataclass(slots=True)
class Content:
    """A message whose frames are still coming."""

    method: object
    """What announced it."""
    properties: bytes | None = None
    size: int = 0
    received: int = 0
    body: bytearray = field(default_factory=bytearray)
    """As far as it came; empty where it is not kept."""
    kept: bool = True
    polled: str = ""
    """The queue that a `basic.get` asked for it."""

    def forget(self) -> None:
        """Keep nothing of the body."""
        self.kept, self.body = False, bytearray()

    def header(self, payload: bytes) -> bool:
        """Take the content header; whether the message is whole."""
        _, _, self.size = frames.CONTENT.unpack_from(payload)
        self.properties = payload[frames.CONTENT.size :]
        self.kept = self.size <= BODY_KEPT
        return not self.size

    def part(self, payload: bytes) -> bool:
        """Take a frame of the body; whether the message is whole."""
        self.received += len(payload)
        if self.kept:
            self.body += payload
        return self.received >= self.size

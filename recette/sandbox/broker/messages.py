"""A message at rest; its properties stay the bytes that its publisher sent."""

from dataclasses import dataclass

from recette.sandbox.broker.limits import ENTRY_OVERHEAD


@dataclass(frozen=True, slots=True)
class Message:
    exchange: str
    routing_key: str
    properties: bytes  # flags and list, as in the content header
    body: bytes
    ttl: int | None  # ms, from its `expiration`


class Entry:
    """A message in one queue."""

    __slots__ = ("expires", "message", "position", "redelivered", "returns", "size")

    def __init__(self, position: int, message: Message, expires: float | None) -> None:
        self.position = position  # order of arrival
        self.message = message
        self.expires = expires  # loop time
        self.redelivered = False
        self.returns = 0  # times that a client gave it back on purpose
        self.size = len(message.body) + len(message.properties) + ENTRY_OVERHEAD

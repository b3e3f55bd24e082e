"""What a client does that only the broker can see."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

LOOP = 5
"""How many times a client gives the same message back before it counts as looping on it."""


ActKind = Literal[
    "connected",
    "disconnected",
    "declared",
    "consuming",
    "consuming-unacked",
    "acknowledging",
    "publishing",
    "publish-refused",
    "looping",
    "turned-away",
    "read-refused",
    "bind-refused",
    "purged",
]
"""`disconnected`: the connection broke off; one that either side closed is not told.

`turned-away`: it logged in, and has no rights on the vHost that it asked for.

`read-refused`, `bind-refused`: it may not read that queue, or bind one.

`purged`: it emptied a queue; the detail says of how many messages.

`publishing`: the first publication of a connection.

`acknowledging`: the first basic.ack of a connection on a queue; of one that `consuming` says to be read by hand.
"""

BY_HAND = "by hand"
"""The detail of `consuming`: whether the reader acknowledges will be told."""

ACT_KINDS = frozenset(get_args(ActKind))


@dataclass(frozen=True, slots=True)
class Act:
    """One act of a client, told before it is answered."""

    kind: ActKind
    vhost: str
    user: str
    name: str = ""
    """The queue or exchange."""
    detail: str = ""
    """How it logged in, what it declared, the routing key it published with, how much it emptied."""
    body: bytes = b""
    connection: int = 0
    """Which one it is, counted from 1 since the broker was started."""


ActObserver = Callable[[Act], None]


Departures = Callable[[str, str], None]
"""Is told the vHost and the user of whom the last connection is over."""


def unheard(_: Act) -> None:
    """Nobody listens."""


def unmissed(_vhost: str, _user: str) -> None:
    """Nobody asks who left."""

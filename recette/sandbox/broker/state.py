"""What all connections of a broker share."""

from collections.abc import Callable

from recette.sandbox.broker.access import Access
from recette.sandbox.broker.acts import ActObserver
from recette.sandbox.broker.limits import Ledger
from recette.sandbox.broker.vhost import VHost


class State:
    """Rights, vHosts, the count of what is held, and what the work just done has left to be sent."""

    def __init__(self, observe: ActObserver) -> None:
        self.observe = observe
        self.access = Access()
        self.vhosts: dict[str, VHost] = {}
        self.ledger = Ledger()
        self.unsent: list[Callable[[], None]] = []
        """One for each client that has something to read."""
        self.connections = 0
        """How many there have been."""
        self.alarm: str | None = None
        """Why no publications are taken; None while they are."""

    def flush(self) -> None:
        """Send what the work just done has produced, one write a client."""
        while self.unsent:
            unsent, self.unsent = self.unsent, []
            for send in unsent:
                send()

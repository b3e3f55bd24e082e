"""What passed through a relay to the software, as a run takes it that sees two editors by their relays alone."""

from __future__ import annotations

from recette.hub.wire import Delivery, Properties
from recette.journal.event import RunEvent
from recette.journal.wire_events import WireClosed, WireDelivered, WireOpened
from recette.relay.captures.sighting import is_client_queue


class Handing:
    """Takes the events of a relay in order."""

    def __init__(self) -> None:
        self._vhosts: dict[int, str] = {}
        """By connection."""

    def of(self, event: RunEvent) -> tuple[str, Delivery] | None:
        """The vHost and the message, where one was handed over from a client's queue and the relay kept it whole."""
        match event:
            case WireOpened():
                self._vhosts[event.connection] = event.vhost
            case WireClosed():
                self._vhosts.pop(event.connection, None)
            case WireDelivered() if event.connection in self._vhosts and is_client_queue(event.queue):
                if event.size == len(event.body):
                    return self._vhosts[event.connection], _delivery(event)
            case _:
                pass
        return None


def _delivery(event: WireDelivered) -> Delivery:
    said = Properties(event.content_type, event.delivery_mode, event.expiration, event.headers)
    return Delivery(event.queue, "", event.routing_key, event.redelivered, said, event.body)

"""What was converted on its way from one vHost to another, where it passes every check again (hub-sante-2026 2)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import permutations
from typing import Self

from recette.hub import topology
from recette.hub.address import BrokerAddress
from recette.hub.connection import HubConnection
from recette.hub.consumer import Handler
from recette.hub.wire import Delivery


def exchange(source: str, target: str) -> str:
    """The exchange on `source` for what goes on to `target`; its queue has the same name."""
    return f"transfer_{source}_to_{target}"


class Transfers:
    """Carries messages between the vHosts of one hub, as the operator's shovels do, until closed."""

    def __init__(self, connections: dict[str, HubConnection]) -> None:
        self._connections = connections

    @classmethod
    async def start(cls, addresses: Iterable[BrokerAddress]) -> Self:
        """Connect to each vHost, and carry between each two. Raises HubError."""
        connections: dict[str, HubConnection] = {}
        transfers = cls(connections)
        try:
            for address in addresses:
                connections[address.vhost] = await HubConnection.open(address, name="recette transfer")
            for source, target in permutations(connections, 2):
                carry = transfers._carrier(target)
                await connections[source].consume(exchange(source, target), carry)
        except BaseException:
            await transfers.close()
            raise
        return transfers

    def on_lost(self, callback: Callable[[BaseException], None]) -> None:
        """Call `callback` with the reason when the broker is lost."""
        for connection in self._connections.values():
            connection.on_closed(callback)

    async def close(self) -> None:
        for connection in self._connections.values():
            await connection.close()

    def _carrier(self, target: str) -> Handler:
        async def carry(delivery: Delivery) -> bool:
            outcome = await self._connections[target].publish(
                topology.CLIENT_EXCHANGE, delivery.routing_key, delivery.body, delivery.properties
            )
            if outcome.status != "confirmed":
                raise ConnectionError(f"transfert vers {target} : {outcome.reason}")
            return True

        return carry

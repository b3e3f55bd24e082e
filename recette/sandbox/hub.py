"""A hub at home: a broker, the topology, the dispatchers, the accounts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, Protocol, Self

from recette.hub.address import BrokerAddress
from recette.messages.schemas import SchemaSet
from recette.sandbox.broker import EmbeddedBroker
from recette.sandbox.definitions import DEFAULT_TTL, DISPATCHER, definitions, new_passwords
from recette.sandbox.dispatcher import Dispatcher, Observer
from recette.sandbox.rabbitmq import RabbitMqNode

BrokerKind = Literal["embedded", "rabbitmq"]


class Engine(Protocol):
    """Any broker that was started here."""

    host: str
    port: int

    async def stop(self) -> None: ...


class Sandbox:
    """Runs until `stop`; clients log in with the client id as user."""

    def __init__(self, engine: Engine, passwords: dict[str, str]) -> None:
        self._engine = engine
        self._dispatchers: list[Dispatcher] = []
        self.passwords = passwords

    @classmethod
    async def start(
        cls,
        vhosts: Iterable[str],
        clients: Iterable[str],
        *,
        broker: BrokerKind = "embedded",
        port: int = 0,
        ttl: float = DEFAULT_TTL,
        observer: Observer = lambda _: None,
        schemas: SchemaSet | None = None,
        passwords: dict[str, str] | None = None,
        xml_clients: frozenset[str] = frozenset(),
    ) -> Self:
        """Start everything; `ttl` in seconds; `xml_clients` are given XML. Raises a RuntimeError with one French sentence."""
        names = list(vhosts)
        words = passwords or new_passwords(clients)
        kind = EmbeddedBroker if broker == "embedded" else RabbitMqNode
        sandbox = cls(await kind.start(definitions(names, words, ttl=ttl), port=port), words)
        try:
            for name in names:
                address = sandbox.address(DISPATCHER, name)
                sandbox._dispatchers.append(await Dispatcher.start(address, observer, schemas, xml_clients))
        except BaseException:
            await sandbox.stop()
            raise
        return sandbox

    @property
    def port(self) -> int:
        return self._engine.port

    def address(self, client: str, vhost: str) -> BrokerAddress:
        """Where and how `client` connects."""
        return BrokerAddress(self._engine.host, self._engine.port, vhost, client, self.passwords[client])

    async def stop(self) -> None:
        for dispatcher in self._dispatchers:
            await dispatcher.close()
        await self._engine.stop()

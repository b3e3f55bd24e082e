"""A hub at home: a broker, the topology, the dispatchers, the accounts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Literal, Protocol, Self

from recette.hub.address import BrokerAddress
from recette.hub.lasting import Watcher
from recette.hub.tls import ClientTls, TlsFiles, client_tls
from recette.hub.wire import QueueStatus
from recette.messages.extracting import extracted_id
from recette.messages.hub_saw import HubSaw
from recette.messages.json.schemas import SchemaSet
from recette.sandbox.authority import Authority, Issued
from recette.sandbox.broker import EmbeddedBroker
from recette.sandbox.broker.acts import Act, Departures, unmissed
from recette.sandbox.conversions import BuiltIn, Conversions
from recette.sandbox.definitions import DEFAULT_TTL, DISPATCHER, definitions, new_passwords
from recette.sandbox.dispatcher import Dispatcher, Observer
from recette.sandbox.lent_nodes import LentNode
from recette.sandbox.rabbitmq import NodeTls, RabbitMqNode
from recette.sandbox.running_node import RunningNode
from recette.sandbox.settings import HubSettings
from recette.sandbox.standing import Standing
from recette.sandbox.transfer import Transfers
from recette.sandbox.turns import Turns

BrokerKind = Literal["embedded", "rabbitmq"]


class Engine(Protocol):
    """Any broker that was started here."""

    host: str
    port: int

    async def import_definitions(self, definitions: Mapping[str, object]) -> None: ...

    async def shortage(self) -> str | None: ...

    async def stop(self) -> None: ...


class Sandbox:
    """Runs until `stop`; clients log in with the client id as user, or as CN of a certificate of `tls`."""

    def __init__(self, engine: Engine, passwords: dict[str, str], tls: Authority | None = None) -> None:
        self._engine = engine
        self._serving: list[Dispatcher | Transfers | Standing] = []
        self._conversions: Conversions | None = None
        self.passwords = passwords
        self.certificates: dict[str, Issued] = (
            {name: tls.client(name) for name in passwords} if tls is not None else {}
        )
        self._identities = {
            name: client_tls(TlsFiles(tls.file, issued.certificate, issued.key))
            for name, issued in self.certificates.items()
            if tls is not None
        }

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
        left: Departures = unmissed,
        schemas: SchemaSet | None = None,
        passwords: dict[str, str] | None = None,
        settings: HubSettings | None = None,
        tls: Authority | None = None,
        dispatchers: int = 1,
        watcher: Watcher | None = None,
        conversions: Conversions | None = None,
        lent: Sequence[RunningNode] = (),
    ) -> Self:
        """Start everything; `ttl` in seconds; `settings` are those of the newest profile unless said; with `tls`, certificates alone log in.

        With a `watcher`, the dispatchers come back when their broker does; `left` is told of each client that goes, by a
        broker that tells what clients do. One of the nodes that are `lent` is the RabbitMQ, where one is free.

        Raises a RuntimeError with one French sentence.
        """
        names = list(vhosts)
        words = passwords or new_passwords(clients)
        if tls is not None:
            words = dict.fromkeys(words, "")
        homes = settings.homes if settings is not None else None
        engine = await _engine(
            broker, definitions(names, words, ttl=ttl, homes=homes), port, tls, observer, left, lent
        )
        try:
            sandbox = cls(engine, words, tls)
        except BaseException:
            await engine.stop()
            raise
        try:
            addresses = [sandbox.address(DISPATCHER, name) for name in names]
            sandbox._conversions = conversions or BuiltIn()
            sandbox._serving = await start_dispatchers(
                addresses, dispatchers, observer, settings, schemas, watcher, sandbox._conversions
            )
        except BaseException:
            await sandbox.stop()
            raise
        return sandbox

    @property
    def port(self) -> int:
        return self._engine.port

    def address(self, client: str, vhost: str) -> BrokerAddress:
        """Where and how `client` connects."""
        tls: ClientTls | None = self._identities.get(client)
        return BrokerAddress(
            self._engine.host,
            self._engine.port,
            vhost,
            client,
            self.passwords[client],
            tls=tls,
            external=tls is not None,
        )

    def looker(self, vhost: str) -> Callable[[str], QueueStatus] | None:
        """How the queues of a vHost are looked at without asking over AMQP; None where only AMQP tells."""
        engine = self._engine
        return partial(engine.look, vhost) if isinstance(engine, EmbeddedBroker) else None

    async def shortage(self) -> str | None:
        """Why the broker takes no publications; None while it does."""
        return await self._engine.shortage()

    async def add(self, wanted: Mapping[str, object]) -> None:
        """Definitions beside those there are; no dispatcher comes with them. Raises a RuntimeError."""
        await self._engine.import_definitions(wanted)

    async def stop(self) -> None:
        for one in self._serving:
            await one.close()
        if self._conversions is not None:
            await self._conversions.close()
        await self._engine.stop()


async def start_dispatchers(
    addresses: Iterable[BrokerAddress],
    count: int,
    observer: Observer,
    settings: HubSettings | None = None,
    schemas: SchemaSet | None = None,
    watcher: Watcher | None = None,
    conversions: Conversions | None = None,
) -> list[Dispatcher | Transfers | Standing]:
    """`count` dispatchers on each vHost, which share its work and keep each sender's order; what carries messages
    between the vHosts, where any are converted. Raises HubError.

    With a `watcher`, who is told of it, each comes back when the broker does.
    """
    started: list[Dispatcher | Transfers | Standing] = []
    addresses = list(addresses)
    try:
        for address in addresses:
            turns = Turns() if count > 1 else None
            for _ in range(count):
                start = partial(Dispatcher.start, address, observer, settings, schemas, turns, conversions)
                started.append(await (start() if watcher is None else Standing.begin(start, watcher)))
        if settings is not None and settings.converts and len(addresses) > 1:
            carry = partial(Transfers.start, addresses)
            started.append(await (carry() if watcher is None else Standing.begin(carry, watcher)))
    except BaseException:
        for one in started:
            await one.close()
        raise
    return started


async def _engine(
    kind: BrokerKind,
    wanted: dict[str, object],
    port: int,
    tls: Authority | None,
    observer: Observer,
    left: Departures,
    lent: Sequence[RunningNode],
) -> EmbeddedBroker | RabbitMqNode | LentNode:
    """RabbitMQ does not tell what its clients do; the embedded broker does."""
    server = tls.server() if tls is not None else None
    if kind == "embedded":
        context = tls.server_context(server) if tls is not None and server is not None else None
        return await EmbeddedBroker.start(
            wanted, port=port, tls=context, observer=lambda act: _tell(act, observer), left=left
        )
    taken = await LentNode.take(lent, wanted) if server is None and not port else None
    if taken is not None:
        return taken
    files = NodeTls(tls.file, server.certificate, server.key) if tls is not None and server else None
    return await RabbitMqNode.start(wanted, port=port, tls=files)


def _tell(act: Act, observer: Observer) -> None:
    """What a client did, in the words of the hub's own side."""
    if act.user == DISPATCHER:
        return
    observer(
        HubSaw(
            vhost=act.vhost,
            action=act.kind,
            client=act.user,
            distribution_id=extracted_id(act.body) if act.body else None,
            recipient=act.name or None,
            reason=act.detail,
            connection=act.connection,
            body=act.body if act.kind == "publish-refused" else None,
        )
    )

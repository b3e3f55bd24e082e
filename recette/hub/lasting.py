"""A connection that comes back: consumers are restored, and whoever asked is told of each gap."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from itertools import count
from typing import Protocol, Self, TypeVar

from recette.hub.address import BrokerAddress
from recette.hub.backoff import Backoff
from recette.hub.connection import HubConnection
from recette.hub.consumer import Handler
from recette.hub.errors import HubError, loss
from recette.hub.transport import Security
from recette.hub.wire import Properties, PublishOutcome, QueueStatus
from recette.wording.counting import in_seconds

PATIENCE = 300.0
"""Seconds after which a link that cannot be restored is given up."""

Result = TypeVar("Result")

SLOWEST = 6.0
"""How many times longer than usual a broker may at most take to answer, when a link is brought back."""

ATTEMPTS = 3
"""How often a message that surely did not leave is published."""


class Watcher(Protocol):
    """Who is told of the gaps of a link."""

    def lost(self, reason: str) -> None: ...

    def failed(self, error: HubError) -> None:
        """An attempt to bring it back failed for a reason that is new since it was lost; there may be another."""

    def restored(self, seconds: float, attempts: int) -> None:
        """All consumers are back: what is durable was kept by the broker meanwhile."""

    def gone(self, error: HubError) -> None:
        """It is given up."""

    def blocked(self, reason: str | None) -> None:
        """Why the broker takes no publications; None once it does again."""


@dataclass(frozen=True, slots=True)
class _Consumer:
    queue: str
    handler: Handler


class LastingConnection:
    """Keeps one client connected. Use `open` and `close`."""

    def __init__(
        self, address: BrokerAddress, name: str, watcher: Watcher, backoff: Backoff, patience: float
    ) -> None:
        self.address = address
        self._name = name
        self._watcher = watcher
        self._backoff = backoff
        self._patience = patience
        self._consumers: list[_Consumer] = []
        self._connection: HubConnection | None = None
        self._security: Security | None = None
        self._settled = asyncio.Event()
        """Set while the link is there, and once it is given up."""
        self._restoring: asyncio.Task[None] | None = None
        self._closing = False
        self._slowness = 1.0

    @classmethod
    async def open(
        cls,
        address: BrokerAddress,
        *,
        name: str,
        watcher: Watcher,
        backoff: Backoff | None = None,
        patience: float | None = None,
    ) -> Self:
        """Connect once; only what was there is restored later. Raises HubError."""
        found = cls(address, name, watcher, backoff or Backoff(), patience or PATIENCE)
        connection = await HubConnection.open(address, name=name)
        found._security = connection.security
        found._adopt(connection)
        return found

    async def close(self) -> None:
        self._closing = True
        self._settled.set()
        if self._restoring is not None:
            self._restoring.cancel()
            await asyncio.gather(self._restoring, return_exceptions=True)
        if self._connection is not None:
            await self._connection.close()

    async def consume(self, queue: str, handler: Handler) -> None:
        """Consume `queue` as HubConnection does, and again after each gap. Raises HubError."""
        await self._there().consume(queue, handler)
        self._consumers.append(_Consumer(queue, handler))

    async def publish(
        self, exchange: str, routing_key: str, body: bytes, properties: Properties
    ) -> PublishOutcome:
        """Publish as HubConnection does, once the link is there.

        What surely did not leave because the link broke is sent again; what may have left never is.
        """
        outcome = PublishOutcome("unsent", "la connexion au hub est perdue")
        for _ in range(ATTEMPTS):
            await self._settled.wait()
            connection = self._connection
            if connection is None:
                break
            outcome = await connection.publish(exchange, routing_key, body, properties)
            if outcome.status != "unsent":
                break
            connection.abandon(outcome.reason)
        return outcome

    async def inspect(self, queue: str) -> QueueStatus:
        """Look at `queue` now. Raises HubError, also while the link is not there."""
        return await self._there().inspect(queue)

    def _there(self) -> HubConnection:
        if self._connection is None:
            raise HubError(
                f"La connexion de « {self.address.user} » au hub {self.address.shown} est coupée : "
                "attendez qu'elle soit rétablie."
            )
        return self._connection

    @property
    def security(self) -> Security | None:
        """What TLS agreed on, the last time that it connected; None without it."""
        return self._security

    def _adopt(self, connection: HubConnection) -> None:
        self._connection = connection
        self._settled.set()
        connection.on_closed(self._lost)
        connection.on_blocked(self._watcher.blocked)

    def _lost(self, reason: BaseException) -> None:
        if self._closing or self._connection is None:
            return
        self._connection = None
        self._settled.clear()
        self._watcher.lost(loss(reason))
        self._slowness = 1.0
        self._restoring = asyncio.create_task(self._restore())

    async def _restore(self) -> None:
        try:
            connection = await retry(self._again, self._watcher, self._backoff, self._patience)
        except HubError as failure:
            self._settled.set()
            self._watcher.gone(self._given_up(failure))
        else:
            self._adopt(connection)

    async def _again(self) -> HubConnection:
        """A new connection with all consumers. Raises HubError.

        A broker that is only slow never answers those who leave too soon and ask again: each attempt waits longer.
        """
        slowness = self._slowness
        self._slowness = min(slowness * 2, SLOWEST)
        connection = await HubConnection.open(self.address, name=self._name, slowness=slowness)
        self._security = connection.security
        try:
            for one in self._consumers:
                await connection.consume(one.queue, one.handler)
        except BaseException:
            await connection.close()
            raise
        return connection

    def _given_up(self, failure: HubError) -> HubError:
        return HubError(
            f"La connexion de « {self.address.user} » au hub n'a pas pu être rétablie en {in_seconds(self._patience)}. "
            f"{failure}".strip()
        )


async def retry(
    attempt: Callable[[], Awaitable[Result]], watcher: Watcher, backoff: Backoff, patience: float = math.inf
) -> Result:
    """What `attempt` gives once it succeeds, tried after each delay of `backoff`; `watcher` is told of it first.

    Raises HubError, the last failure, or an empty one, where the next attempt would come after `patience` seconds.
    """
    clock = asyncio.get_running_loop().time
    begun = clock()
    failure = HubError()
    told: set[str] = set()
    for number, delay in zip(count(1), backoff.delays(), strict=False):
        if clock() + delay - begun > patience:
            break
        await asyncio.sleep(delay)
        try:
            found = await attempt()
        except HubError as error:
            failure = error
            if str(error) not in told:
                told.add(str(error))
                watcher.failed(error)
            continue
        watcher.restored(clock() - begun, number)
        return found
    raise failure

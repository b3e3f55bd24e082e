"""An AMQP 0-9-1 broker in this process: what a hub's vHost uses, in memory, for one machine.

What it leaves out is listed in docs/sandbox-limites.md.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from typing import Self

from recette.hub.wire import QueueStatus
from recette.sandbox.broker import limits
from recette.sandbox.broker.acts import ActObserver, Departures, unheard, unmissed
from recette.sandbox.broker.definitions import Definitions, parse
from recette.sandbox.broker.errors import BrokerStartError, DefinitionsError, PortTakenError
from recette.sandbox.broker.session import Session
from recette.sandbox.broker.state import State
from recette.sandbox.broker.vhost import VHost
from recette.wording.os_errors import reason

__all__ = ["BrokerStartError", "DefinitionsError", "EmbeddedBroker", "PortTakenError"]
_STOP_TIMEOUT = 1.0
"""Seconds that clients have to read what was sent before the broker stopped."""


class EmbeddedBroker:
    """Runs in the event loop that starts it."""

    def __init__(self, observer: ActObserver = unheard, left: Departures = unmissed) -> None:
        self.host = ""
        self.port = 0
        self._state = State(observer)
        self._left = left
        self._sessions: dict[Session, None] = {}
        """In the order in which they came."""
        self._server: asyncio.Server | None = None

    @classmethod
    async def start(
        cls,
        definitions: Mapping[str, object],
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        tls: ssl.SSLContext | None = None,
        observer: ActObserver = unheard,
        left: Departures = unmissed,
    ) -> Self:
        """Listen on `host` (port 0: any free one).

        `definitions` is the content of a RabbitMQ definitions.json whose users may have a clear `password`. With
        `tls` and a client's certificate, EXTERNAL logs in the user named by the certificate's CN. `observer` is told what
        clients do that only a broker sees, `left` of each that has no connection any more.

        Raises DefinitionsError for definitions that are malformed or ask for what this broker does not serve,
        BrokerStartError when it cannot listen there, PortTakenError where the port was asked for.
        """
        broker = cls(observer, left)
        try:
            broker._add(parse(definitions))
            loop = asyncio.get_running_loop()
            broker._server = await loop.create_server(
                lambda: Session(broker, broker._state), host, port, ssl=tls
            )
        except OSError as error:
            broker._close_vhosts()
            failure = PortTakenError if port else BrokerStartError
            raise failure(
                f"Le broker ne peut pas écouter sur {host}:{port} ({reason(error)}) : choisissez un autre --port."
            ) from error
        except BaseException:
            broker._close_vhosts()
            raise
        broker.host, broker.port = broker._server.sockets[0].getsockname()[:2]
        return broker

    @property
    def ledger(self) -> limits.Ledger:
        """What its messages take."""
        return self._state.ledger

    def alarm(self, reason: str | None) -> None:
        """Take no publications, as a broker short of memory or disk, and say why; None ends it.

        Whoever publishes is told (`connection.blocked`) and not listened to until the end.
        """
        self._state.alarm = reason
        if reason is None:
            for session in self._sessions:
                session.unblock()
            self._state.flush()

    async def shortage(self) -> str | None:
        """Why no publications are taken; None while they are."""
        return self._state.alarm

    def look(self, vhost: str, queue: str) -> QueueStatus:
        """What a passive declaration would tell of a queue that is there."""
        found = self._state.vhosts[vhost].queues[queue]
        return QueueStatus(queue, len(found.ready), len(found.consumers))

    async def import_definitions(self, definitions: Mapping[str, object]) -> None:
        """Add to what there is, while running. Raises DefinitionsError."""
        self._add(parse(definitions))

    async def stop(self) -> None:
        """Close every connection; no task, timer or socket is left behind."""
        if self._server is None:
            return
        self._server.close()
        ended = [session.ended for session in self._sessions]
        for session in list(self._sessions):
            session.shut_down()
        self._state.flush()
        if ended:
            await asyncio.wait(ended, timeout=_STOP_TIMEOUT)
        for session in list(self._sessions):
            session.abort()
        await asyncio.gather(*ended)
        await self._server.wait_closed()
        self._server = None
        self._close_vhosts()

    def admit(self, session: Session) -> bool:
        """Register a new connection; where there are too many, the oldest that has not logged in gives way to it."""
        if self._server is None or not self._server.is_serving():
            return False
        if len(self._sessions) >= limits.CONNECTIONS_MAX:
            oldest = next((one for one in self._sessions if one.waits), None)
            if oldest is None:
                return False
            self.forget(oldest)
            oldest.abort()
        self._sessions[session] = None
        return True

    def forget(self, session: Session) -> None:
        self._sessions.pop(session, None)
        if session.who is not None and all(one.who != session.who for one in self._sessions):
            self._left(*session.who)

    def _add(self, definitions: Definitions) -> None:
        self._state.access.add(definitions)
        for spec in definitions.vhosts:
            if spec.name not in self._state.vhosts:
                self._state.vhosts[spec.name] = VHost(spec.name, self._state.ledger, self._state.flush)
        unknown = definitions.vhosts_named() - self._state.vhosts.keys()
        if unknown:
            raise DefinitionsError(f"Définitions du broker : le vHost « {min(unknown)} » n'est pas défini.")
        for vhost in self._state.vhosts.values():
            vhost.add(definitions)

    def _close_vhosts(self) -> None:
        for vhost in self._state.vhosts.values():
            vhost.close()

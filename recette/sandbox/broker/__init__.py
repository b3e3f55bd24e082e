"""An AMQP 0-9-1 broker in this process: what a hub's vHost uses, in memory, for one machine.

What it leaves out is listed in docs/sandbox-limites.md.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from typing import Any, Self

from recette.sandbox.broker.definitions import parse
from recette.sandbox.broker.session import Session
from recette.sandbox.broker.vhost import BrokerVHost


class BrokerStartError(RuntimeError):
    """The broker cannot listen; the text says why."""


class EmbeddedBroker:
    """Runs in the event loop that starts it."""

    def __init__(self, definitions: Mapping[str, Any]) -> None:
        self._definitions = parse(definitions)
        self._vhosts = {name: BrokerVHost(name, self._definitions) for name in self._definitions.vhosts}
        self._sessions: dict[Session, asyncio.Task[None]] = {}
        self._server: asyncio.Server | None = None
        self.host = ""
        self.port = 0

    @classmethod
    async def start(
        cls,
        definitions: Mapping[str, Any],
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        tls: ssl.SSLContext | None = None,
    ) -> Self:
        """Listen on `host` (port 0: any free one). Raises BrokerStartError or DefinitionsError."""
        broker = cls(definitions)
        try:
            broker._server = await asyncio.start_server(broker._serve, host, port, ssl=tls, limit=2**18)
        except OSError as error:
            raise BrokerStartError(
                f"Le broker ne peut pas écouter sur {host}:{port} ({error.strerror}) : choisissez un autre --port."
            ) from error
        broker.host, broker.port = broker._server.sockets[0].getsockname()[:2]
        return broker

    async def stop(self) -> None:
        """Close every connection; no task is left behind."""
        if self._server is not None:
            self._server.close()
        tasks = list(self._sessions.values())
        for session in list(self._sessions):
            session.abort()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for vhost in self._vhosts.values():
            for queue in vhost.queues.values():
                queue.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        session = Session(reader, writer, self._definitions, self._vhosts)
        task = asyncio.current_task()
        if task is None:
            return
        self._sessions[session] = task
        try:
            await session.serve()
        except asyncio.CancelledError:
            pass
        finally:
            self._sessions.pop(session, None)

"""How the client library gets its bytes: through our door, and with what TLS agreed on kept, which it does not tell."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import aio_pika
from aiormq.connection import TCPTransportFactory, TLSTransportFactory, TransportFactory

from recette.hub.certificates import facts_of_der
from recette.hub.door import Door

if TYPE_CHECKING:
    from yarl import URL


@dataclass(frozen=True, slots=True)
class Security:
    """What both ends of a link agreed on."""

    version: str
    cipher: str
    issuer: str
    """Who issued the certificate that the hub showed; empty where it cannot be read."""


class GuardedConnection(aio_pika.Connection):
    """A connection of the library that reads through a door."""

    def __init__(self, url: URL, **options: Any) -> None:  # noqa: ANN401 - the library's own, passed on
        super().__init__(url, **options)
        self.opening = Opening()
        self.kwargs["transport_factory"] = self.opening

    def __del__(self) -> None:
        """Whoever opened it closes it: the library would begin a close here that nobody awaits."""


class Opening(TransportFactory):
    """One attempt to connect. `security` is None without TLS, and until it is connected."""

    def __init__(self) -> None:
        self.security: Security | None = None
        self.blocked: str | None = None
        """Why the broker takes no publications; None while it does."""
        self._writer: asyncio.StreamWriter | None = None
        self._told: list[Callable[[str | None], None]] = []

    def on_blocked(self, callback: Callable[[str | None], None]) -> None:
        """Call `callback` with the reason when the broker takes no more publications, with None when it does again."""
        self._told.append(callback)
        if self.blocked is not None:
            callback(self.blocked)

    async def create(
        self,
        url: URL,
        **options: Any,  # noqa: ANN401 - likewise
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        factory = TLSTransportFactory() if url.scheme == "amqps" else TCPTransportFactory()
        reader, writer = await factory.create(url, **options)
        self._writer = writer
        negotiated = writer.get_extra_info("ssl_object")
        if negotiated is not None:
            cipher = negotiated.cipher()
            certificate = negotiated.getpeercert(binary_form=True)
            self.security = Security(
                negotiated.version() or "",
                cipher[0] if cipher else "",
                facts_of_der(certificate).issuer if certificate else "",
            )
        return cast("asyncio.StreamReader", Door(reader, self._block)), writer

    def abort(self) -> None:
        """Break off a connection that does not end."""
        if self._writer is not None:
            self._writer.transport.abort()

    def _block(self, reason: str | None) -> None:
        self.blocked = reason
        for callback in self._told:
            callback(reason)

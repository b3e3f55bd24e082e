"""A connection of the client library that keeps what TLS agreed on: the library itself does not tell."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import aio_pika
from aiormq.connection import TLSTransportFactory

from recette.hub.certificates import facts_of_der

if TYPE_CHECKING:
    from yarl import URL


@dataclass(frozen=True, slots=True)
class Security:
    """What both ends of a link agreed on."""

    version: str
    cipher: str
    issuer: str
    """Who issued the certificate that the hub showed; empty where it cannot be read."""


class SecuredConnection(aio_pika.Connection):
    """`security` is None without TLS, and until it is connected."""

    def __init__(self, url: URL, **options: Any) -> None:  # noqa: ANN401 - the library's own, passed on
        super().__init__(url, **options)
        self._noting = _Noting()
        if url.scheme == "amqps":
            self.kwargs["transport_factory"] = self._noting

    @property
    def security(self) -> Security | None:
        return self._noting.security


class _Noting(TLSTransportFactory):
    def __init__(self) -> None:
        self.security: Security | None = None

    async def create(
        self,
        url: URL,
        **options: Any,  # noqa: ANN401 - likewise
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await super().create(url, **options)
        negotiated = writer.get_extra_info("ssl_object")
        cipher = negotiated.cipher()
        certificate = negotiated.getpeercert(binary_form=True)
        self.security = Security(
            negotiated.version() or "",
            cipher[0] if cipher else "",
            facts_of_der(certificate).issuer if certificate else "",
        )
        return reader, writer
